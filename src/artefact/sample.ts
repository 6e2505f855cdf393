// A Solo5 unikernel as its toolchain lays one out, without a compiler: for the tests and the fuzzer. Pure.

import { PF_EXECUTE, PF_READ, PF_WRITE, PT_INTERP, PT_LOAD, PT_NOTE, PT_TLS } from '../elf/format.ts'
import { sampleElf } from '../elf/sample.ts'
import { encodeAbiNote, type Target } from './abi.ts'
import { type DeviceDeclaration, encodeManifestNote } from './manifest.ts'

const PAGE = 0x1000
const ABI_VERSIONS: Record<Target, number> = { hvt: 2, spt: 2, virtio: 1, muen: 4, genode: 1, xen: 1 }

/** The program that no kernel has, so that the file cannot be started by mistake; with its padding. */
const INTERPRETER = Uint8Array.from('/nonexistent/solo5/\0\0\0\0\0', (char) => char.charCodeAt(0))
/** Comes first, for OpenBSD, whose name it bears in spite of its section's name. */
const OPENBSD_NOTE = Uint8Array.of(8, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 79, 112, 101, 110, 66, 83, 68, 0, 0, 0, 0, 0)

/** The places of a sample's program headers in their table. */
export const SAMPLE_HEADERS = {
  interp: 0,
  text: 1,
  rodata: 2,
  data: 3,
  tdata: 4,
  tls: 5,
  bss: 6,
  openbsd: 7,
  abi: 8,
  manifest: 9,
} as const

/** Where the notes of a sample begin in the file. The manifest's structure begins 24 bytes into its note. */
export const SAMPLE_NOTES = { openbsd: 2 * PAGE, abi: 2 * PAGE + 24, manifest: 2 * PAGE + 60 } as const

export interface SampleOptions {
  readonly target?: Target
  readonly machine?: number
  readonly devices?: readonly DeviceDeclaration[]
  /** Bytes of zeroed memory. */
  readonly bss?: number
}

/**
 * Text at 0x100000, read-only data with the notes, data, an empty LOAD, thread-local and zeroed memory, and a PT_NOTE for each note.
 * For spt with one network device where nothing else is asked for.
 */
export function sampleArtefact(options: SampleOptions = {}): Uint8Array<ArrayBuffer> {
  const { target = 'spt', devices = [{ name: 'service', type: 'net' }], bss = 0x4800 } = options
  const abi = encodeAbiNote({ target, version: ABI_VERSIONS[target] })
  const manifest = encodeManifestNote(devices)
  const notes = SAMPLE_NOTES
  const rodata = notes.manifest + manifest.length - notes.openbsd
  const end = roundUp(notes.openbsd + rodata)
  const at = (offset: number): number => 0x100000 + offset - PAGE
  const note = (offset: number, filesz: number) =>
    ({ type: PT_NOTE, flags: PF_READ, offset, vaddr: at(offset), filesz, align: 4 }) as const
  const load = (flags: number, offset: number, filesz: number, memsz = filesz) =>
    ({ type: PT_LOAD, flags, offset, vaddr: at(offset), filesz, memsz, align: PAGE }) as const
  return sampleElf({
    machine: options.machine ?? 62,
    entry: 0x100020,
    headers: [
      { type: PT_INTERP, flags: PF_READ, offset: PAGE, vaddr: 0x100000, filesz: INTERPRETER.length, align: 8 },
      load(PF_EXECUTE | (target === 'hvt' ? 0 : PF_READ), PAGE, 0x40),
      load(PF_READ, notes.openbsd, rodata),
      load(PF_READ | PF_WRITE, end, 0x40),
      { type: PT_LOAD, flags: PF_READ, align: PAGE },
      { type: PT_TLS, flags: 0, vaddr: at(end + PAGE), memsz: 8, align: 8 },
      { ...load(PF_READ | PF_WRITE, end + PAGE, 0, bss), offset: 0 },
      note(notes.openbsd, OPENBSD_NOTE.length),
      note(notes.abi, abi.length),
      note(notes.manifest, manifest.length),
    ],
    size: end + 0x40,
    parts: [
      [PAGE, INTERPRETER],
      [PAGE + 0x20, Uint8Array.of(0xeb, 0xfe)], // jmp to itself
      [notes.openbsd, OPENBSD_NOTE],
      [notes.abi, abi],
      [notes.manifest, manifest],
    ],
  })
}

function roundUp(value: number): number {
  return Math.ceil(value / PAGE) * PAGE
}

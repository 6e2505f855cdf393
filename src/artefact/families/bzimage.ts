// Linux kernels for x86 as they are installed (bzImage, zImage), and what pretends to be one to be started by Linux loaders: iPXE, memtest86+.

import { quote } from '../../base/quote.ts'
import { type Source, sourceOf } from '../../base/reader.ts'
import { formatSize } from '../../base/size.ts'
import { isPv, QEMU, xenFacts } from '../boot-ways.ts'
import type { Codecs } from '../codecs.ts'
import { compressionAt } from '../compression.ts'
import { readElfFile } from '../elf-file.ts'
import { collectFindings, type Finding } from '../finding.ts'
import {
  type Fact,
  identification,
  type Identification,
  type Need,
  type Parameter,
  type Starter,
} from '../identification.ts'
import { hasPeHeader } from '../pe.ts'
import { hasSetupHeader, readSetupHeader, type SetupHeader, XLF } from '../setup-header.ts'
import { hex, peek, tryRead } from '../values.ts'
import type { XenNotes } from '../xen-notes.ts'

/** Compressed bytes that are read, and what may come out of them: three times Debian's largest kernel. */
const MAX_PAYLOAD = 64 * 2 ** 20
const MAX_KERNEL = 128 * 2 ** 20

/** What the protocol guarantees before 2.06. */
const OLD_COMMAND_LINE = 255

export function recogniseBzImage(source: Source, codecs: Codecs): Identification | undefined {
  if (!hasSetupHeader(source)) return undefined
  const header = readSetupHeader(source)
  const stub = hasPeHeader(source)
  const payload = describePayload(header, source, codecs)
  return identification({
    family: 'linux',
    summary: summaryOf(header),
    target: header.loadedHigh ? 'bzImage' : 'zImage',
    processor: { id: null, name: is64(header) ? 'x86_64' : 'i386' },
    facts: [...factsOf(header, stub), ...payload.facts],
    needs: needsOf(header),
    accepts: acceptsOf(header),
    starters: startersOf(stub, payload.xen),
    findings: findingsOf(header, source),
  })
}

function is64({ loadFlags64 }: SetupHeader): boolean {
  return loadFlags64 !== undefined && (loadFlags64 & XLF.kernel64) !== 0
}

/** Linux begins its text with its number; others say who they are. */
function summaryOf({ kernelVersion, loadedHigh }: SetupHeader): string {
  const kind = loadedHigh ? 'bzImage' : 'zImage'
  const linux = kernelVersion === undefined || /^\d+\.\d+\.\d+[^ ]* \(/.test(kernelVersion)
  return linux ? `Linux kernel, ${kind}` : `program with the boot protocol of a Linux ${kind}`
}

function factsOf(header: SetupHeader, stub: boolean): Fact[] {
  const { version, kernelVersion, preferredAddress, relocatable, alignment } = header
  const facts: Fact[] = []
  if (kernelVersion !== undefined) facts.push({ name: 'version', value: quote(kernelVersion) })
  facts.push({
    name: 'protocol',
    value: `Linux boot protocol ${version >> 8}.${String(version & 0xff).padStart(2, '0')}`,
  })
  if (preferredAddress !== undefined) {
    const moves =
      relocatable === true && alignment !== undefined ? `, relocatable in steps of ${formatSize(alignment)}` : ''
    facts.push({ name: 'address', value: `${hex(preferredAddress)}${moves}` })
  }
  facts.push({ name: 'EFI stub', value: stub ? 'yes: EFI firmware can start it by itself' : 'no' })
  return facts
}

function needsOf({ preferredAddress, initSize, loadFlags64 }: SetupHeader): Need[] {
  const needs: Need[] = [{ kind: 'boot protocol', detail: 'Linux/x86' }]
  if (preferredAddress !== undefined && initSize !== undefined && preferredAddress < 2n ** 45n) {
    const end = Number(preferredAddress) + initSize
    needs.push({ kind: 'memory', detail: `${formatSize(end)} at least, only to unpack itself` })
  }
  if (loadFlags64 !== undefined && (loadFlags64 & XLF.kernel64) !== 0)
    needs.push({ kind: 'processor', detail: 'x86-64, in long mode' })
  return needs
}

function acceptsOf({ commandLineSize, version }: SetupHeader): Parameter[] {
  const most = commandLineSize ?? OLD_COMMAND_LINE
  const command = {
    name: 'command line',
    form: `at most ${most} bytes`,
    detail: 'kernel parameters; behind -- words for init',
  }
  const initrd = { name: 'initrd', form: 'a file', detail: 'cpio archives, compressed or not, one behind the other' }
  return version >= 0x0200 ? [command, initrd] : [command]
}

const EFI: Starter = {
  name: 'EFI firmware',
  how: 'as EFI/BOOT/BOOTX64.EFI, or from its shell',
  requires: { elsewhere: true },
}
const GRUB: Starter = { name: 'GRUB', how: 'linux FILE WORDS', requires: { elsewhere: true } }
const KEXEC: Starter = { name: 'kexec', how: "kexec -l FILE --command-line='WORDS'", requires: { command: 'kexec' } }

function startersOf(stub: boolean, xen: XenNotes | undefined): Starter[] {
  const kinds = [
    ...(xen?.numbers.has('PHYS32_ENTRY') === true ? ['pvh'] : []),
    ...(xen !== undefined && isPv(xen) ? ['pv'] : []),
  ]
  const xl = kinds.map((kind) => ({
    name: 'Xen',
    how: `xl create, with type='${kind}' and kernel='FILE'`,
    requires: { command: 'xl' },
  }))
  return [QEMU, GRUB, KEXEC, ...(stub ? [EFI] : []), ...xl]
}

function findingsOf({ setupSize, payload, kernelVersion }: SetupHeader, source: Source): Finding[] {
  const { findings, find } = collectFindings()
  if (setupSize >= source.size) {
    find(
      'refused',
      'TRUNCATED',
      'setup_sects',
      0x1f1,
      `ends the setup at ${setupSize}, the file has ${source.size} bytes`,
    )
  }
  if (payload !== undefined && (payload.offset > source.size || payload.length > source.size - payload.offset)) {
    find('refused', 'TRUNCATED', 'payload_length', 0x24c, `is ${payload.length}, past the end of the file`)
  }
  if (kernelVersion === '') find('notice', 'BAD_VALUE', 'kernel_version', 0x20e, 'leads to no text')
  return findings
}

/** What is packed, and where it can be unpacked, what that says to Xen. */
function describePayload(header: SetupHeader, source: Source, codecs: Codecs): { facts: Fact[]; xen?: XenNotes } {
  const { payload } = header
  if (payload === undefined || payload.offset >= source.size) return { facts: [] }
  const compression = compressionAt(source, payload.offset)
  const name = compression ?? 'unknown compression'
  const unpack = compression === undefined ? undefined : codecs[compression]
  const fact = (detail: string): { facts: Fact[] } => ({
    facts: [{ name: 'payload', value: `${formatSize(payload.length)}, ${name}, ${detail}` }],
  })
  if (unpack === undefined) return fact('not looked into')
  if (payload.length > MAX_PAYLOAD) return fact(`not looked into beyond ${formatSize(MAX_PAYLOAD)}`)
  const kernel = unpack(peek(source, payload.offset, payload.length), MAX_KERNEL)
  if (kernel === undefined) return fact(`which cannot be unpacked to at most ${formatSize(MAX_KERNEL)}`)
  const file = tryRead(() => readElfFile(sourceOf(kernel)))
  if (file === undefined) return fact(`${formatSize(kernel.length)} unpacked, no ELF file`)
  const xen = tryRead(() => file.xen())
  const { facts } = fact(`${formatSize(kernel.length)} unpacked, an ELF${file.elf.class} file`)
  return xen === undefined ? { facts } : { facts: [...facts, ...xenFacts(xen)], xen }
}

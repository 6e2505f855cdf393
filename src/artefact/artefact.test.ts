import assert from 'node:assert/strict'
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { FormatError, type FormatErrorCode } from '../base/errors.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { composeElf } from '../elf/write.ts'
import { phdrAt, sampleElf, spoil } from '../elf/sample.ts'
import { type Artefact, layOut, minimumMemory, readArtefact, requireTrusted } from './artefact.ts'
import { encodeAbiNote } from './abi.ts'
import { encodeManifestNote } from './manifest.ts'
import { SAMPLE_HEADERS as H, SAMPLE_NOTES as N, sampleArtefact } from './sample.ts'

const MIB = 2 ** 20
const SAMPLE = sampleArtefact()
const MANIFEST = N.manifest + 24
const SERVICE = MANIFEST + 8 + 104
const read = (bytes: Uint8Array): Artefact => readArtefact(sourceOf(bytes))

type Edit = (view: DataView, bytes: Uint8Array) => void

describe('readArtefact()', () => {
  it('returns what the artefact is and needs', () => {
    const { size, target, abiVersion, machine, manifest, findings } = read(SAMPLE)
    assert.deepEqual(
      { size, target, abiVersion, machine, manifest, findings },
      {
        size: SAMPLE.length,
        target: 'spt',
        abiVersion: 2,
        machine: { id: 62, name: 'x86_64' },
        manifest: { version: 1, devices: [{ name: 'service', type: 'net', handle: 1 }] },
        findings: [],
      },
    )
  })

  for (const target of ['hvt', 'virtio', 'muen', 'xen'] as const) {
    it(`reads one for ${target} on another processor`, () => {
      const artefact = read(sampleArtefact({ target, machine: 183, devices: [] }))
      assert.deepEqual([artefact.target, artefact.machine.name, artefact.findings], [target, 'aarch64', []])
    })
  }

  it('accepts what no reader looks at: paddings, reserved words, EI_OSABI and EI_VERSION', () => {
    const odd = spoil(SAMPLE, (v, b) => {
      b.set([0xff, 0xff, 0xff], 6)
      v.setUint16(N.abi + 18, 0xffff)
      b.fill(0xff, N.abi + 28, N.abi + 36)
      v.setUint16(N.manifest + 18, 0xffff)
      v.setUint32(N.manifest + 20, 0xffffffff)
    })
    assert.deepEqual(read(odd).findings, [])
  })

  const prebuilt = new URL('../../guests/prebuilt/', import.meta.url)
  for (const name of readdirSync(prebuilt).filter((file) => file.endsWith('.spt'))) {
    it(`finds nothing wrong with the prebuilt ${name}`, () => {
      const artefact = read(readFileSync(new URL(name, prebuilt)))
      assert.deepEqual([artefact.target, artefact.machine.name, artefact.findings], ['spt', 'x86_64', []])
      assert.ok((minimumMemory(artefact) ?? 0) >= 2 * MIB)
    })
  }

  const word =
    (at: number, value: number): Edit =>
    (v) =>
      v.setUint32(at, value, true)
  const size =
    (index: number, value: number): Edit =>
    (v) =>
      v.setBigUint64(phdrAt(index, 'p_filesz'), BigInt(value), true)
  const whole = SAMPLE.length - N.manifest

  const rejected: [why: string, code: FormatErrorCode, offset: number, edit: Edit][] = [
    // The ABI1 note
    ['an ABI note of 0 bytes', 'BAD_VALUE', N.abi + 4, word(N.abi + 4, 0)],
    ['an ABI note of 4 bytes', 'BAD_VALUE', N.abi + 4, word(N.abi + 4, 4)],
    ['an ABI note of 15 bytes', 'BAD_VALUE', N.abi + 4, word(N.abi + 4, 15)],
    ['an ABI note longer than its segment', 'TRUNCATED', N.abi + 4, word(N.abi + 4, 17)],
    [
      'an ABI note of 33 bytes',
      'LIMIT',
      N.abi + 4,
      (v, b) => {
        word(N.abi + 4, 33)(v, b)
        size(H.abi, 56)(v, b)
      },
    ],
    ['an unknown target', 'UNSUPPORTED', N.abi + 20, word(N.abi + 20, 7)],
    ['target 0', 'UNSUPPORTED', N.abi + 20, word(N.abi + 20, 0)],
    // The MFT1 note
    ['a manifest note 4 bytes too short', 'BAD_VALUE', MANIFEST + 4, word(N.manifest + 4, 216)],
    ['a manifest note longer than its segment', 'TRUNCATED', N.manifest + 4, word(N.manifest + 4, 224)],
    ['a manifest note of 0 bytes', 'BAD_VALUE', N.manifest + 4, word(N.manifest + 4, 0)],
    ['a manifest note of 1 byte', 'BAD_VALUE', N.manifest + 4, word(N.manifest + 4, 1)],
    ['a manifest note of 3 bytes', 'BAD_VALUE', N.manifest + 4, word(N.manifest + 4, 3)],
    ['a manifest note of 4 bytes', 'BAD_VALUE', N.manifest + 4, word(N.manifest + 4, 4)],
    ['a manifest note of 115 bytes', 'BAD_VALUE', N.manifest + 4, word(N.manifest + 4, 115)],
    ['a manifest note of 6669 bytes that ends early', 'TRUNCATED', N.manifest + 4, word(N.manifest + 4, 6669)],
    ['a manifest note of 2^32 - 1 bytes', 'TRUNCATED', N.manifest + 4, word(N.manifest + 4, 0xffffffff)],
    ['manifest version 2', 'UNSUPPORTED', MANIFEST, word(MANIFEST, 2)],
    ['no entries', 'BAD_VALUE', MANIFEST + 4, word(MANIFEST + 4, 0)],
    ['3 entries in the room of 2', 'BAD_VALUE', MANIFEST + 4, word(MANIFEST + 4, 3)],
    ['65 entries', 'LIMIT', MANIFEST + 4, word(MANIFEST + 4, 65)],
    ['a first entry that is a device', 'BAD_VALUE', MANIFEST + 8 + 68, word(MANIFEST + 8 + 68, 1)],
    ['a first entry with a name', 'BAD_VALUE', MANIFEST + 8, (v) => v.setUint8(MANIFEST + 8, 0x41)],
    ['a name without an end', 'BAD_VALUE', SERVICE, (_, b) => b.fill(0x41, SERVICE, SERVICE + 68)],
    ['an attached device', 'BAD_VALUE', SERVICE + 96, (v) => v.setUint8(SERVICE + 96, 1)],
    ['another attached device', 'BAD_VALUE', SERVICE + 96, (v) => v.setUint8(SERVICE + 96, 2)],
    // Notes as such
    ['a PT_NOTE of 8 bytes', 'TRUNCATED', phdrAt(H.manifest, 'p_filesz'), size(H.manifest, 8)],
    ['an empty PT_NOTE before the others', 'TRUNCATED', phdrAt(H.openbsd, 'p_filesz'), size(H.openbsd, 0)],
    ['a PT_NOTE past the end of the file', 'TRUNCATED', phdrAt(H.manifest, 'p_filesz'), size(H.manifest, whole + 1)],
    // No such note
    ['no ABI note: another type', 'BAD_MAGIC', 64, word(N.abi + 8, 0x32494241)],
    ['no ABI note: namesz 5', 'BAD_MAGIC', 64, word(N.abi, 5)],
    ['no ABI note: a name in small letters', 'BAD_MAGIC', 64, (v) => v.setUint8(N.abi + 12, 0x73)],
    ['no ABI note: a name without its NUL', 'BAD_MAGIC', 64, (v) => v.setUint8(N.abi + 17, 0x20)],
    ['no manifest note: another type', 'BAD_VALUE', 64, word(N.manifest + 8, 0)],
    ['no manifest note: namesz 5', 'BAD_VALUE', 64, word(N.manifest, 5)],
    ['no manifest note: namesz 7', 'BAD_VALUE', 64, word(N.manifest, 7)],
  ]
  for (const [why, code, offset, edit] of rejected) {
    it(`rejects ${why}`, () => {
      assert.throws(() => read(spoil(SAMPLE, edit)), { name: 'FormatError', code, offset })
    })
  }

  it('rejects a manifest note of 6669 bytes even where the file has them', () => {
    const long = new Uint8Array(SAMPLE.length + 8192)
    long.set(SAMPLE)
    const bytes = spoil(long, (v, b) => {
      word(N.manifest + 4, 6669)(v, b)
      size(H.manifest, 7000)(v, b)
    })
    assert.throws(() => read(bytes), { name: 'FormatError', code: 'LIMIT', offset: N.manifest + 4 })
  })

  it('calls a program of the host what it is', () => {
    const segment = { address: 0x100000, bytes: new Uint8Array(64), read: true, write: false, execute: true }
    const program = composeElf({ machine: 62, entry: 0x100000, segments: [segment], gnuStack: true })
    assert.throws(() => read(program), {
      code: 'BAD_MAGIC',
      message: 'notes at offset 64: is an ELF program for the host, not a Solo5 unikernel: there is no ABI1 note',
    })
    const shell = '/bin/sh'
    const found = ((): unknown => {
      try {
        return read(readFileSync(shell))
      } catch (error) {
        return error
      }
    })()
    assert.ok(found instanceof FormatError, String(found))
  })

  it('calls a file that is linked for no target what it is', () => {
    const manifest = encodeManifestNote([])
    const headers = [{ type: 4, offset: 0x100, filesz: manifest.length, align: 4 }]
    const stub = sampleElf({ entry: 0, headers, size: 0x100 + manifest.length, parts: [[0x100, manifest]] })
    assert.throws(() => read(stub), { code: 'BAD_MAGIC', message: /is for no target/ })
  })

  const found: [why: string, severity: string, code: string, field: string, offset: number, edit: Edit][] = [
    ['an unknown ABI version', 'refused', 'UNSUPPORTED', 'abi.version', N.abi + 24, word(N.abi + 24, 3)],
    ['the version of a target that is gone', 'refused', 'UNSUPPORTED', 'abi.version', N.abi + 24, word(N.abi + 20, 5)],
    ['a name with a space', 'refused', 'BAD_VALUE', 'entry[1].name', SERVICE, (v) => v.setUint8(SERVICE, 0x20)],
    ['an empty name', 'refused', 'BAD_VALUE', 'entry[1].name', SERVICE, (_, b) => b.fill(0, SERVICE, SERVICE + 68)],
    ['an unknown type', 'refused', 'UNSUPPORTED', 'entry[1].type', SERVICE + 68, word(SERVICE + 68, 3)],
    ['a preset MAC', 'refused', 'BAD_VALUE', 'entry[1].u', SERVICE + 72, (v) => v.setUint8(SERVICE + 72, 2)],
    ['a preset descriptor', 'refused', 'BAD_VALUE', 'entry[1].b', SERVICE + 88, word(SERVICE + 88, 3)],
    ['text behind a name', 'notice', 'BAD_VALUE', 'entry[1].name', SERVICE, (v) => v.setUint8(SERVICE + 9, 1)],
    ['bytes in a padding', 'notice', 'BAD_VALUE', 'entry[1].padding', SERVICE + 97, (v) => v.setUint8(SERVICE + 98, 1)],
    [
      'a writable and executable segment',
      'refused',
      'BAD_VALUE',
      'phdr[3].p_flags',
      phdrAt(H.data, 'p_flags'),
      word(phdrAt(H.data, 'p_flags'), 7),
    ],
    [
      'writable and executable zeroed memory',
      'refused',
      'BAD_VALUE',
      'phdr[6].p_flags',
      phdrAt(H.bss, 'p_flags'),
      word(phdrAt(H.bss, 'p_flags'), 7),
    ],
    [
      'a segment that nobody can touch',
      'notice',
      'BAD_VALUE',
      'phdr[3].p_flags',
      phdrAt(H.data, 'p_flags'),
      word(phdrAt(H.data, 'p_flags'), 0),
    ],
    [
      'a p_align of 3',
      'refused',
      'BAD_VALUE',
      'phdr[1].p_align',
      phdrAt(H.text, 'p_align'),
      (v) => v.setBigUint64(phdrAt(H.text, 'p_align'), 3n, true),
    ],
    [
      'zeroed memory of 2^60 bytes',
      'refused',
      'LIMIT',
      'phdr[6].p_memsz',
      phdrAt(H.bss, 'p_memsz'),
      (v) => v.setBigUint64(phdrAt(H.bss, 'p_memsz'), 2n ** 60n, true),
    ],
    ['an entry below everything', 'refused', 'BAD_VALUE', 'e_entry', 24, (v) => v.setBigUint64(24, 0n, true)],
    ['an entry in data', 'notice', 'BAD_VALUE', 'e_entry', 24, (v) => v.setBigUint64(24, 0x102000n, true)],
    ['an entry behind the text', 'notice', 'BAD_VALUE', 'e_entry', 24, (v) => v.setBigUint64(24, 0x101000n, true)],
  ]
  for (const [why, severity, code, field, offset, edit] of found) {
    it(`reports ${why} and decodes the rest`, () => {
      const artefact = read(spoil(SAMPLE, edit))
      assert.deepEqual(
        artefact.findings.map(({ severity, code, field, offset }) => [severity, code, field, offset]),
        [[severity, code, field, offset]],
      )
      if (severity === 'notice') requireTrusted(artefact)
      else assert.throws(() => requireTrusted(artefact), { name: 'FormatError', code, field, offset })
    })
  }

  it('says which ABI version is known, where one is', () => {
    const messageOf = (edit: Edit): unknown => read(spoil(SAMPLE, edit)).findings[0]?.message
    assert.equal(messageOf(word(N.abi + 24, 3)), 'is 3, which is not 2 for spt')
    assert.equal(messageOf(word(N.abi + 20, 5)), 'is 2, which is not known for genode')
  })

  it('does not mind the ELF entry of a xen guest, which starts elsewhere', () => {
    const xen = sampleArtefact({ target: 'xen', devices: [] })
    assert.deepEqual(read(spoil(xen, (v) => v.setBigUint64(24, 0x102000n, true))).findings, [])
  })

  it('finds the manifest behind another note, and says that others do not', () => {
    const merged = spoil(SAMPLE, (v, b) => {
      word(phdrAt(H.manifest, 'p_type'), 0)(v, b)
      size(H.abi, 36 + 240)(v, b)
    })
    const artefact = read(merged)
    assert.deepEqual(artefact.manifest.devices.length, 1)
    assert.deepEqual(
      artefact.findings.map(({ severity, field, offset }) => [severity, field, offset]),
      [['notice', 'phdr[8] note 1', N.manifest]],
    )
    requireTrusted(artefact)
  })

  it('does not mind an entry at the first byte of the text', () => {
    assert.deepEqual(read(spoil(SAMPLE, (v) => v.setBigUint64(24, 0x100000n, true))).findings, [])
  })

  it('reads the first of two notes of a kind and nothing of the second', () => {
    const other = encodeManifestNote([{ name: 'other', type: 'block' }])
    other[24] = 99 // a version that would be rejected
    const abi = encodeAbiNote({ target: 'hvt', version: 99 })
    const longer = new Uint8Array(0x5000)
    longer.set(SAMPLE)
    longer.set(abi, 0x4000)
    longer.set(other, 0x4000 + abi.length)
    const added = H.manifest + 1
    const twice = spoil(longer, (v) => {
      v.setUint16(56, added + 1, true)
      v.setUint32(phdrAt(added, 'p_type'), 4, true)
      v.setBigUint64(phdrAt(added, 'p_offset'), 0x4000n, true)
      v.setBigUint64(phdrAt(added, 'p_filesz'), BigInt(abi.length + other.length), true)
    })
    const { target, manifest, findings } = read(twice)
    assert.deepEqual([target, manifest.devices[0]?.name], ['spt', 'service'])
    assert.deepEqual(
      findings.map(({ severity, field, offset }) => [severity, field, offset]),
      [
        ['refused', 'phdr[10] note 0', 0x4000],
        ['refused', 'phdr[10] note 1', 0x4000 + abi.length],
        ['notice', 'phdr[10] note 1', 0x4000 + abi.length],
      ],
    )
  })

  it('refuses to run a file with two manifests, of which another reader may take the other', () => {
    const twice = spoil(SAMPLE, (v, b) => {
      word(phdrAt(H.openbsd, 'p_offset'), N.manifest)(v, b)
      size(H.openbsd, 240)(v, b)
    })
    const [finding] = read(twice).findings
    assert.deepEqual([finding?.severity, finding?.field, finding?.offset], ['refused', 'phdr[9] note 0', N.manifest])
  })

  it('throws only FormatError for every truncation and every changed byte of headers and notes', () => {
    const small = sampleArtefact({ devices: [] })
    const attempt = (bytes: Uint8Array): void => {
      try {
        const artefact = read(bytes)
        minimumMemory(artefact)
        requireTrusted(artefact)
        layOut(artefact, 512 * MIB)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
      }
    }
    for (let length = 0; length < small.length; length++) {
      assert.throws(() => requireTrusted(read(small.subarray(0, length))), { name: 'FormatError' })
    }
    const touched = [...Array(64 + 10 * 56).keys(), ...Array.from({ length: 200 }, (_, i) => N.openbsd + i)]
    for (const at of touched) {
      for (let value = 0; value < 256; value += 3) attempt(spoil(small, (v) => v.setUint8(at, value)))
    }
  })
})

describe('readArtefact() with a file that is too large to be read', () => {
  const LARGE = 8 * 2 ** 30

  it('reads a few bounded windows of a source of 8 GiB', () => {
    let bytes = 0
    let largest = 0
    const source: Source = {
      size: LARGE,
      readAt: (offset, length) => {
        bytes += length
        largest = Math.max(largest, length)
        return sourceOf(SAMPLE).readAt(offset, length)
      },
    }
    assert.equal(readArtefact(source).size, LARGE)
    assert.ok(bytes < 2048 && largest <= 560, `${bytes} bytes, ${largest} at once`)
  })

  it('reads a few bounded windows of a sparse file of 8 GiB whose last segment is at its end', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-artefact-'))
    const path = join(folder, 'large.spt')
    try {
      const file = openSync(path, 'w+')
      const segmentAt = LARGE - 0x1000
      const large = spoil(SAMPLE, (v) => {
        v.setBigUint64(phdrAt(H.data, 'p_offset'), BigInt(segmentAt), true)
        v.setBigUint64(phdrAt(H.data, 'p_filesz'), 0x1000n, true)
        v.setBigUint64(phdrAt(H.data, 'p_memsz'), 0x1000n, true)
      })
      writeSync(file, large)
      ftruncateSync(file, LARGE)
      let total = 0
      const source: Source = {
        size: LARGE,
        readAt: (offset, length) => {
          const bytes = new Uint8Array(length)
          assert.equal(readSync(file, bytes, 0, length, offset), length)
          total += length
          return bytes
        },
      }
      const artefact = readArtefact(source)
      closeSync(file)
      assert.deepEqual([artefact.findings, artefact.size], [[], LARGE])
      assert.equal(layOut(artefact, 512 * MIB).segments[2]?.fileOffset, segmentAt)
      assert.ok(total < 2048, `${total} bytes`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('minimumMemory()', () => {
  it('covers the zeroed memory and the heap, in whole MiB', () => {
    assert.equal(minimumMemory(read(SAMPLE)), 2 * MIB)
    // The end is at 0x103000 and as much again as asked for: 0x7d000 more reaches 0x180000, and 512 KiB of heap fit exactly.
    assert.equal(minimumMemory(read(sampleArtefact({ bss: 0x7d000 }))), 2 * MIB)
    assert.equal(minimumMemory(read(sampleArtefact({ bss: 0x7d001 }))), 3 * MIB)
  })

  it('is a multiple of 2 MiB for hvt, which rounds down', () => {
    assert.equal(minimumMemory(read(sampleArtefact({ target: 'hvt', bss: 0x7d001 }))), 4 * MIB)
    assert.equal(minimumMemory(read(sampleArtefact({ target: 'hvt' }))), 2 * MIB)
  })

  it('is null where no memory is enough', () => {
    const bytes = spoil(SAMPLE, (v) => v.setUint32(phdrAt(H.data, 'p_flags'), 7, true))
    assert.equal(minimumMemory(read(bytes)), null)
  })
})

describe('layOut()', () => {
  it('advises the memory that minimumMemory() names', () => {
    const artefact = read(sampleArtefact({ bss: 5 * MIB }))
    const least = minimumMemory(artefact) ?? 0
    assert.throws(() => layOut(artefact, 2 * MIB), { code: 'LIMIT', advice: new RegExp(`--mem ${least / MIB}M `) })
    assert.equal(layOut(artefact, least).end, 0x103000 + 5 * MIB)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { mutate, randomNumbers } from '../../test/support/mutate.ts'
import { encodeManifestNote } from '../artefact/manifest.ts'
import { SAMPLE_HEADERS as H, SAMPLE_NOTES as N, sampleArtefact } from '../artefact/sample.ts'
import { sourceOf } from '../base/reader.ts'
import { phdrAt, spoil } from '../elf/sample.ts'
import { queryAbi, queryManifest } from './solo5-elftool-query.ts'

const SAMPLE = sampleArtefact({
  target: 'hvt',
  devices: [
    { name: 'service0', type: 'net' },
    { name: 'service1', type: 'net' },
  ],
})
const [FIRST, SECOND, THIRD] = [N.manifest + 32, N.manifest + 136, N.manifest + 240]

const manifest = (bytes: Uint8Array): string => queryManifest(sourceOf(bytes), 'f')
const abi = (bytes: Uint8Array): string => queryAbi(sourceOf(bytes), 'f')
const headed = (lines: string): string =>
  `{\n  "type": "solo5.manifest",\n  "version": 1,\n  "devices": [\n${lines}  ]\n}\n`

type Edit = (view: DataView, bytes: Uint8Array) => void

describe('queryManifest()', () => {
  it('prints the lines of the reference', () => {
    const lines = '    { "name": "service0", "type": "NET_BASIC" },\n    { "name": "service1", "type": "NET_BASIC" }\n'
    assert.equal(manifest(SAMPLE), headed(lines))
    assert.equal(manifest(sampleArtefact({ devices: [] })), headed(''))
  })

  it('names types that nobody knows, and passes over reserved ones without a comma too many', () => {
    const odd = spoil(SAMPLE, (v) => {
      v.setUint32(SECOND + 68, 7, true)
      v.setUint32(THIRD + 68, 2 ** 30, true)
    })
    assert.equal(manifest(odd), headed('    { "name": "service0", "type": "<undefined type>" }\n'))
  })

  it('is valid JSON, and nothing that a terminal acts on, whatever a name is', () => {
    const odd = spoil(SAMPLE, (_, b) => b.set([0x22, 0x0a, 0x1b, 0x5b, 0x9b, 0xc3, 0xa9, 0x5c, 0], SECOND))
    assert.match(manifest(odd), /^[\n\x20-\x7e]*$/)
    assert.equal(JSON.parse(manifest(odd)).devices[0].name, '"\n\u001b[\u009b\u00c3\u00a9\\')
  })

  it('reads files for other processors', () => {
    assert.equal(manifest(sampleArtefact({ machine: 183, devices: [] })), headed(''))
  })

  // Words as Solo5's elftool 0.12 prints them, behind its own name.
  const inv = 'f: invalid executable: '
  const size = 'note does not fall within valid size'
  const u64 = (at: number, value: bigint): Edit => {
    return (v) => v.setBigUint64(at, value, true)
  }
  const u32 = (at: number, value: number): Edit => {
    return (v) => v.setUint32(at, value, true)
  }
  const noteSize = phdrAt(H.manifest, 'p_filesz')
  const noteOffset = phdrAt(H.manifest, 'p_offset')
  const headerInvalid = `${inv}invalid or unsupported executable (elf header invalid while loading note)`
  const invalid = 'f: Manifest validation failed'
  const refused: [why: string, message: string, edit: Edit][] = [
    ['another magic', headerInvalid, (v) => v.setUint8(0, 0)],
    ['32 bits', headerInvalid, (v) => v.setUint8(4, 1)],
    ['big-endian', headerInvalid, (v) => v.setUint8(5, 2)],
    ['another version of ELF', headerInvalid, u32(20, 2)],
    ['another size of the header', headerInvalid, (v) => v.setUint16(52, 63, true)],
    ['no program headers', headerInvalid, (v) => v.setUint16(56, 0, true)],
    ['another size of program headers', headerInvalid, (v) => v.setUint16(54, 55, true)],
    ['a shared object', headerInvalid, (v) => v.setUint16(16, 3, true)],
    [
      'a table where no file can be read',
      'f: pread_in_full for ph_size returned 18446744073709551615 < 0 while loading note',
      u64(32, 2n ** 63n),
    ],
    [
      'a table past the end',
      `${inv}program header does not match the expected size (0 != 560 while loading note)`,
      u64(32, 2n ** 62n),
    ],
    [
      'a table that ends too early',
      `${inv}program header does not match the expected size (64 != 560 while loading note)`,
      u64(32, BigInt(SAMPLE.length - 64)),
    ],
    ['a PT_NOTE of 8 bytes before the one', `${inv}phdr[7].p_filesz ${size} (8 < 12)`, u64(phdrAt(7, 'p_filesz'), 8n)],
    [
      'a note past the end',
      'f: phdr[9] bytes read mismatches note size (4 != 20)',
      u64(noteOffset, BigInt(SAMPLE.length - 4)),
    ],
    [
      'a note where no file can be read',
      'f: phdr[9] pread_in_full returned 18446744073709551615',
      u64(noteOffset, 2n ** 63n),
    ],
    ['a descriptor of 0 bytes', `${inv}phdr[9] ${size} (0 < 1 || 0 > 6668)`, u32(N.manifest + 4, 0)],
    ['a descriptor of 6669 bytes', `${inv}phdr[9] ${size} (6669 < 1 || 6669 > 6668)`, u32(N.manifest + 4, 6669)],
    ['a descriptor larger than its segment', `${inv}phdr[9] ${size} (344 < 1020)`, u32(N.manifest + 4, 1000)],
    ['a descriptor that is all padding', `f: INV_EXE: phdr[9] ${size} (0 <= 0 || 0 > 4)`, u32(N.manifest + 4, 4)],
    [
      'a descriptor that is less than its padding',
      `f: INV_EXE: phdr[9] ${size} (18446744073709551613 <= 0 || 18446744073709551613 > 1)`,
      u32(N.manifest + 4, 1),
    ],
    [
      'contents past the end',
      `f: phdr[9] bytes read mismatches note size (${SAMPLE.length - 24 - 0x2f00} != 6664)`,
      (v, b) => {
        b.copyWithin(0x2f00, N.manifest, N.manifest + 20)
        v.setUint32(0x2f04, 6668, true)
        v.setBigUint64(noteOffset, 0x2f00n, true)
        v.setBigUint64(noteSize, 6688n, true)
      },
    ],
    ['no manifest', 'f: No Solo5 manifest found in executable', u32(N.manifest + 8, 7)],
    ['a name of five bytes', 'f: No Solo5 manifest found in executable', u32(N.manifest, 5)],
    ['a name in capitals', 'f: No Solo5 manifest found in executable', (_, b) => b.set([0x4f], N.manifest + 13)],
    ['version 2', invalid, u32(N.manifest + 24, 2)],
    ['65 entries', invalid, u32(N.manifest + 28, 65)],
    ['no entries', invalid, u32(N.manifest + 28, 0)],
    ['fewer entries than bytes', invalid, u32(N.manifest + 28, 2)],
    ['a first entry that is a device', invalid, u32(FIRST + 68, 1)],
    ['a first entry with a name', invalid, (v) => v.setUint8(FIRST, 65)],
    ['a name without an end', invalid, (v) => v.setUint8(SECOND + 67, 65)],
    ['a device that claims to be attached', invalid, (v) => v.setUint8(SECOND + 96, 2)],
  ]
  for (const [why, message, edit] of refused) {
    it(`refuses ${why}`, () => assert.throws(() => manifest(spoil(SAMPLE, edit)), { name: 'ElftoolError', message }))
  }

  it('refuses a file that is shorter than a header', () => {
    const message = `${inv}elf header does not match the expected size (10 != 64)`
    assert.throws(() => manifest(SAMPLE.subarray(0, 10)), { message })
  })

  it('passes over a PT_NOTE of 12 to 19 bytes, and the second note of one', () => {
    const small = spoil(SAMPLE, u64(phdrAt(7, 'p_filesz'), 12n))
    assert.equal(manifest(small), manifest(SAMPLE))
    const own = spoil(SAMPLE, u64(noteSize, 19n))
    assert.throws(() => manifest(own), { message: 'f: No Solo5 manifest found in executable' })
    const hidden = spoil(SAMPLE, (v) => {
      v.setBigUint64(noteOffset, BigInt(N.abi), true)
      v.setBigUint64(noteSize, BigInt(36 + encodeManifestNote([]).length + 208), true)
    })
    assert.throws(() => manifest(hidden), { message: 'f: No Solo5 manifest found in executable' })
  })

  it('accepts what nobody checks: presets, names, paddings', () => {
    const odd = spoil(SAMPLE, (v, b) => {
      b.fill(0xff, SECOND + 72, SECOND + 96)
      b.fill(0xff, SECOND + 97, SECOND + 104)
      v.setUint32(N.manifest + 20, 0xffffffff)
      b.copyWithin(THIRD, SECOND, SECOND + 68)
    })
    assert.equal(JSON.parse(manifest(odd)).devices[1].name, 'service0')
  })

  it('throws nothing else for spoiled files, and prints valid JSON for the others', { timeout: 60_000 }, () => {
    const next = randomNumbers(20_261_121)
    const places = [0, 32, 64 + 56 * 7, 64 + 56 * 9, N.abi, N.manifest, FIRST, SECOND, THIRD]
    let printed = 0
    for (let run = 0; run < 30_000; run++) {
      const bytes = mutate(SAMPLE, places, next)
      for (const query of [manifest, abi]) {
        try {
          const text = query(bytes)
          JSON.parse(text)
          assert.match(text, /^[\n\x20-\x7e]*$/)
          printed++
        } catch (error) {
          assert.equal((error as Error).name, 'ElftoolError', `run ${run}`)
        }
      }
    }
    assert.ok(printed > 3_000 && printed < 57_000, `${printed}`)
  })
})

describe('queryAbi()', () => {
  it('prints the lines of the reference', () => {
    assert.equal(abi(SAMPLE), '{\n  "type": "solo5.abi",\n  "target": "hvt",\n  "version": 2\n}\n')
  })

  it('prints any version, and a target that nobody knows as unknown', () => {
    const odd = spoil(SAMPLE, (v) => {
      v.setUint32(N.abi + 20, 7, true)
      v.setUint32(N.abi + 24, 0xffffffff, true)
    })
    assert.deepEqual(JSON.parse(abi(odd)), { type: 'solo5.abi', target: 'unknown', version: 2 ** 32 - 1 })
  })

  it('refuses a file without the note, or with one that is too short to be read', () => {
    const none = spoil(SAMPLE, (v) => v.setUint32(N.abi + 8, 7, true))
    assert.throws(() => abi(none), { message: 'f: No Solo5 ABI information found in executable' })
    const short = spoil(SAMPLE, (v) => v.setUint32(N.abi + 4, 4, true))
    const message = 'f: invalid executable: phdr[8] note does not fall within valid size (4 < 16 || 4 > 32)'
    assert.throws(() => abi(short), { message })
    const empty = spoil(SAMPLE, (v) => v.setUint32(N.abi + 4, 0, true))
    assert.throws(() => abi(empty), { message: message.replace('4 < 16 || 4', '0 < 1 || 0') })
  })
})

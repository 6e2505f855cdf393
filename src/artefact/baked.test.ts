import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'vitest'
import { type FormatErrorCode, FormatError } from '../base/errors.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { MAX_CONFIG_DOCUMENT } from '../config/layer.ts'
import { HEADER } from '../elf/format.ts'
import { makeElf } from '../elf/sample-file.ts'
import { phdrAt, spoil } from '../elf/sample.ts'
import { FORMAT_NAMES } from '../files/detect.ts'
import { readArtefact } from './artefact.ts'
import { readBaked } from './baked.ts'
import {
  ascii,
  BAKED_HEADER,
  BAKED_NOTE_LEAD,
  BAKED_RECORD,
  descriptorSize,
  FORMAT_NUMBERS,
  MAX_BAKED_DESCRIPTOR,
  MAX_BAKED_DOCUMENT,
  TRAILER,
} from './baked-format.ts'
import { isProgramName } from './decode-baked.ts'
import { embedManifest } from './embed-manifest.ts'
import { sampleArtefact } from './sample.ts'
import { sampleBaked, type SamplePart } from './sample-baked.ts'
import { sampleBzImage } from './sample-boot.ts'

type Edit = (view: DataView, bytes: Uint8Array) => void

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const read = (bytes: Uint8Array) => readBaked(sourceOf(bytes))

const PROGRAM = sampleArtefact({
  devices: [
    { name: 'service', type: 'net' },
    { name: 'storage', type: 'block' },
  ],
})
const IMAGE = ascii('hsqs and whatever a SquashFS has')
const PARTS: readonly SamplePart[] = [
  { kind: 'config', bytes: ascii('{ "hostname": "shop" }') },
  { kind: 'rumpconfig', name: 'storage', bytes: ascii('{}') },
  { kind: 'program', name: 'worker', bytes: PROGRAM },
  { kind: 'files', name: 'storage', format: 'squashfs', bytes: IMAGE },
]
const SAMPLE = sampleBaked(PROGRAM, { parts: PARTS, program: 'shop', digest })
const KERNEL = sampleBzImage()
const TRAILED = sampleBaked(KERNEL, { parts: PARTS, program: 'shop', digest })

const HEADERS = 10 // of the program; the note's is the one behind them
const TABLE = 0x4000
const NOTE = TABLE + (HEADERS + 1) * 56
const at = (field: keyof typeof BAKED_HEADER): number => NOTE + BAKED_NOTE_LEAD + BAKED_HEADER[field]
const record = (part: number, field: keyof typeof BAKED_RECORD): number =>
  NOTE + BAKED_NOTE_LEAD + descriptorSize(part) + BAKED_RECORD[field]
/** Where a field of a program header lies in the table that moved. */
const moved = (index: number, field: Parameters<typeof phdrAt>[1]): number => TABLE - 64 + phdrAt(index, field)

const u32 =
  (at: number, value: number): Edit =>
  (v) =>
    v.setUint32(at, value, true)
const u64 =
  (at: number, value: number | bigint): Edit =>
  (v) =>
    v.setBigUint64(at, BigInt(value), true)
const text =
  (at: number, value: string): Edit =>
  (_, b) =>
    b.set(ascii(value), at)

describe('readBaked()', () => {
  it('returns where each part lies, and what the program was before', () => {
    const [config, worker, image] = [0x5000, 0x7000, 0xb000]
    const page = new Uint8Array(4096)
    page.set(IMAGE)
    assert.deepEqual(read(SAMPLE), {
      program: 'shop',
      originalSize: PROGRAM.length,
      originalTable: { offset: 64, count: HEADERS },
      size: SAMPLE.length,
      note: { offset: NOTE, size: 20 + 112 + 4 * 128 },
      parts: [
        { kind: 'config', name: '', format: null, offset: config, length: 22, digest: digest(PARTS[0]!.bytes) },
        { kind: 'rumpconfig', name: 'storage', format: null, offset: 0x6000, length: 2, digest: digest(ascii('{}')) },
        {
          kind: 'program',
          name: 'worker',
          format: null,
          offset: worker,
          length: PROGRAM.length,
          digest: digest(PROGRAM),
        },
        { kind: 'files', name: 'storage', format: 'squashfs', offset: image, length: 4096, digest: digest(page) },
      ],
    })
    assert.equal(SAMPLE.length, image + 4096)
    assert.deepEqual(SAMPLE.subarray(config, config + 22), PARTS[0]?.bytes)
    assert.deepEqual(SAMPLE.subarray(worker, worker + PROGRAM.length), PROGRAM)
  })

  it('finds them by the trailer in a file without such program headers', () => {
    const baked = read(TRAILED)
    const note = Math.ceil(KERNEL.length / 4096) * 4096
    assert.deepEqual(
      [baked?.originalSize, baked?.originalTable, baked?.note.offset, baked?.size],
      [KERNEL.length, undefined, note, TRAILED.length],
    )
    assert.deepEqual(
      baked?.parts.map(({ offset, length }) => [offset, length]),
      read(SAMPLE)?.parts.map(({ offset, length }) => [offset - 0x5000 + note + 4096, length]),
    )
  })

  it('finds none where nothing is baked, whatever the file is', () => {
    for (const file of [
      PROGRAM,
      KERNEL,
      new Uint8Array(),
      ascii('SLIPWAY-BAKED'),
      makeElf({ class: 32, sections: [] }),
    ])
      assert.equal(read(file), undefined)
  })

  it('does not believe a trailer in a file that could have a note', () => {
    const both = Uint8Array.from([...PROGRAM, ...TRAILED.subarray(-TRAILER.size)])
    assert.equal(read(both), undefined)
  })

  it('takes bytes behind what was baked, also a manifest that was put there later', () => {
    assert.deepEqual(read(Uint8Array.from([...SAMPLE, 1, 2, 3])), read(SAMPLE))
    const devices = Array.from({ length: 9 }, (_, i) => ({ name: `storage${i || ''}`, type: 'block' }) as const)
    const later = embedManifest(SAMPLE, devices)
    assert.deepEqual([read(later), readArtefact(sourceOf(later)).manifest.devices.length], [read(SAMPLE), 9])
  })

  it('takes an image of no known format, and a program alone that has a name', () => {
    const baked = read(
      sampleBaked(PROGRAM, { parts: [{ kind: 'files', name: 'storage', bytes: IMAGE }], program: 'a' }),
    )
    assert.deepEqual([baked?.parts[0]?.format, baked?.program], [null, 'a'])
  })

  it('reads headers, notes and nothing of the parts', () => {
    let bytes = 0
    const read: [number, number][] = []
    const source: Source = {
      size: SAMPLE.length,
      readAt: (offset, length) => {
        bytes += length
        read.push([offset, length])
        return sourceOf(SAMPLE).readAt(offset, length)
      },
    }
    assert.ok(readBaked(source))
    assert.ok(bytes < 4096, `${bytes}`)
    assert.deepEqual(
      read.filter(([offset, length]) => offset + length > 0x5000),
      [],
    )
  })

  type HeaderCase = [why: string, code: FormatErrorCode, field: keyof typeof BAKED_HEADER, value: number | bigint]
  const headerCases: HeaderCase[] = [
    ['version 0', 'UNSUPPORTED', 'version', 0],
    ['version 2', 'UNSUPPORTED', 'version', 2],
    ['no parts', 'BAD_VALUE', 'count', 0],
    ['fewer parts than bytes', 'BAD_VALUE', 'count', 3],
    ['more parts than bytes', 'BAD_VALUE', 'count', 5],
    ['2^32 - 1 parts', 'BAD_VALUE', 'count', 2 ** 32 - 1],
    ['a program as long as the file', 'BAD_VALUE', 'original', SAMPLE.length],
    ['a program up to behind the note', 'BAD_VALUE', 'original', NOTE + 1],
    ['a program that is too small for a header', 'BAD_VALUE', 'original', 63],
    ['a program of 2^53 bytes', 'BAD_VALUE', 'original', 2n ** 53n],
    ['a program of 2^64 - 1 bytes', 'BAD_VALUE', 'original', 2n ** 64n - 1n],
    ['a table in the ELF header', 'BAD_VALUE', 'phoff', 63],
    ['a table beyond the program', 'BAD_VALUE', 'phoff', PROGRAM.length],
    ['a table that does not end in the program', 'BAD_VALUE', 'phoff', PROGRAM.length - HEADERS * 56 + 1],
    ['a table at 2^53 - 1', 'BAD_VALUE', 'phoff', 2n ** 53n - 1n],
    ['a table at 2^63', 'BAD_VALUE', 'phoff', 2n ** 63n],
    ['a table of nothing', 'BAD_VALUE', 'phnum', 0],
    ['a table of one header less', 'BAD_VALUE', 'phnum', HEADERS - 1],
    ['a table of one header more', 'BAD_VALUE', 'phnum', HEADERS + 1],
    ['something in the reserved bytes', 'UNSUPPORTED', 'reserved', 1],
    ['something in the last reserved bytes', 'UNSUPPORTED', 'reserved2', 2 ** 31],
    ['an end behind that of the file', 'TRUNCATED', 'end', SAMPLE.length + 1],
    ['an end at 2^53', 'BAD_VALUE', 'end', 2n ** 53n],
  ]
  for (const [why, code, field, value] of headerCases) {
    it(`rejects ${why}`, () => {
      const wide = ['original', 'phoff', 'end'].includes(field)
      const bytes = spoil(SAMPLE, (wide ? u64 : u32)(at(field), Number(value)))
      if (wide) u64(at(field), value)(new DataView(bytes.buffer), bytes)
      assert.throws(() => read(bytes), { name: 'FormatError', code, field: `baked.${field}`, offset: at(field) })
    })
  }

  type PartCase = [why: string, code: FormatErrorCode, part: number, field: keyof typeof BAKED_RECORD, edit: Edit]
  const set = (part: number, field: 'offset' | 'length', value: number | bigint): Edit =>
    u64(record(part, field), value)
  const name = (part: number, value: string, at = 0): Edit => text(record(part, 'name') + at, value)
  const partCases: PartCase[] = [
    ['kind 0', 'UNSUPPORTED', 0, 'kind', u32(record(0, 'kind'), 0)],
    ['kind 5', 'UNSUPPORTED', 0, 'kind', u32(record(0, 'kind'), 5)],
    ['format 7', 'UNSUPPORTED', 3, 'format', u32(record(3, 'format'), 7)],
    ['a document with a format', 'UNSUPPORTED', 0, 'format', u32(record(0, 'format'), 1)],
    ['a program with a format', 'UNSUPPORTED', 2, 'format', u32(record(2, 'format'), 3)],
    ['a part that is not at a page', 'BAD_VALUE', 0, 'offset', set(0, 'offset', 0x5008)],
    ['a part in the program', 'BAD_VALUE', 0, 'offset', set(0, 'offset', 0x1000)],
    ['a part at the beginning', 'BAD_VALUE', 0, 'offset', set(0, 'offset', 0)],
    ['a part over the note', 'BAD_VALUE', 0, 'offset', set(0, 'offset', 0x4000)],
    ['a part in another', 'BAD_VALUE', 3, 'offset', set(3, 'offset', 0x8000)],
    ['two parts in one place', 'BAD_VALUE', 1, 'offset', set(1, 'offset', 0x5000)],
    ['a part into the next one', 'BAD_VALUE', 1, 'offset', set(0, 'length', 0x1001)],
    ['a part behind the end', 'TRUNCATED', 3, 'offset', set(3, 'offset', 0xd000)],
    ['a part at the end', 'TRUNCATED', 3, 'length', set(3, 'offset', 0xc000)],
    ['a part at the last page below 2^53', 'TRUNCATED', 3, 'offset', set(3, 'offset', 2n ** 53n - 4096n)],
    ['a part at 2^53', 'BAD_VALUE', 3, 'offset', set(3, 'offset', 2n ** 53n)],
    ['a part at the last page below 2^64', 'BAD_VALUE', 3, 'offset', set(3, 'offset', 2n ** 64n - 4096n)],
    ['a part over the end', 'TRUNCATED', 3, 'length', set(3, 'length', 0x2000)],
    ['a part over the end that the note names', 'TRUNCATED', 3, 'length', u64(at('end'), 0xb800)],
    ['a part of nearly 2^53 bytes', 'TRUNCATED', 3, 'length', set(3, 'length', 2n ** 53n - 4096n)],
    ['a part of 2^53 bytes', 'BAD_VALUE', 2, 'length', set(2, 'length', 2n ** 53n)],
    ['a part of 2^64 - 1 bytes', 'BAD_VALUE', 2, 'length', set(2, 'length', 2n ** 64n - 1n)],
    ['a part of nothing', 'BAD_VALUE', 0, 'length', set(0, 'length', 0)],
    ['an image with half a page', 'BAD_VALUE', 3, 'length', set(3, 'length', 0x800)],
    ['a document of more than 1 MiB', 'LIMIT', 0, 'length', set(0, 'length', 2 ** 20 + 1)],
    ['an image’s document of more than 1 MiB', 'LIMIT', 1, 'length', set(1, 'length', 2 ** 20 + 1)],
    ['a device with an escape', 'BAD_VALUE', 3, 'name', name(3, '\x9b2J')],
    ['a device with a dash', 'BAD_VALUE', 3, 'name', name(3, 'a-b')],
    ['a device without a name', 'BAD_VALUE', 3, 'name', name(3, '\0'.repeat(8))],
    ['a document with a name', 'BAD_VALUE', 0, 'name', name(0, 'x')],
    ['a program without a name', 'BAD_VALUE', 2, 'name', name(2, '\0'.repeat(8))],
    ['a program that is a path', 'BAD_VALUE', 2, 'name', name(2, 'a/bin')],
    ['bytes behind a name', 'BAD_VALUE', 2, 'name', name(2, 'x', 66)],
    ['bytes behind no name', 'BAD_VALUE', 0, 'name', name(0, 'x', 1)],
    ['a name without an end', 'BAD_VALUE', 3, 'name', name(3, 'x'.repeat(68))],
    ['something in the reserved bytes of a part', 'UNSUPPORTED', 3, 'reserved', u32(record(3, 'reserved'), 2 ** 31)],
    ['a program called as the artefact’s own', 'BAD_VALUE', 2, 'name', name(2, 'shop\0\0')],
    ['a document of an image that is not there', 'BAD_VALUE', 1, 'name', name(1, 'other\0\0')],
  ]
  for (const [why, code, part, field, edit] of partCases) {
    it(`rejects ${why}`, () => {
      const expected = { name: 'FormatError', code, field: `baked.part[${part}].${field}`, offset: record(part, field) }
      assert.throws(() => read(spoil(SAMPLE, edit)), expected)
    })
  }

  const names: [why: string, edit: Edit][] = [
    ['an escape', text(at('name'), '\x1b[2J')],
    ['a path', text(at('name'), '../x')],
    ['no end', text(at('name'), 'x'.repeat(68))],
    ['bytes behind its end', text(at('name') + 5, 'x')],
    ['nothing, beside other programs', text(at('name'), '\0\0\0\0')],
  ]
  for (const [why, edit] of names) {
    it(`rejects a name of the program with ${why}`, () => {
      const expected = { name: 'FormatError', code: 'BAD_VALUE', field: 'baked.program', offset: at('name') }
      assert.throws(() => read(spoil(SAMPLE, edit)), expected)
    })
  }

  for (const [kind, part] of [
    ['files', { kind: 'files', name: 'storage', bytes: IMAGE }],
    ['program', { kind: 'program', name: 'worker', bytes: PROGRAM }],
    ['config', { kind: 'config', bytes: ascii('{}') }],
  ] as const) {
    it(`rejects two parts of the kind ${kind} and one name`, () => {
      const second = part.kind === 'config' ? part : { ...part, name: 'other0' }
      const other = { kind: 'program', name: 'other0', bytes: PROGRAM } as const
      const parts = part.kind === 'config' ? [part, other] : [part, second]
      const bytes = sampleBaked(PROGRAM, { parts, program: 'shop' })
      const twice = spoil(bytes, (_, b) => b.copyWithin(record(1, 'name'), record(0, 'name'), record(0, 'name') + 68))
      twice.set(twice.slice(record(0, 'kind'), record(0, 'kind') + 4), record(1, 'kind'))
      const expected = {
        name: 'FormatError',
        code: 'BAD_VALUE',
        field: 'baked.part[1].name',
        offset: record(1, 'name'),
      }
      assert.throws(() => read(twice), expected)
    })
  }

  const p = moved // where a field lies in the table that has moved
  const own = (field: 'p_offset' | 'p_filesz'): [string, number] => [`phdr[${HEADERS}].${field}`, p(HEADERS, field)]
  const NOTE_SIZE = BAKED_NOTE_LEAD + descriptorSize(PARTS.length)
  const both =
    (...edits: Edit[]): Edit =>
    (v, b) =>
      edits.forEach((edit) => edit(v, b))
  const place = (header: number, offset: number | bigint, size: number): Edit =>
    both(u64(p(header, 'p_offset'), offset), u64(p(header, 'p_filesz'), size))
  const longest = MAX_BAKED_DESCRIPTOR + 128
  const cases: [why: string, code: FormatErrorCode, place: [field: string, offset: number], edit: Edit][] = [
    [
      'a note that is too short',
      'BAD_VALUE',
      ['baked.n_descsz', NOTE + 4],
      both(u32(NOTE + 4, 236), place(HEADERS, NOTE, BAKED_NOTE_LEAD + 236)),
    ],
    [
      'a note of more than 128 parts',
      'LIMIT',
      ['baked.n_descsz', NOTE + 4],
      both(u32(NOTE + 4, longest), place(HEADERS, NOTE, BAKED_NOTE_LEAD + longest)),
    ],
    [
      'another note before it in its segment',
      'BAD_VALUE',
      own('p_offset'),
      both(place(HEADERS, NOTE, NOTE_SIZE + 16), (_, b) => {
        b.copyWithin(NOTE + 16, NOTE, NOTE + NOTE_SIZE)
        b.set([4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x47, 0x4e, 0x55, 0], NOTE)
      }),
    ],
    ['padding behind it in its segment', 'BAD_VALUE', own('p_filesz'), place(HEADERS, NOTE, NOTE_SIZE + 8)],
    [
      'another note behind it in its segment',
      'BAD_VALUE',
      own('p_filesz'),
      both(place(HEADERS, NOTE, 0x5000 - NOTE), u32(NOTE + NOTE_SIZE + 4, 0x5000 - NOTE - NOTE_SIZE - 12)),
    ],
    ['a segment in memory that is a part', 'BAD_VALUE', ['phdr[6].p_offset', p(6, 'p_offset')], place(6, 0xb000, 4096)],
    [
      'a segment in memory into the note',
      'BAD_VALUE',
      ['phdr[3].p_offset', p(3, 'p_offset')],
      place(3, 0x3000, 0x1300),
    ],
    ['one behind all parts', 'BAD_VALUE', ['phdr[3].p_offset', p(3, 'p_offset')], place(3, SAMPLE.length, 16)],
    ['one at 2^64 - 1', 'BAD_VALUE', ['phdr[3].p_offset', p(3, 'p_offset')], place(3, 2n ** 64n - 1n, 16)],
    ['a note in a part', 'BAD_VALUE', ['phdr[7].p_offset', p(7, 'p_offset')], place(7, 0x5ff0, 12)],
    [
      'the table of program headers in a part',
      'BAD_VALUE',
      ['e_phoff', 32],
      (v, b) => {
        b.copyWithin(0x5000, TABLE, NOTE)
        u64(HEADER.phoff, 0x5000)(v, b)
      },
    ],
    [
      'the table of program headers into the note',
      'BAD_VALUE',
      ['e_phoff', 32],
      (v) => v.setUint16(HEADER.phnum, HEADERS + 2, true),
    ],
    [
      'a note that is the only segment, of a program that had none',
      'BAD_VALUE',
      ['baked.phnum', at('phnum')],
      (v) => {
        v.setUint16(HEADER.phnum, 1, true)
        u64(HEADER.phoff, p(HEADERS, 'p_type'))(v, new Uint8Array())
        v.setUint32(at('phnum'), 0, true)
      },
    ],
    [
      'more program headers than are read',
      'LIMIT',
      ['e_phnum', 56],
      (v, b) => {
        b.copyWithin(SAMPLE.length, TABLE, NOTE)
        v.setUint16(HEADER.phnum, 1025, true)
        u64(HEADER.phoff, SAMPLE.length)(v, b)
      },
    ],
    [
      'a second note',
      'BAD_VALUE',
      [`phdr[${HEADERS}] note 0`, NOTE],
      (v, b) => {
        b.copyWithin(SAMPLE.length, NOTE, NOTE + NOTE_SIZE)
        place(7, SAMPLE.length, NOTE_SIZE)(v, b)
      },
    ],
  ]
  const longer = Uint8Array.from({ length: SAMPLE.length + 1025 * 56 }, (_, i) => SAMPLE[i] ?? 0)
  for (const [why, code, [field, offset], edit] of cases) {
    it(`rejects ${why}`, () => {
      assert.throws(() => read(spoil(longer, edit)), { name: 'FormatError', code, field, offset })
    })
  }

  it('takes what nobody reads: program headers of no type, empty ones, and those behind what was baked', () => {
    for (const edit of [u32(p(7, 'p_type'), 0), u64(p(7, 'p_filesz'), 0)]) {
      const type = edit
      assert.ok(read(spoil(SAMPLE, both(place(7, 0x5000, 16), u32(p(7, 'p_type'), 6), type))))
    }
    assert.ok(read(spoil(longer, both(place(7, SAMPLE.length, 24), u32(SAMPLE.length, 4)))))
  })

  it('throws only FormatError for every truncation and every changed byte of headers and note', () => {
    for (const sample of [SAMPLE, TRAILED]) {
      const places = [...sample.keys()].filter((i) => i < 0x300 || i >= sample.length - 32 || sample[i] !== 0)
      for (const i of places) {
        onlyFormatError(sample.subarray(0, i))
        for (const value of [0, 1, 0x7f, 0x80, 0xff]) onlyFormatError(spoil(sample, (v) => v.setUint8(i, value)))
      }
    }
  })
})

function onlyFormatError(bytes: Uint8Array): void {
  try {
    read(bytes)
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error))
  }
}

describe('readBaked() of a file with a trailer', () => {
  const START = TRAILED.length - TRAILER.size
  const NOTE = Math.ceil(KERNEL.length / 4096) * 4096
  const header = (field: keyof typeof BAKED_HEADER): number => NOTE + BAKED_NOTE_LEAD + BAKED_HEADER[field]
  const record = (part: number, field: keyof typeof BAKED_RECORD): number =>
    NOTE + BAKED_NOTE_LEAD + descriptorSize(part) + BAKED_RECORD[field]
  const [offset, length] = [START + TRAILER.offset, START + TRAILER.length]
  const size = BAKED_NOTE_LEAD + descriptorSize(PARTS.length)

  const cases: [why: string, code: FormatErrorCode, place: [field: string, offset: number], edit: Edit][] = [
    ['a note at 2^53', 'BAD_VALUE', ['trailer.offset', offset], u64(offset, 2n ** 53n)],
    ['a note at 2^53 - 1', 'TRUNCATED', ['trailer.offset', offset], u64(offset, 2n ** 53n - 1n)],
    ['a note that reaches into the trailer', 'TRUNCATED', ['trailer.offset', offset], u64(offset, START - size + 1)],
    ['a note in another place', 'BAD_VALUE', ['baked', NOTE + 4], u64(offset, NOTE + 4)],
    ['a note of 2^64 - 1 bytes', 'BAD_VALUE', ['trailer.length', length], u64(length, 2n ** 64n - 1n)],
    ['a note of nothing', 'BAD_VALUE', ['trailer.length', length], u64(length, 0)],
    ['a note of more than 128 parts', 'LIMIT', ['trailer.length', length], u64(length, size + 125 * 128)],
    ['a note of another size', 'BAD_VALUE', ['baked', NOTE], u64(length, size - 128)],
    ['a note with another name', 'BAD_VALUE', ['baked', NOTE], text(NOTE + 12, 'slipway')],
    ['a note of another type', 'BAD_VALUE', ['baked', NOTE], u32(NOTE + 8, 0x3148434c)],
    ['a table of program headers', 'BAD_VALUE', ['baked.phnum', header('phnum')], u32(header('phnum'), 1)],
    ['the place of such a table', 'BAD_VALUE', ['baked.phoff', header('phoff')], u64(header('phoff'), 64)],
    ['something reserved', 'UNSUPPORTED', ['baked.reserved', header('reserved')], u32(header('reserved'), 1)],
    ['an end before that of the file', 'BAD_VALUE', ['baked.end', header('end')], u64(header('end'), START)],
    ['an end behind it', 'TRUNCATED', ['baked.end', header('end')], u64(header('end'), TRAILED.length + 1)],
    [
      'a part over the trailer',
      'TRUNCATED',
      ['baked.part[3].length', record(3, 'length')],
      u64(record(3, 'length'), 8192),
    ],
  ]
  for (const [why, code, [field, offset], edit] of cases) {
    it(`rejects ${why}`, () => {
      assert.throws(() => read(spoil(TRAILED, edit)), { name: 'FormatError', code, field, offset })
    })
  }

  it('rejects a part that ends in the trailer, where the file has whole pages', () => {
    const whole = new Uint8Array(Math.ceil(TRAILED.length / 4096) * 4096)
    whole.set(TRAILED.subarray(0, START))
    whole.set(TRAILED.subarray(START), whole.length - TRAILER.size)
    u64(header('end'), whole.length)(new DataView(whole.buffer), whole)
    assert.ok(read(whole))
    const last = whole.length - (read(TRAILED)?.parts[3]?.offset ?? 0)
    const spoilt = spoil(whole, u64(record(3, 'length'), last))
    const expected = { code: 'TRUNCATED', field: 'baked.part[3].length', offset: record(3, 'length') }
    assert.throws(() => read(spoilt), expected)
  })

  it('knows none whose trailer is not the end of the file, or another one', () => {
    assert.equal(read(Uint8Array.from([...TRAILED, 0])), undefined)
    assert.equal(read(spoil(TRAILED, text(START, 'slipway'))), undefined)
  })

  it('rejects a segment in memory that is a part, where the file is an ELF file of 32 bits', () => {
    const code = { name: '.text', bytes: new Uint8Array(64), address: 0x100000 }
    const baked = sampleBaked(makeElf({ class: 32, sections: [code] }), { parts: PARTS, program: 'shop' })
    const part = read(baked)?.parts[0]?.offset ?? 0
    const spoilt = spoil(baked, (v) => v.setUint32(52 + 4, part, true))
    const expected = { name: 'FormatError', code: 'BAD_VALUE', field: 'phdr[0].p_offset', offset: 52 + 4 }
    assert.throws(() => read(spoilt), expected)
    const table = spoil(baked, (v) => v.setUint32(28, part, true))
    assert.throws(() => read(table), { name: 'FormatError', code: 'BAD_VALUE', field: 'e_phoff', offset: 28 })
  })
})

describe('numbers in files', () => {
  it('stay what they are, whatever is added', () => {
    assert.deepEqual(FORMAT_NUMBERS, { tar: 1, cpio: 2, squashfs: 3, iso9660: 4, ext2: 5, fat: 6 })
    assert.deepEqual(Object.keys(FORMAT_NUMBERS).toSorted(), FORMAT_NAMES.toSorted())
    const head = [8, 0, 0, 0, 0x70, 2, 0, 0, ...ascii('BAK1Slipway\0'), 1, 0, 0, 0, 4, 0, 0, 0]
    assert.deepEqual([...SAMPLE.subarray(NOTE, NOTE + 28)], head)
    const kinds = PARTS.map((_, i) => SAMPLE[record(i, 'kind')])
    assert.deepEqual(kinds, [2, 4, 3, 1])
    assert.equal(SAMPLE[record(3, 'format')], 3)
  })

  it('let documents have as much as config/ reads', () => assert.equal(MAX_BAKED_DOCUMENT, MAX_CONFIG_DOCUMENT))
})

describe('isProgramName()', () => {
  it('takes what can be the name of a file anywhere', () => {
    for (const name of ['shop', 'a', '9p', 'x'.repeat(67), 'hello.bin', 'a_b-c']) assert.ok(isProgramName(name), name)
  })

  it('takes nothing that could be something else', () => {
    for (const name of ['', '.', '..', '-x', '*', 'a/b', 'a b', 'é', 'x'.repeat(68), 'a\n', 'a=b', 'a:b', 'a!b'])
      assert.ok(!isProgramName(name), name)
  })
})

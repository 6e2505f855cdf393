import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../base/errors.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { MAX_NOTES, type Note, readDescriptor, walkNotes } from './notes.ts'
import { readElf } from './read.ts'
import { phdrAt, sampleElf, spoil } from './sample.ts'

function note(name: string, type: number, descriptor: readonly number[]): Uint8Array {
  const padded = Math.ceil(name.length / 4) * 4
  return new ByteWriter(12 + padded + Math.ceil(descriptor.length / 4) * 4)
    .u32(0, name.length)
    .u32(4, descriptor.length)
    .u32(8, type)
    .put(
      12,
      Uint8Array.from(name, (char) => char.charCodeAt(0)),
    )
    .put(12 + padded, Uint8Array.from(descriptor)).bytes
}

const A = note('Solo5\0', 7, [1, 2, 3, 4])
const B = note('GNU\0', 1, [5, 6, 7])
const AT_FIRST = 0x100
const AT_MERGED = 0x200

// One segment with one note, one with two that a linker merged.
const SAMPLE = sampleElf({
  entry: 0,
  headers: [
    { type: 4, offset: AT_FIRST, filesz: A.length, align: 4 },
    { type: 1, offset: 0, filesz: 8, align: 4 },
    { type: 4, offset: AT_MERGED, filesz: B.length + A.length, align: 4 },
  ],
  size: 0x300,
  parts: [
    [AT_FIRST, A],
    [AT_MERGED, B],
    [AT_MERGED + B.length, A],
  ],
})

function notesOf(bytes: Uint8Array): Note[] {
  const source = sourceOf(bytes)
  return [...walkNotes(readElf(source), source)]
}

describe('walkNotes()', () => {
  it('finds every note of every segment', () => {
    assert.deepEqual(notesOf(SAMPLE), [
      {
        programHeader: 0,
        position: 0,
        offset: AT_FIRST,
        name: 'Solo5\0',
        nameSize: 6,
        type: 7,
        descriptorOffset: AT_FIRST + 20,
        descriptorSize: 4,
      },
      {
        programHeader: 2,
        position: 0,
        offset: AT_MERGED,
        name: 'GNU\0',
        nameSize: 4,
        type: 1,
        descriptorOffset: AT_MERGED + 16,
        descriptorSize: 3,
      },
      {
        programHeader: 2,
        position: 1,
        offset: AT_MERGED + B.length,
        name: 'Solo5\0',
        nameSize: 6,
        type: 7,
        descriptorOffset: AT_MERGED + B.length + 20,
        descriptorSize: 4,
      },
    ])
  })

  it('steps by 8 in a segment that is aligned to 8', () => {
    const first = note('GNU\0', 5, [1, 2, 3, 4])
    const bytes = sampleElf({
      entry: 0,
      headers: [{ type: 4, offset: 0x100, filesz: 24 + A.length, align: 8 }],
      size: 0x200,
      parts: [
        [0x100, first],
        [0x118, A],
      ],
    })
    assert.deepEqual(
      notesOf(bytes).map(({ offset, name }) => [offset, name]),
      [
        [0x100, 'GNU\0'],
        [0x118, 'Solo5\0'],
      ],
    )
  })

  it('takes less than a header at the end for padding', () => {
    const longer = spoil(SAMPLE, (v) => v.setBigUint64(phdrAt(0, 'p_filesz'), BigInt(A.length + 11), true))
    assert.equal(notesOf(longer).length, 3)
  })

  it('takes a note without name and descriptor, and one whose padding is cut off', () => {
    const empty = sampleElf({ entry: 0, headers: [{ type: 4, offset: 0x100, filesz: 12, align: 4 }], size: 0x10c })
    assert.deepEqual(
      notesOf(empty).map(({ name, descriptorSize }) => [name, descriptorSize]),
      [['', 0]],
    )
    const cut = spoil(empty, (v) => v.setBigUint64(phdrAt(0, 'p_offset'), 0xfen, true))
    assert.equal(notesOf(spoil(cut, (v) => v.setUint32(0xfe, 0, true))).length, 1)
  })

  it('keeps the beginning of a long name', () => {
    const long = note('N'.repeat(100), 1, [])
    const bytes = sampleElf({
      entry: 0,
      headers: [{ type: 4, offset: 0x100, filesz: 112 }],
      size: 0x170,
      parts: [[0x100, long]],
    })
    assert.deepEqual(
      notesOf(bytes).map(({ name, nameSize }) => [name, nameSize]),
      [['N'.repeat(64), 100]],
    )
  })

  const u64 =
    (index: number, field: 'p_offset' | 'p_filesz', value: bigint) =>
    (v: DataView): void =>
      v.setBigUint64(phdrAt(index, field), value, true)
  const cases: [why: string, code: FormatErrorCode, offset: number, edit: (v: DataView) => void][] = [
    ['an empty segment', 'TRUNCATED', phdrAt(0, 'p_filesz'), u64(0, 'p_filesz', 0n)],
    ['a segment of 8 bytes', 'TRUNCATED', phdrAt(0, 'p_filesz'), u64(0, 'p_filesz', 8n)],
    ['a segment of 11 bytes', 'TRUNCATED', phdrAt(0, 'p_filesz'), u64(0, 'p_filesz', 11n)],
    ['a segment behind the end of the file', 'TRUNCATED', phdrAt(0, 'p_offset'), u64(0, 'p_offset', 0x301n)],
    ['a segment at the end of the file', 'TRUNCATED', phdrAt(0, 'p_filesz'), u64(0, 'p_offset', 0x300n)],
    ['a segment at 2^64 - 1', 'TRUNCATED', phdrAt(0, 'p_offset'), u64(0, 'p_offset', 2n ** 64n - 1n)],
    ['a segment over the end of the file', 'TRUNCATED', phdrAt(0, 'p_filesz'), u64(0, 'p_filesz', 0x201n)],
    ['a segment of 2^64 - 1 bytes', 'TRUNCATED', phdrAt(0, 'p_filesz'), u64(0, 'p_filesz', 2n ** 64n - 1n)],
    ['a name over the end of its segment', 'TRUNCATED', AT_FIRST, (v) => v.setUint32(AT_FIRST, 13, true)],
    ['a name of 4 GB', 'TRUNCATED', AT_FIRST, (v) => v.setUint32(AT_FIRST, 0xffffffff, true)],
    ['a descriptor over the end', 'TRUNCATED', AT_FIRST + 4, (v) => v.setUint32(AT_FIRST + 4, 5, true)],
    ['a descriptor of 4 GB', 'TRUNCATED', AT_FIRST + 4, (v) => v.setUint32(AT_FIRST + 4, 0xffffffff, true)],
    ['a descriptor in place of the padding', 'TRUNCATED', AT_FIRST + 4, (v) => v.setUint32(AT_FIRST, 12, true)],
  ]
  for (const [why, code, offset, edit] of cases) {
    it(`rejects ${why}`, () => {
      assert.throws(() => notesOf(spoil(SAMPLE, edit)), { name: 'FormatError', code, offset })
    })
  }

  it('stops after a number of notes, not after reading them all', () => {
    const size = 0x100 + 12 * 1000
    const many = sampleElf({ entry: 0, headers: [{ type: 4, offset: 0x100, filesz: 12 * 1000 }], size })
    let reads = 0
    const source: Source = {
      size,
      readAt: (offset, length) => {
        reads++
        return sourceOf(many).readAt(offset, length)
      },
    }
    const offset = 0x100 + 12 * MAX_NOTES
    assert.throws(() => [...walkNotes(readElf(source), source)], { name: 'FormatError', code: 'LIMIT', offset })
    assert.ok(reads <= MAX_NOTES + 5, `${reads} reads`)
  })

  it('throws only FormatError for every truncation and every changed byte', () => {
    for (let i = 0; i < SAMPLE.length; i++) {
      onlyFormatError(SAMPLE.subarray(0, i))
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) onlyFormatError(spoil(SAMPLE, (v) => v.setUint8(i, value)))
    }
  })
})

describe('readDescriptor()', () => {
  const [, , merged] = notesOf(SAMPLE)

  it('reads the bytes and reports places in the file', () => {
    const r = readDescriptor(sourceOf(SAMPLE), merged!, 'abi', 4, 4)
    assert.equal(r.u32(0, 'x'), 0x04030201)
    assert.equal(r.origin, AT_MERGED + B.length + 20)
  })

  it('rejects a descriptor that is too short or too long, at its size', () => {
    const offset = AT_MERGED + B.length + 4
    const expected = { name: 'FormatError', field: 'abi.n_descsz', offset }
    assert.throws(() => readDescriptor(sourceOf(SAMPLE), merged!, 'abi', 5, 9), { ...expected, code: 'BAD_VALUE' })
    assert.throws(() => readDescriptor(sourceOf(SAMPLE), merged!, 'abi', 0, 3), { ...expected, code: 'LIMIT' })
  })
})

function onlyFormatError(bytes: Uint8Array): void {
  try {
    notesOf(bytes)
  } catch (error) {
    assert.equal((error as Error).name, 'FormatError')
  }
}

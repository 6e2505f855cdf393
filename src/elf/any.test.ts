import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../base/errors.ts'
import { sourceOf } from '../base/reader.ts'
import { fileOffsetOf, findSymbols } from './addresses.ts'
import { placeOf, readAnyElf } from './any.ts'
import { spoil } from './sample.ts'
import { makeElf } from './sample-file.ts'
import { readSections } from './sections.ts'

const TEXT = { name: '.text', bytes: Uint8Array.of(0x90, 0xc3), address: 0x100000 }
const WIDE = makeElf({ entry: 0x100000, sections: [TEXT], symbols: [['start', 0x100001]], physicalOffset: 0x1000 })
const NARROW = makeElf({ class: 32, entry: 0x100000, sections: [TEXT], symbols: [['start', 0x100001]] })

/** A header and a segment as s390x has them: every number the other way round. */
function bigEndian(): Uint8Array {
  const bytes = new Uint8Array(64 + 56)
  const view = new DataView(bytes.buffer)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 2, 1])
  view.setUint16(16, 2)
  view.setUint16(18, 22)
  view.setUint32(20, 1)
  view.setBigUint64(24, 0x1_0000_1234n)
  view.setBigUint64(32, 64n)
  view.setUint16(54, 56)
  view.setUint16(56, 1)
  view.setUint32(64, 1)
  view.setUint32(68, 5)
  view.setBigUint64(80, 0x8000_0000_0000_0001n)
  return bytes
}

describe('readAnyElf()', () => {
  it('reads both classes alike', () => {
    for (const [bytes, bits, machine] of [
      [WIDE, 64, 'x86_64'],
      [NARROW, 32, 'i386'],
    ] as const) {
      const elf = readAnyElf(sourceOf(bytes))
      assert.deepEqual([elf.class, elf.machine.name, elf.entry], [bits, machine, 0x100000n])
      const [{ vaddr, filesz, flags } = { vaddr: 0n, filesz: 0n, flags: 0 }] = elf.programHeaders
      assert.deepEqual([vaddr, filesz, flags], [0x100000n, 2n, 5])
    }
  })

  it('reads big-endian files', () => {
    const elf = readAnyElf(sourceOf(bigEndian()))
    assert.deepEqual([elf.littleEndian, elf.machine.name, elf.entry], [false, 's390x', 0x1_0000_1234n])
    assert.equal(elf.programHeaders[0]?.vaddr, 0x8000_0000_0000_0001n)
    assert.deepEqual(readSections(elf, sourceOf(bigEndian())), { sections: [] })
  })

  it('reads the first 1024 of more program headers', () => {
    const bytes = new Uint8Array(64 + 2000 * 56)
    bytes.set(bigEndian())
    new DataView(bytes.buffer).setUint16(56, 2000)
    const elf = readAnyElf(sourceOf(bytes))
    assert.deepEqual([elf.programHeaderCount, elf.programHeaders.length], [2000, 1024])
  })

  it('names the place of a field in either class', () => {
    for (const [bytes, offset] of [
      [WIDE, 64 + 4],
      [NARROW, 52 + 24],
    ] as const) {
      const elf = readAnyElf(sourceOf(bytes))
      const [header] = elf.programHeaders
      assert.ok(header)
      assert.deepEqual(placeOf(elf, header, 'p_flags'), { field: 'phdr[0].p_flags', offset })
    }
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, bytes: Uint8Array][] = [
    ['another magic', 'BAD_MAGIC', 0, spoil(WIDE, (v) => v.setUint8(1, 0x65))],
    ['a class that does not exist', 'UNSUPPORTED', 4, spoil(WIDE, (v) => v.setUint8(4, 3))],
    ['a byte order that does not exist', 'UNSUPPORTED', 5, spoil(WIDE, (v) => v.setUint8(5, 0))],
    ['a header that is cut short', 'TRUNCATED', 0, WIDE.subarray(0, 63)],
    ['program headers of another size', 'UNSUPPORTED', 54, spoil(WIDE, (v) => v.setUint16(54, 32, true))],
    ['a table past the end', 'TRUNCATED', 32, spoil(WIDE, (v) => v.setBigUint64(32, BigInt(WIDE.length - 55), true))],
    ['a table past all numbers', 'TRUNCATED', 32, spoil(WIDE, (v) => v.setBigUint64(32, 2n ** 64n - 1n, true))],
  ]
  for (const [why, code, offset, bytes] of cases) {
    it(`refuses ${why}`, () => assert.throws(() => readAnyElf(sourceOf(bytes)), { name: 'FormatError', code, offset }))
  }
})

describe('readSections()', () => {
  it('returns them with their names', () => {
    for (const bytes of [WIDE, NARROW]) {
      const { sections } = readSections(readAnyElf(sourceOf(bytes)), sourceOf(bytes))
      assert.deepEqual(
        sections.map(({ name }) => name),
        ['', '.text', '.symtab', '.strtab', '.shstrtab'],
      )
    }
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, edit: (view: DataView) => void][] = [
    ['a table past the end', 'TRUNCATED', 40, (v) => v.setBigUint64(40, BigInt(WIDE.length - 63), true)],
    ['entries of another size', 'UNSUPPORTED', 58, (v) => v.setUint16(58, 40, true)],
  ]
  for (const [why, code, offset, edit] of cases) {
    it(`returns none for ${why}, and says why`, () => {
      const source = sourceOf(spoil(WIDE, edit))
      const { sections, problem } = readSections(readAnyElf(source), source)
      assert.deepEqual([sections, problem?.code, problem?.offset], [[], code, offset])
    })
  }

  it('leaves names empty that lie nowhere', () => {
    const source = sourceOf(spoil(WIDE, (v) => v.setUint16(62, 99, true)))
    assert.deepEqual(
      readSections(readAnyElf(source), source).sections.map(({ name }) => name),
      ['', '', '', '', ''],
    )
  })
})

describe('fileOffsetOf()', () => {
  const elf = readAnyElf(sourceOf(WIDE))
  const start = Number(elf.programHeaders[0]?.offset)

  it('follows the segments', () => {
    assert.equal(fileOffsetOf(elf, 0x100001n), start + 1)
    assert.equal(fileOffsetOf(elf, 0x100002n), undefined)
    assert.equal(fileOffsetOf(elf, 0xfffffn), undefined)
  })

  it('takes load addresses only where they are asked for', () => {
    assert.equal(fileOffsetOf(elf, 0x101001n), undefined)
    assert.equal(fileOffsetOf(elf, 0x101001n, true), start + 1)
  })
})

describe('findSymbols()', () => {
  it('returns the values of those that are wanted, in both classes', () => {
    for (const bytes of [WIDE, NARROW]) {
      const elf = readAnyElf(sourceOf(bytes))
      const { sections } = readSections(elf, sourceOf(bytes))
      const found = findSymbols(elf, sections, sourceOf(bytes), (name) => name === 'start')
      assert.deepEqual([...found], [['start', 0x100001n]])
      assert.equal(findSymbols(elf, sections, sourceOf(bytes), () => false).size, 0)
    }
  })
})

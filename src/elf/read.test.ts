import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../base/errors.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { machineName } from './format.ts'
import { fieldOf, MAX_PROGRAM_HEADERS, readElf } from './read.ts'
import { phdrAt, sampleElf, spoil } from './sample.ts'

const SAMPLE = sampleElf({
  entry: 0x100020,
  headers: [
    { type: 1, flags: 5, offset: 0x100, vaddr: 0x100000, filesz: 0x40, memsz: 0x80, align: 0x1000 },
    { type: 4, flags: 4, offset: 0x120, vaddr: 0x100020, filesz: 0x20, align: 4 },
  ],
  size: 0x140,
})

describe('readElf()', () => {
  it('returns header and program headers as the file has them', () => {
    const elf = readElf(sourceOf(SAMPLE))
    assert.deepEqual(elf.machine, { id: 62, name: 'x86_64' })
    assert.equal(elf.entry, 0x100020n)
    assert.equal(elf.tableOffset, 64)
    assert.deepEqual(elf.programHeaders[0], {
      index: 0,
      at: 64,
      type: 1,
      flags: 5,
      offset: 0x100n,
      vaddr: 0x100000n,
      paddr: 0x100000n,
      filesz: 0x40n,
      memsz: 0x80n,
      align: 0x1000n,
    })
    assert.equal(elf.programHeaders.length, 2)
    assert.deepEqual(fieldOf(elf.programHeaders[1]!, 'p_memsz'), { field: 'phdr[1].p_memsz', offset: 64 + 56 + 40 })
  })

  it('keeps 64-bit fields whole', () => {
    const top = 2n ** 64n - 1n
    const elf = readElf(sourceOf(spoil(SAMPLE, (v) => v.setBigUint64(phdrAt(1, 'p_vaddr'), top, true))))
    assert.equal(elf.programHeaders[1]?.vaddr, top)
  })

  for (const [id, name] of [
    [62, 'x86_64'],
    [183, 'aarch64'],
    [21, 'ppc64'],
    [4711, 'machine 4711'],
  ] as const) {
    it(`accepts a program for ${name}`, () => {
      const elf = readElf(sourceOf(spoil(SAMPLE, (v) => v.setUint16(18, id, true))))
      assert.deepEqual(elf.machine, { id, name })
      assert.equal(machineName(id), name)
    })
  }

  it('accepts any EI_OSABI, EI_ABIVERSION and EI_VERSION, and a table anywhere in the file', () => {
    const odd = spoil(SAMPLE, (_, b) => b.set([0xff, 0xee, 0xdd, 1, 2, 3, 4, 5, 6, 7], 6))
    assert.equal(readElf(sourceOf(odd)).programHeaders.length, 2)
    const moved = new Uint8Array(0x140 + 112)
    moved.set(SAMPLE)
    moved.set(SAMPLE.subarray(64, 64 + 112), 0x140)
    new DataView(moved.buffer).setBigUint64(32, 0x140n, true)
    assert.equal(readElf(sourceOf(moved)).programHeaders[1]?.at, 0x140 + 56)
  })

  it('takes as few as one program header and as many as the limit', () => {
    const most = sampleElf({
      entry: 0,
      headers: Array.from({ length: MAX_PROGRAM_HEADERS }, () => ({ type: 0 })),
      size: 64 + 1024 * 56,
    })
    assert.equal(readElf(sourceOf(most)).programHeaders.length, 1024)
    const one = spoil(most, (v) => v.setUint16(56, 1, true))
    assert.equal(readElf(sourceOf(one)).programHeaders.length, 1)
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, edit: (v: DataView, b: Uint8Array) => void][] = [
    ['a file that is no ELF file', 'BAD_MAGIC', 0, (_, b) => b.set([0x23, 0x21], 0)],
    ['another last letter of the magic', 'BAD_MAGIC', 0, (_, b) => b.set([0x66], 3)],
    ['a 32-bit file', 'UNSUPPORTED', 4, (v) => v.setUint8(4, 1)],
    ['a big-endian file', 'UNSUPPORTED', 5, (v) => v.setUint8(5, 2)],
    ['another file version', 'UNSUPPORTED', 20, (v) => v.setUint32(20, 2, true)],
    ['a version in the wrong byte order', 'UNSUPPORTED', 20, (v) => v.setUint32(20, 1, false)],
    ['another header size', 'UNSUPPORTED', 52, (v) => v.setUint16(52, 52, true)],
    ['another size of program headers', 'UNSUPPORTED', 54, (v) => v.setUint16(54, 32, true)],
    ['a position-independent program', 'UNSUPPORTED', 16, (v) => v.setUint16(16, 3, true)],
    ['an object file', 'UNSUPPORTED', 16, (v) => v.setUint16(16, 1, true)],
    ['a core dump', 'UNSUPPORTED', 16, (v) => v.setUint16(16, 4, true)],
    ['no program headers', 'BAD_VALUE', 56, (v) => v.setUint16(56, 0, true)],
    ['more program headers than are read', 'LIMIT', 56, (v) => v.setUint16(56, MAX_PROGRAM_HEADERS + 1, true)],
    ['the number that stands for "more than 65535"', 'LIMIT', 56, (v) => v.setUint16(56, 0xffff, true)],
    ['a table that runs over the end', 'TRUNCATED', 32, (v) => v.setUint16(56, 5, true)],
    ['a table a byte too far', 'TRUNCATED', 32, (v) => v.setBigUint64(32, 0x140n - 111n, true)],
    ['a table behind the end', 'TRUNCATED', 32, (v) => v.setBigUint64(32, 0x141n, true)],
    ['a table beyond 2^53', 'TRUNCATED', 32, (v) => v.setBigUint64(32, 2n ** 53n + 1n, true)],
    ['a table at the end of all addresses', 'TRUNCATED', 32, (v) => v.setBigUint64(32, 2n ** 64n - 1n, true)],
  ]
  for (const [why, code, offset, edit] of cases) {
    it(`rejects ${why}`, () => {
      assert.throws(() => readElf(sourceOf(spoil(SAMPLE, edit))), { name: 'FormatError', code, offset })
    })
  }

  it('takes a few bytes of the magic for a file cut short, and other bytes for another file', () => {
    for (const size of [0, 3, 4, 63]) {
      assert.throws(() => readElf(sourceOf(SAMPLE.subarray(0, size))), { code: 'TRUNCATED', offset: 0 })
    }
    assert.throws(() => readElf(sourceOf(Uint8Array.of(0x7f, 0x45, 0x00))), { code: 'BAD_MAGIC', offset: 0 })
    assert.throws(() => readElf(sourceOf(Uint8Array.of(0x50))), { code: 'BAD_MAGIC', offset: 0 })
  })

  it('reads the magic, the header and the table, whatever the size of the file', () => {
    const reads: [number, number][] = []
    const source: Source = {
      size: 2 ** 52,
      readAt: (offset, length) => {
        reads.push([offset, length])
        return sourceOf(SAMPLE).readAt(offset, length)
      },
    }
    readElf(source)
    assert.deepEqual(reads, [
      [0, 4],
      [0, 64],
      [64, 112],
    ])
  })

  it('throws only FormatError for every truncation and every changed byte', () => {
    for (let i = 0; i < 64 + 112; i++) {
      assert.throws(() => readElf(sourceOf(SAMPLE.subarray(0, i))), { name: 'FormatError' })
      for (let value = 0; value < 256; value++) onlyFormatError(spoil(SAMPLE, (v) => v.setUint8(i, value)))
    }
  })

  it('throws only FormatError for any bytes behind a magic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        onlyFormatError(bytes)
        onlyFormatError(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...bytes))
      }),
    )
  })
})

function onlyFormatError(bytes: Uint8Array): void {
  try {
    readElf(sourceOf(bytes))
  } catch (error) {
    assert.equal((error as Error).name, 'FormatError')
  }
}

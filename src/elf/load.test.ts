import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../base/errors.ts'
import { sourceOf } from '../base/reader.ts'
import { examineLoad, LARGEST_MEMORY, type LoadLayout, type LoadLimits, planLoad, smallestMemory } from './load.ts'
import { readElf } from './read.ts'
import { phdrAt, sampleElf, spoil } from './sample.ts'

const MIB = 2 ** 20
const SIZE = 0x2100

// Text, data that ends inside a page, an empty LOAD as linkers leave it behind, zeroed memory; as Solo5's linker scripts order them.
const SAMPLE = sampleElf({
  entry: 0x100020,
  headers: [
    { type: 3, flags: 4, offset: 0x1000, vaddr: 0x100000, filesz: 24, align: 8 },
    { type: 1, flags: 5, offset: 0x1000, vaddr: 0x100000, filesz: 0x800, align: 0x1000 },
    { type: 1, flags: 6, offset: 0x2000, vaddr: 0x101000, filesz: 0x100, memsz: 0x1800, align: 0x1000 },
    { type: 1, flags: 4, align: 0x1000 },
    { type: 7, flags: 0, vaddr: 0x103000, memsz: 8, align: 8 },
    { type: 1, flags: 6, vaddr: 0x103000, filesz: 0, memsz: 0x200800, align: 0x1000 },
  ],
  size: SIZE,
})
const [TEXT, DATA, EMPTY, BSS] = [1, 2, 3, 5]

const LIMITS: LoadLimits = { sourceSize: SIZE, memorySize: 512 * MIB, lowest: 0x100000, pageSize: 0x1000 }

function load(bytes: Uint8Array, limits: Partial<LoadLimits> = {}): LoadLayout {
  return planLoad(readElf(sourceOf(bytes)), { ...LIMITS, ...limits })
}

type Edit = (view: DataView, bytes: Uint8Array) => void
const set =
  (index: number, field: Parameters<typeof phdrAt>[1], value: bigint): Edit =>
  (view) =>
    view.setBigUint64(phdrAt(index, field), value, true)
const flags =
  (index: number, value: number): Edit =>
  (view) =>
    view.setUint32(phdrAt(index, 'p_flags'), value, true)
const both =
  (...edits: Edit[]): Edit =>
  (view, bytes) => {
    for (const edit of edits) edit(view, bytes)
  }

describe('planLoad()', () => {
  it('places the segments', () => {
    const access = { read: true, write: true, execute: false }
    assert.deepEqual(load(SAMPLE), {
      entry: 0x100020,
      kernelEnd: 0x103000,
      end: 0x304000,
      segments: [
        {
          index: TEXT,
          address: 0x100000,
          start: 0x100000,
          end: 0x101000,
          fileOffset: 0x1000,
          fileSize: 0x800,
          memorySize: 0x800,
          read: true,
          write: false,
          execute: true,
        },
        {
          index: DATA,
          address: 0x101000,
          start: 0x101000,
          end: 0x103000,
          fileOffset: 0x2000,
          fileSize: 0x100,
          memorySize: 0x1800,
          ...access,
        },
        {
          index: BSS,
          address: 0x103000,
          start: 0x103000,
          end: 0x304000,
          fileOffset: 0,
          fileSize: 0,
          memorySize: 0x200800,
          ...access,
        },
      ],
    })
  })

  it('aligns as p_align says, above and below the address', () => {
    const { segments } = load(
      spoil(SAMPLE, both(set(BSS, 'p_vaddr', 0x123456n), set(BSS, 'p_memsz', 1n), set(BSS, 'p_align', 0x10000n))),
    )
    assert.deepEqual([segments[2]?.start, segments[2]?.end], [0x120000, 0x130000])
  })

  it('keeps zeroed memory readable and writable whatever its flags say, as loaders do', () => {
    for (const value of [0, 4, 5]) {
      const { read, write, execute } = load(spoil(SAMPLE, flags(BSS, value))).segments[2]!
      assert.deepEqual({ read, write, execute }, { read: true, write: true, execute: false })
    }
  })

  it('takes a segment that only executes, and one without any access', () => {
    const only = load(spoil(SAMPLE, both(flags(TEXT, 1), flags(DATA, 0)))).segments
    assert.deepEqual([only[0]?.read, only[0]?.execute, only[1]?.read, only[1]?.write], [false, true, false, false])
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, edit: Edit][] = [
    ['1: an entry of 0', 'BAD_VALUE', 24, (v) => v.setBigUint64(24, 0n, true)],
    ['1: an entry below the lowest address', 'BAD_VALUE', 24, (v) => v.setBigUint64(24, 0xfffffn, true)],
    ['1: an entry where memory ends', 'LIMIT', 24, (v) => v.setBigUint64(24, 512n * 2n ** 20n, true)],
    ['1: an entry at the end of all addresses', 'LIMIT', 24, (v) => v.setBigUint64(24, 2n ** 64n - 1n, true)],
    ['a: a segment below the lowest address', 'BAD_VALUE', phdrAt(TEXT, 'p_vaddr'), set(TEXT, 'p_vaddr', 0xff000n)],
    ['a: an empty LOAD at 0 that is not empty', 'BAD_VALUE', phdrAt(EMPTY, 'p_vaddr'), set(EMPTY, 'p_memsz', 1n)],
    ['b: descending segments', 'BAD_VALUE', phdrAt(DATA, 'p_vaddr'), set(TEXT, 'p_vaddr', 0x102000n)],
    ['c: a p_align of 0', 'BAD_VALUE', phdrAt(TEXT, 'p_align'), set(TEXT, 'p_align', 0n)],
    ['c: a p_align of 3', 'BAD_VALUE', phdrAt(TEXT, 'p_align'), set(TEXT, 'p_align', 3n)],
    [
      'c: a p_align of 2 MiB, which begins below',
      'BAD_VALUE',
      phdrAt(TEXT, 'p_align'),
      set(TEXT, 'p_align', 0x200000n),
    ],
    ['c: a p_align of 2^63', 'BAD_VALUE', phdrAt(DATA, 'p_align'), set(DATA, 'p_align', 2n ** 63n)],
    ['c: overlapping segments', 'BAD_VALUE', phdrAt(DATA, 'p_vaddr'), set(DATA, 'p_vaddr', 0x100800n)],
    ['c: a segment twice', 'BAD_VALUE', phdrAt(DATA, 'p_vaddr'), set(DATA, 'p_vaddr', 0x100000n)],
    ['d: a segment where memory ends', 'LIMIT', phdrAt(DATA, 'p_vaddr'), set(DATA, 'p_vaddr', 512n * 2n ** 20n)],
    ['d: contents beyond memory', 'LIMIT', phdrAt(DATA, 'p_filesz'), set(DATA, 'p_filesz', 512n * 2n ** 20n)],
    [
      'd: contents that wrap around',
      'BAD_VALUE',
      phdrAt(DATA, 'p_filesz'),
      set(DATA, 'p_filesz', 2n ** 64n - 0x101000n),
    ],
    ['d: 2^64 - 1 bytes of contents', 'BAD_VALUE', phdrAt(DATA, 'p_filesz'), set(DATA, 'p_filesz', 2n ** 64n - 1n)],
    ['e: less memory than contents', 'BAD_VALUE', phdrAt(DATA, 'p_memsz'), set(DATA, 'p_memsz', 0xffn)],
    ['e: memory that wraps around', 'BAD_VALUE', phdrAt(DATA, 'p_memsz'), set(DATA, 'p_memsz', 2n ** 64n - 0x101000n)],
    ['e: 2^64 - 1 bytes of memory', 'BAD_VALUE', phdrAt(DATA, 'p_memsz'), set(DATA, 'p_memsz', 2n ** 64n - 1n)],
    ['e: a page past the end of memory', 'LIMIT', phdrAt(DATA, 'p_memsz'), set(DATA, 'p_memsz', 511n * 2n ** 20n)],
    [
      'e: an end that wraps around when it is aligned',
      'BAD_VALUE',
      phdrAt(DATA, 'p_align'),
      set(DATA, 'p_memsz', 2n ** 64n - 0x101001n),
    ],
    ['g: contents behind the end of the file', 'TRUNCATED', phdrAt(DATA, 'p_offset'), set(DATA, 'p_offset', 0x2101n)],
    ['g: contents at 2^64 - 1', 'TRUNCATED', phdrAt(DATA, 'p_offset'), set(DATA, 'p_offset', 2n ** 64n - 1n)],
    [
      'g: contents that run over the end of the file',
      'TRUNCATED',
      phdrAt(DATA, 'p_filesz'),
      set(DATA, 'p_filesz', 0x101n),
    ],
    ['h: a p_align of 1 and an end inside a page', 'BAD_VALUE', phdrAt(TEXT, 'p_align'), set(TEXT, 'p_align', 1n)],
    [
      'h: a p_align of 16 and a start inside a page',
      'BAD_VALUE',
      phdrAt(TEXT, 'p_align'),
      both(set(TEXT, 'p_align', 16n), set(TEXT, 'p_vaddr', 0x100800n)),
    ],
    ['i: memory to write and to execute', 'BAD_VALUE', phdrAt(DATA, 'p_flags'), flags(DATA, 7)],
    ['i: memory to write and to execute but not to read', 'BAD_VALUE', phdrAt(DATA, 'p_flags'), flags(DATA, 3)],
    ['zeroed memory that overlaps', 'BAD_VALUE', phdrAt(BSS, 'p_vaddr'), set(BSS, 'p_vaddr', 0x102000n)],
    ['zeroed memory below the lowest address', 'BAD_VALUE', phdrAt(BSS, 'p_vaddr'), set(BSS, 'p_vaddr', 0x1000n)],
    ['zeroed memory beyond memory', 'LIMIT', phdrAt(BSS, 'p_memsz'), set(BSS, 'p_memsz', 512n * 2n ** 20n)],
    ['zeroed memory of 2^64 - 1 bytes', 'BAD_VALUE', phdrAt(BSS, 'p_memsz'), set(BSS, 'p_memsz', 2n ** 64n - 1n)],
    ['zeroed memory with a p_align of 0', 'BAD_VALUE', phdrAt(BSS, 'p_align'), set(BSS, 'p_align', 0n)],
    ['zeroed memory to write and to execute', 'BAD_VALUE', phdrAt(BSS, 'p_flags'), flags(BSS, 7)],
    ['a program without any contents', 'BAD_VALUE', 56, both(set(TEXT, 'p_filesz', 0n), set(DATA, 'p_filesz', 0n))],
  ]
  for (const [why, code, offset, edit] of cases) {
    it(`rejects ${why}`, () => {
      assert.throws(() => load(spoil(SAMPLE, edit)), { name: 'FormatError', code, offset })
    })
  }

  it('takes a program that fills its memory to the last byte', () => {
    assert.equal(load(SAMPLE, { memorySize: 0x304000 }).end, 0x304000)
    const headers = [{ type: 1, flags: 5, offset: 0, vaddr: 0x100000, filesz: 0x1000, align: 0x1000 }]
    const full = sampleElf({ entry: 0x100fff, headers, size: 0x1000 })
    const limits = { memorySize: 0x101000, sourceSize: 0x1000 }
    assert.equal(load(full, limits).end, 0x101000)
    assert.throws(() => load(full, { ...limits, memorySize: 0x100fff }), { code: 'LIMIT' })
  })

  it('does not ask where in the file memory without contents lies', () => {
    assert.equal(load(spoil(SAMPLE, set(BSS, 'p_offset', 2n ** 64n - 1n))).segments[2]?.fileOffset, 0)
  })

  it('calls contents at the very end of the file too long, not misplaced', () => {
    const atEnd = spoil(SAMPLE, set(DATA, 'p_offset', 0x2100n))
    assert.throws(() => load(atEnd), { code: 'TRUNCATED', offset: phdrAt(DATA, 'p_filesz') })
  })

  it('reports the first of several faults, in the order of the table', () => {
    const twice = both(flags(TEXT, 7), set(DATA, 'p_align', 0n))
    assert.throws(() => load(spoil(SAMPLE, twice)), { offset: phdrAt(TEXT, 'p_flags') })
    const descending = both(set(TEXT, 'p_vaddr', 0x102000n), set(DATA, 'p_align', 0n))
    assert.throws(() => load(spoil(SAMPLE, descending)), { offset: phdrAt(DATA, 'p_vaddr') })
    const entryToo = both(twice, (v) => v.setBigUint64(24, 0n, true))
    assert.throws(() => load(spoil(SAMPLE, entryToo)), { offset: 24, field: 'e_entry' })
    const sameSegment = both(flags(DATA, 7), set(DATA, 'p_offset', 0x2101n))
    assert.throws(() => load(spoil(SAMPLE, sameSegment)), { offset: phdrAt(DATA, 'p_offset') })
  })

  it('advises the smallest memory that fits where memory is all that is missing', () => {
    // The end is 0x304000: 3 MiB and 16 KiB, and 512 KiB of heap still fit below 4 MiB.
    const advice = 'give it more memory: --mem 4M is the least it fits into'
    assert.throws(() => load(SAMPLE, { memorySize: MIB }), { code: 'LIMIT', field: 'e_entry', advice })
    assert.throws(() => load(SAMPLE, { memorySize: 2 * MIB }), {
      code: 'LIMIT',
      offset: phdrAt(BSS, 'p_memsz'),
      advice,
    })
    assert.equal(load(SAMPLE, { memorySize: 4 * MIB }).end, 0x304000)
  })

  it('does not advise more memory where that would not help', () => {
    const alsoBad = spoil(SAMPLE, flags(BSS, 7))
    assert.throws(() => load(alsoBad, { memorySize: MIB }), { code: 'LIMIT', advice: undefined })
    const tooLarge = spoil(SAMPLE, set(BSS, 'p_memsz', 2n ** 50n))
    assert.throws(() => load(tooLarge), { code: 'LIMIT', advice: undefined })
  })

  it('returns what it was given for any set of segments that fit', () => {
    const pages = fc.array(
      fc.record({ gap: fc.nat(3), pages: fc.integer({ min: 1, max: 4 }), flags: fc.constantFrom(0, 1, 2, 4, 5, 6) }),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(pages, (list) => {
        let at = 0x100000
        const headers = list.map(({ gap, pages, flags }) => {
          const vaddr = at + gap * 0x1000
          at = vaddr + pages * 0x1000
          return { type: 1, flags, offset: 0, vaddr, filesz: 0x800, memsz: pages * 0x1000 - 5, align: 0x1000 }
        })
        const layout = load(sampleElf({ entry: 0x100000, headers, size: SIZE }))
        assert.deepEqual(
          layout.segments.map(({ address, memorySize }) => [address, memorySize]),
          headers.map(({ vaddr, memsz }) => [vaddr, memsz]),
        )
        assert.equal(layout.end, at)
        layout.segments.reduce((end, { start, address, end: next }) => {
          assert.ok(start >= end && address >= start && next > address && next % 0x1000 === 0)
          return next
        }, 0x100000)
      }),
    )
  })
})

describe('examineLoad()', () => {
  it('lists every fault and places the rest', () => {
    const spoiled = spoil(SAMPLE, both(flags(TEXT, 7), set(BSS, 'p_memsz', 2n ** 64n - 1n)))
    const { layout, problems } = examineLoad(readElf(sourceOf(spoiled)), { ...LIMITS, memorySize: LARGEST_MEMORY })
    assert.deepEqual(
      problems.map(({ field }) => field),
      ['phdr[1].p_flags', 'phdr[5].p_memsz'],
    )
    assert.deepEqual(
      layout.segments.map(({ index }) => index),
      [DATA],
    )
  })
})

describe('smallestMemory()', () => {
  const layout = (end: number, entry = 0x100000): LoadLayout => ({ entry, kernelEnd: end, end, segments: [] })

  it('adds the heap and rounds up to MiB', () => {
    assert.equal(smallestMemory(layout(0x180000)), 2 * MIB)
    assert.equal(smallestMemory(layout(0x181000)), 3 * MIB)
  })

  it('reaches to an entry that lies behind everything', () => {
    assert.equal(smallestMemory(layout(0x180000, 5 * MIB)), 6 * MIB)
  })
})

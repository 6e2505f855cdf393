import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { FormatError } from '../base/errors.ts'
import { sourceOf } from '../base/reader.ts'
import { mutate, randomNumbers } from '../../test/support/mutate.ts'
import { HEADER } from './format.ts'
import type { LoadLimits } from './load.ts'
import { readElf } from './read.ts'
import { requireReferenceLoad } from './reference-load.ts'
import { phdrAt, sampleElf, spoil } from './sample.ts'

const SIZE = 0x2100
const SAMPLE = sampleElf({
  entry: 0x100020,
  headers: [
    { type: 3, flags: 4, offset: 0x1000, vaddr: 0x100000, filesz: 24, align: 8 },
    { type: 1, flags: 5, offset: 0x1000, vaddr: 0x100000, filesz: 0x800, align: 0x1000 },
    { type: 1, flags: 6, offset: 0x2000, vaddr: 0x101000, filesz: 0x100, memsz: 0x1800, align: 0x1000 },
    { type: 1, flags: 4, align: 0x1000 },
    { type: 1, flags: 6, vaddr: 0x103000, filesz: 0, memsz: 0x200800, align: 0x1000 },
  ],
  size: SIZE,
})
const [TEXT, DATA, BSS] = [1, 2, 4]
const LIMITS: LoadLimits = { sourceSize: SIZE, memorySize: 0x200000, lowest: 0x100000, pageSize: 0x1000 }

type Edit = (view: DataView, bytes: Uint8Array) => void
type Field = Parameters<typeof phdrAt>[1]

const load = (edit: Edit, limits: Partial<LoadLimits> = {}): void =>
  requireReferenceLoad(readElf(sourceOf(spoil(SAMPLE, edit))), { ...LIMITS, ...limits })
const set =
  (index: number, fields: Partial<Record<Field, bigint>>): Edit =>
  (view) => {
    for (const [field, value] of Object.entries(fields)) view.setBigUint64(phdrAt(index, field as Field), value, true)
  }
const MIN = 2n ** 20n
const MEM = 2n ** 21n
const TOP = 2n ** 64n

// The words are the contract here: scripts look for them.
const cases: [why: string, problem: string, edit: Edit, limits?: Partial<LoadLimits>][] = [
  [
    'an entry below the lowest address',
    'e_entry does not fall within the memory allocation range (1048575 < 1048576 || 1048575 >= 2097152)',
    (view) => view.setBigUint64(HEADER.entry, MIN - 1n, true),
  ],
  [
    'an entry where memory has ended',
    'e_entry does not fall within the memory allocation range (1048608 < 1048576 || 1048608 >= 1048576)',
    () => {},
    { memorySize: 2 ** 20 },
  ],
  [
    'a segment below the lowest address',
    'phdr[1].p_vaddr outside of valid memory range (1044480 < 1048576)',
    set(TEXT, { p_vaddr: 0xff000n }),
  ],
  [
    'a segment below the one before it',
    'phdr[2].p_vaddr is not in ascending order (1048576 < 1052672)',
    (view) => {
      set(TEXT, { p_vaddr: 0x101000n })(view, SAMPLE)
      set(DATA, { p_vaddr: 0x100000n })(view, SAMPLE)
    },
  ],
  ...[0n, 3n].map((align): (typeof cases)[number] => [
    `an alignment of ${align}`,
    `phdr[1].p_vaddr is outside of memory range (align_down with 1048576 (p_vaddr) and ${align} (p_align) failed)`,
    set(TEXT, { p_align: align }),
  ]),
  [
    'a segment that alignment brings below the lowest address',
    'phdr[1].p_vaddr_start is outside of memory range (0 < 1048576 (p_min_loadaddr))',
    set(TEXT, { p_align: 0x200000n }),
  ],
  [
    'a segment inside the one before it',
    'phdr[2].p_vaddr_start is outside of memory range (1048576 < 1052672 (e_end))',
    set(DATA, { p_vaddr: 0x100800n }),
  ],
  [
    'a segment where memory has ended',
    'phdr[2] program file segment falls outside of valid range (2097152 >= 2097152 (mem_size))',
    set(DATA, { p_vaddr: MEM }),
  ],
  [
    'contents that wrap around',
    `phdr[2] program file segment falls outside of valid range (1052672 (p_vaddr) + ${TOP - 1n} (p_filesz) overflow)`,
    set(DATA, { p_filesz: TOP - 1n }),
  ],
  [
    'contents beyond memory',
    'phdr[2] program file segment falls outside of valid range (2101248 (p_vaddr + p_filesz) > 2097152 (mem_size))',
    set(DATA, { p_filesz: MEM - 0x100000n }),
  ],
  [
    'less memory than contents',
    'phdr[2] program memory segment falls outside of valid range (255 (p_memsz) < 256 (p_filesz))',
    set(DATA, { p_memsz: 255n }),
  ],
  [
    'memory that wraps around',
    `phdr[2] program memory segment falls outside of valid range (1052672 (p_vaddr) + ${TOP - 1n} (p_memsz) overflow)`,
    set(DATA, { p_memsz: TOP - 1n }),
  ],
  [
    'an end that alignment wraps around',
    `phdr[2] program memory segment falls outside of valid range (align_up with ${TOP - 1n} (p_vaddr_end) and 4096 (p_align) failed)`,
    set(DATA, { p_memsz: TOP - 1n - 0x101000n }),
  ],
  [
    'memory beyond the end',
    'phdr[2] program memory segment falls outside of valid range (2101248 (p_vaddr + p_memsz) > 2097152 (mem_size))',
    set(DATA, { p_memsz: MEM - 0x101000n + 1n }),
  ],
  [
    'a start inside a page',
    'phdr[1] p_vaddr_start not aligned with architectural page size (1048832 & (4095 - 1))',
    set(TEXT, { p_vaddr: 0x100100n, p_align: 1n }),
  ],
  [
    'an end inside a page',
    'phdr[1] p_vaddr_end not aligned with architectural page size (1050624 & (4095 - 1))',
    set(TEXT, { p_align: 1n }),
  ],
  [
    'memory to write and execute',
    'phdr[2] requests WRITE and EXEC permissions',
    (view) => view.setUint32(phdrAt(DATA, 'p_flags'), 7, true),
  ],
]

const unreadable: typeof cases = [
  [
    'contents past the end of the file',
    'phdr[2] host file segment mismatched (pread_in_full returned 255 != 256 (p_filesz))',
    () => {},
    { sourceSize: SIZE - 1 },
  ],
  [
    'contents behind the end of the file',
    'phdr[1] host file segment mismatched (pread_in_full returned 0 != 2048 (p_filesz))',
    set(TEXT, { p_offset: 2n ** 40n }),
  ],
  ['an offset that no file has', `phdr[2] pread_in_full returned ${TOP - 1n}`, set(DATA, { p_offset: 2n ** 63n })],
]

describe('requireReferenceLoad()', () => {
  it('accepts what the reference loads', () => load(() => {}))

  it('does not look at memory without contents, as little as the reference', () => {
    load(set(BSS, { p_vaddr: 1n, p_memsz: TOP - 1n, p_align: 3n }))
  })

  for (const [why, words, edit, limits] of [
    ...cases.map(([why, words, ...rest]): (typeof cases)[number] => [why, `invalid executable: ${words}`, ...rest]),
    ...unreadable,
  ]) {
    it(`refuses ${why}, in the words of the reference`, () => {
      assert.throws(() => load(edit, limits), { name: 'FormatError', problem: words })
    })
  }

  it('throws only FormatError whatever the headers are', () => {
    const next = randomNumbers(1)
    const places = [TEXT, DATA, BSS].map((index) => phdrAt(index, 'p_type'))
    for (let i = 0; i < 20_000; i++) {
      try {
        requireReferenceLoad(readElf(sourceOf(mutate(SAMPLE, places, next))), LIMITS)
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error))
      }
    }
  })
})

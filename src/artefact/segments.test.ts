import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { sourceOf } from '../base/reader.ts'
import { readAnyElf } from '../elf/any.ts'
import { phdrAt, sampleElf, spoil } from '../elf/sample.ts'
import { examineSegments, type SegmentRules } from './segments.ts'

const LOADED: SegmentRules = { loaded: true, entry: 'virtual' }
const GOOD = sampleElf({
  entry: 0x1010,
  headers: [
    { type: 1, flags: 5, offset: 0x100, vaddr: 0x1000, filesz: 0x40, align: 16 },
    { type: 1, flags: 6, offset: 0x140, vaddr: 0x2000, filesz: 0x40, memsz: 0x80, align: 16 },
    { type: 0x6474e551, flags: 7 },
  ],
  size: 0x180,
})

function odd(bytes: Uint8Array, rules: SegmentRules = LOADED): string[] {
  const source = sourceOf(bytes)
  return examineSegments(readAnyElf(source), source, rules).map(
    ({ severity, code, field, offset }) => `${severity} ${code} ${field} ${offset}`,
  )
}

describe('examineSegments()', () => {
  it('finds nothing in a good file', () => assert.deepEqual(odd(GOOD), []))

  const at = (field: Parameters<typeof phdrAt>[1]): number => phdrAt(1, field)
  const cases: [why: string, finding: string, edit: (view: DataView) => void][] = [
    [
      'contents past the end of the file',
      `refused TRUNCATED phdr[1].p_filesz ${at('p_filesz')}`,
      (v) => v.setBigUint64(at('p_filesz'), 0x41n, true),
    ],
    [
      'an offset past the end of the file',
      `refused TRUNCATED phdr[1].p_filesz ${at('p_filesz')}`,
      (v) => v.setBigUint64(at('p_offset'), 2n ** 64n - 1n, true),
    ],
    [
      'less memory than contents',
      `refused BAD_VALUE phdr[1].p_memsz ${at('p_memsz')}`,
      (v) => v.setBigUint64(at('p_memsz'), 0x3fn, true),
    ],
    [
      'memory that is writable and executable',
      `notice BAD_VALUE phdr[1].p_flags ${at('p_flags')}`,
      (v) => v.setUint32(at('p_flags'), 7, true),
    ],
    [
      'segments that overlap',
      `notice BAD_VALUE phdr[1].p_vaddr ${at('p_vaddr')}`,
      (v) => v.setBigUint64(at('p_vaddr'), 0x103fn, true),
    ],
    ['an entry outside of code', 'notice BAD_VALUE e_entry 24', (v) => v.setBigUint64(24, 0x2000n, true)],
  ]
  for (const [why, finding, edit] of cases) {
    it(`finds ${why}`, () => assert.deepEqual(odd(spoil(GOOD, edit)), [finding]))
  }

  it('takes a physical entry where the loader does', () => {
    const physical = spoil(GOOD, (v) => {
      v.setBigUint64(phdrAt(0, 'p_paddr'), 0x9000n, true)
      v.setBigUint64(24, 0x9000n, true)
    })
    assert.deepEqual(odd(physical, { loaded: true, entry: 'physical' }), [])
    assert.deepEqual(odd(physical), ['notice BAD_VALUE e_entry 24'])
  })

  it('only notices what nobody loads', () => {
    const cut = GOOD.subarray(0, 0x170)
    assert.deepEqual(odd(cut, { loaded: false, entry: 'none' }), [
      `notice TRUNCATED phdr[1].p_filesz ${at('p_filesz')}`,
    ])
  })
})

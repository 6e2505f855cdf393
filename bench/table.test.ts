import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { atLeast, atMost, below, type Figure, isMet, type Result } from './result.ts'
import { summarize } from './statistics.ts'
import { amount, describeMedians, describePasses, renderTable } from './table.ts'

const FIGURE: Figure = { what: 'launcher / empty', unit: 'x', measured: 2.25, target: atMost(2.5), samples: {} }

describe('isMet()', () => {
  const cases: [why: string, figure: Figure, met: boolean | undefined][] = [
    ['what is below the limit', FIGURE, true],
    ['the limit itself, where it is allowed', { ...FIGURE, measured: 2.5 }, true],
    ['what is above', { ...FIGURE, measured: 2.51 }, false],
    ['what is below, where the limit is not allowed', { ...FIGURE, target: below(2.26) }, true],
    ['the limit itself, where it is not allowed', { ...FIGURE, target: below(2.25) }, false],
    ['what is above, where it is a floor', { ...FIGURE, target: atLeast(2.2) }, true],
    ['a floor itself', { ...FIGURE, target: atLeast(2.25) }, true],
    ['what is below a floor', { ...FIGURE, target: atLeast(2.3) }, false],
    ['what is no number', { ...FIGURE, measured: Number.NaN }, false],
  ]
  for (const [why, figure, met] of cases) it(`says ${met} of ${why}`, () => assert.equal(isMet(figure), met))

  it('says nothing without a target', () => {
    const { target: _, ...information } = FIGURE
    assert.equal(isMet(information), undefined)
  })
})

describe('renderTable()', () => {
  const render = (...results: Result[]): string[] => renderTable([{ row: 'hello', results }]).split('\n')

  it('lines columns up, numbers at their ends', () => {
    const slow: Figure = { ...FIGURE, what: 'slow', measured: 12.5 }
    assert.deepEqual(render(FIGURE, slow), [
      'row    what              measured     target',
      'hello  launcher / empty    2.25 x  <= 2.50 x  met',
      'hello  slow               12.50 x  <= 2.50 x  missed by 10.00 x (400 %)',
      '',
    ])
  })

  it('says so where there is no target', () => {
    const { target: _, ...information } = FIGURE
    assert.match(render(information)[1] ?? '', /2\.25 x {10}information$/)
  })

  it('shows a figure that is exactly a limit to be kept below as missed', () => {
    assert.match(render({ ...FIGURE, target: below(2.25) })[1] ?? '', /< 2\.25 x {2}missed by 0\.00 x \(0 %\)$/)
  })

  it('shows how much is lacking to a floor, and no part of a limit of nothing', () => {
    assert.match(render({ ...FIGURE, target: atLeast(2.5) })[1] ?? '', />= 2\.50 x {2}missed by 0\.25 x \(10 %\)$/)
    const left: Figure = { ...FIGURE, unit: 'left', measured: 3, target: atMost(0) }
    assert.match(render(left)[1] ?? '', /3 left {2}<= 0 left {2}missed by 3 left$/)
  })

  it('puts notes and the reason of a skip below their line', () => {
    const lines = render({ ...FIGURE, notes: ['one', 'two'] }, { what: 'root only', skipped: 'run it as root' })
    assert.deepEqual(
      lines.slice(2).map((line) => line.trim()),
      ['one', 'two', lines[4]?.trim(), 'run it as root', ''],
    )
    assert.match(lines[4] ?? '', /^hello {2}root only .* skipped$/)
  })
})

describe('amount()', () => {
  it('shows as many decimals as the unit is worth', () => {
    assert.deepEqual(
      [amount(1.005, 'ms'), amount(1234.5678, 'KiB'), amount(16384, 'bytes'), amount(12.6, '/s'), amount(-0.5, 'us')],
      ['1.0 ms', '1234.6 KiB', '16384 bytes', '13 /s', '-0.5 us'],
    )
  })
})

describe('describeMedians()', () => {
  it('names each median with its best', () => {
    const samples = { a: summarize([1, 2, 3]), b: summarize([5]) }
    assert.equal(describeMedians(samples, 'us'), 'median (best): a 2.0 (1.0), b 5.0 (5.0) us')
  })
})

describe('describePasses()', () => {
  it('lists what each pass said', () => assert.equal(describePasses([1, 2.5], 'x'), 'pass by pass: 1.00, 2.50 x'))
})

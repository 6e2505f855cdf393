import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { parseDelay, parseLoss, parseRate, PLAIN_USER_LINE, problemOfUserLine, type UserLine } from './user-line.ts'

type Parse = (text: string, what: string) => number

function reads(parse: Parse, cases: readonly (readonly [text: string, value: number])[]): void {
  for (const [text, value] of cases) it(`reads ${text}`, () => assert.equal(parse(text, 'x'), value))
}

function refuses(parse: Parse, texts: readonly string[]): void {
  for (const text of texts) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text, 'x'), { name: 'UsageError', code: 'BAD_ARGUMENT', message: /^x "/ })
    })
  }
}

describe('parseRate()', () => {
  reads(parseRate, [
    ['10M', 10_000_000],
    ['1.5G', 1_500_000_000],
    ['0.001k', 1],
    ['9600', 9600],
    ['999999.999G', 999_999_999_000_000],
  ])
  refuses(parseRate, [
    '',
    '0',
    '0M',
    '0.0G',
    '1.5',
    '10m',
    '10K',
    '-1M',
    '1e6',
    '10 M',
    '10Mbit',
    '1.2345M',
    '1000000M',
  ])
})

describe('parseDelay()', () => {
  reads(parseDelay, [
    ['20ms', 20],
    ['1.5s', 1500],
    ['0.001s', 1],
    ['9999ms', 9999],
    ['9.999s', 9999],
  ])
  refuses(parseDelay, ['', '20', '0ms', '0s', '0.000s', '10s', '10000ms', '1.5ms', '1m', '20MS', '1.2345s', '-1s'])
})

describe('parseLoss()', () => {
  reads(parseLoss, [
    ['1%', 0.01],
    ['0%', 0],
    ['12.5%', 0.125],
    ['100%', 1],
  ])
  refuses(parseLoss, ['', '1', '%', '101%', '100.1%', '-1%', '1 %', '.5%', '1.2345%'])
})

describe('problemOfUserLine()', () => {
  it('finds none in what flags make', () => {
    const rate = fc.integer({ min: 1, max: 999_999 }).map((amount) => parseRate(`${amount}k`, 'x'))
    const loss = fc.integer({ min: 0, max: 100 }).map((percent) => parseLoss(`${percent}%`, 'x'))
    fc.assert(
      fc.property(rate, loss, (...[bits, share]) => {
        assert.equal(problemOfUserLine({ ...PLAIN_USER_LINE, rate: bits, loss: share, delay: 9999 }), undefined)
      }),
    )
  })

  const cases: readonly (readonly [why: string, edit: Partial<UserLine>, problem: RegExp])[] = [
    ['a subnet with bits behind its prefix', { subnet: { address: 0x0a000001, prefix: 24 } }, /cannot be its subnet/],
    ['a subnet that is too small', { subnet: { address: 0x0a000000, prefix: 30 } }, /cannot be its subnet/],
    ['a subnet of no addresses', { subnet: { address: Number.NaN, prefix: 24 } }, /cannot be its subnet/],
    ['a network beyond 32 bits', { allow: [{ address: 2 ** 32, prefix: 32 }] }, /no network/],
    ['too many networks', { allow: Array.from({ length: 65 }, () => ({ address: 0, prefix: 0 })) }, /at most 64/],
    ['a rate of nothing', { rate: 0 }, /rate of 0/],
    ['half a bit', { rate: 0.5 }, /rate/],
    ['a delay in the past', { delay: -1 }, /delay of -1/],
    ['a delay that memory would have to hold', { delay: 10_000 }, /delay of 10000/],
    ['more than all lost', { loss: 1.1 }, /share/],
    ['a loss that is no number', { loss: Number.NaN }, /share/],
  ]
  for (const [why, edit, problem] of cases) {
    it(`names ${why}`, () => assert.match(problemOfUserLine({ ...PLAIN_USER_LINE, ...edit }) ?? '', problem))
  }
})

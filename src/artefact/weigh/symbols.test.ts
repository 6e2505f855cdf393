import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { ElfSymbol } from '../../elf/symbols.ts'
import { weighSymbols } from './symbols.ts'
import { totalOf, type Weight } from './weight.ts'

const symbol = (name: string, offset: number, size: number, more: Partial<ElfSymbol> = {}): ElfSymbol => {
  return { name, section: 1, offset, size, binding: 'global', source: undefined, ...more }
}

const weigh = (...symbols: ElfSymbol[]): string => summary(weighSymbols(symbols, 100, 'code'))
const summary = (weights: readonly Weight[]): string =>
  weights
    .map(({ name, bytes, children }) => `${name} ${bytes}${children.length > 0 ? ` [${summary(children)}]` : ''}`)
    .sort()
    .join(', ')

describe('weighSymbols()', () => {
  it('gives every symbol its bytes, and says how many have none', () => {
    assert.equal(weigh(symbol('f', 0, 40), symbol('g', 48, 52)), 'f 40, g 52, no symbols 8')
  })

  it('has nothing to say about a section without symbols', () => {
    assert.deepEqual(weighSymbols([], 100, 'code'), [])
  })

  it('lets one without a size go on to the next, or to the end', () => {
    assert.equal(
      weigh(symbol('start', 0, 0), symbol('f', 30, 10), symbol('tail', 60, 0)),
      'f 10, no symbols 20, start 30, tail 40',
    )
  })

  it('takes labels inside of a function for a part of it', () => {
    assert.equal(weigh(symbol('f', 0, 100), symbol('loop', 20, 0), symbol('inner', 30, 10)), 'f 100')
  })

  it('counts what has several names once: for the one that others see, else by name', () => {
    const names = [symbol('weak', 0, 100, { binding: 'weak' }), symbol('own', 0, 100, { binding: 'local' })]
    assert.equal(weigh(...names), 'weak 100')
    assert.equal(weigh(...names, symbol('z', 0, 100), symbol('a', 0, 100)), 'a 100')
  })

  it('gives bytes that two claim to the first, and cuts at the end of the section', () => {
    assert.equal(weigh(symbol('f', 0, 60), symbol('g', 40, 5000)), 'f 60, g 40')
  })

  it('puts local symbols below the file that they come from', () => {
    const local = { binding: 'local', source: 'main.c' } as const
    assert.equal(
      weigh(symbol('f', 0, 40, local), symbol('g', 40, 20, local), symbol('h', 60, 40)),
      'h 40, main.c 60 [f 40, g 20]',
    )
  })

  it('counts every byte of the section once', () => {
    const anySymbol = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      section: fc.constant(1),
      offset: fc.integer({ min: 0, max: 999 }),
      size: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1000 })),
      binding: fc.constantFrom('local' as const, 'global' as const, 'weak' as const),
      source: fc.constantFrom(undefined, 'x.c', 'y.c'),
    })
    fc.assert(
      fc.property(fc.array(anySymbol, { maxLength: 40 }), (symbols) => {
        const weights = weighSymbols(symbols, 1000, 'code')
        assert.ok(weights.length === 0 ? symbols.length === 0 : totalOf(weights) === 1000)
        assert.ok(weights.every(({ bytes }) => bytes > 0))
      }),
    )
  })

  it('stays quick where a hundred thousand begin at one place', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => symbol(`s${i}`, 7, 0))
    assert.equal(summary(weighSymbols(many, 100, 'code')), 'no symbols 7, s0 93')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { sourceOf } from '../base/reader.ts'
import { readAnyElf } from './any.ts'
import { spoil } from './sample.ts'
import { makeElf, type SampleSymbol } from './sample-file.ts'
import { readSections } from './sections.ts'
import { MAX_SYMBOLS, readSymbols, type SymbolTable } from './symbols.ts'

const AT = 0x100000
const TEXT = { name: '.text', bytes: new Uint8Array(0x100).fill(0x90), address: AT }
const DATA = { name: '.data', bytes: new Uint8Array(0x20).fill(1), address: AT + 0x100 }

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

function read(bytes: Uint8Array): SymbolTable {
  const source = sourceOf(bytes)
  const elf = readAnyElf(source)
  return readSymbols(elf, readSections(elf, source).sections, source, latin1)
}

const SYMBOLS: readonly SampleSymbol[] = [
  ['main.c', 0, { type: 4 }],
  ['helper', AT + 0x10, { section: '.text', size: 8, type: 2 }],
  ['counter', AT + 0x100, { section: '.data', size: 4, type: 1 }],
  ['', 0, { type: 4 }],
  ['linker', AT, { section: '.text' }],
  ['main', AT + 0x20, { section: '.text', size: 0x30, type: 2, binding: 'global' }],
  ['maybe', AT + 0x50, { section: '.text', size: 4, type: 2, binding: 'weak' }],
]

const make = (more: readonly SampleSymbol[] = [], options: object = {}): Uint8Array =>
  makeElf({ sections: [TEXT, DATA], symbols: [...SYMBOLS, ...more], ...options })

describe('readSymbols()', () => {
  for (const bits of [32, 64] as const) {
    it(`returns names, places, sizes and source files of ${bits}-bit files`, () => {
      const { symbols, count, problem } = read(make([], { class: bits }))
      assert.deepEqual([count, problem], [SYMBOLS.length + 1, undefined])
      const rows = symbols.map(({ name, section, offset, size, binding, source }) =>
        [name, section, offset, size, binding, source ?? '-'].join(' '),
      )
      assert.deepEqual(rows, [
        'helper 1 16 8 local main.c',
        'counter 2 0 4 local main.c',
        'linker 1 0 0 local -',
        'main 1 32 48 global -',
        'maybe 1 80 4 weak -',
      ])
    })
  }

  it('counts from the section in object files', () => {
    const [symbol] = read(make([], { type: 1 })).symbols
    assert.equal(symbol, undefined) // the sample's values are addresses, beyond any section
    const object = makeElf({
      type: 1,
      sections: [TEXT],
      symbols: [['f', 0x10, { section: '.text', size: 4, type: 2 }]],
    })
    assert.equal(read(object).symbols[0]?.offset, 0x10)
  })

  it('passes over what lies in no section, marks for disassemblers, and what has no name', () => {
    const more: SampleSymbol[] = [
      ['undefined', 0],
      ['_end', AT + 0x120, { section: '.data' }],
      ['before', AT - 1, { section: '.text' }],
      ['$d.3', AT, { section: '.text' }],
      ['', AT, { section: '.text', size: 4, type: 2 }],
      ['section', AT, { section: '.text', type: 3 }],
    ]
    assert.equal(read(make(more)).symbols.length, read(make()).symbols.length)
  })

  it('cuts a size that is larger than the section, and a name that does not end', () => {
    const long = 'n'.repeat(5000)
    const { symbols } = read(make([[long, AT, { section: '.text', size: 2 ** 31, type: 2 }]]))
    const last = symbols.at(-1)
    assert.deepEqual([last?.size, last?.name.length], [0x100, 1024])
  })

  it('is empty for a stripped file, and for one whose table does not lie in it', () => {
    const stripped = read(makeElf({ sections: [TEXT] }))
    assert.deepEqual(stripped, { symbols: [], count: 0 })
    const bytes = make()
    const source = sourceOf(bytes)
    const elf = readAnyElf(source)
    const { sections } = readSections(elf, source)
    const table = sections.findIndex(({ name }) => name === '.symtab')
    const sizeAt = Number(elf.sections.offset) + table * 64 + 32
    assert.deepEqual(read(spoil(bytes, (view) => view.setBigUint64(sizeAt, 2n ** 62n, true))).symbols, [])
  })

  it('reads no more than so many', () => {
    const symbols = Array.from({ length: MAX_SYMBOLS + 10 }, (): SampleSymbol => ['s', AT, { section: '.text' }])
    const { symbols: found, count } = read(makeElf({ sections: [TEXT], symbols }))
    assert.deepEqual([found.length, count], [MAX_SYMBOLS - 1, MAX_SYMBOLS + 11])
  })
})

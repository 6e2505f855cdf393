import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { ByteReader } from '../base/reader.ts'
import { HEADER, SECTION_HEADER, SECTION_HEADER_SIZE, SHF_ALLOC, SHT_NOTE } from './format.ts'
import { composeObject, type ObjectSection } from './relocatable.ts'

const NOTE: ObjectSection = {
  name: '.note.mine',
  type: SHT_NOTE,
  flags: SHF_ALLOC,
  align: 16,
  bytes: Uint8Array.of(1, 2, 3, 4, 5),
  symbol: 'my_note',
}
const DATA: ObjectSection = { name: '.data', type: 1, flags: 3, align: 1, bytes: Uint8Array.of(7) }

/** The sections as a linker would read them. */
function sectionsOf(file: Uint8Array) {
  const r = new ByteReader(file)
  const table = Number(r.u64(HEADER.shoff, ''))
  const at = (index: number, field: keyof typeof SECTION_HEADER) =>
    table + index * SECTION_HEADER_SIZE + SECTION_HEADER[field]
  const read = (index: number) => {
    const offset = Number(r.u64(at(index, 'sh_offset'), ''))
    const bytes = r.bytes(offset, Number(r.u64(at(index, 'sh_size'), '')), '')
    const align = Number(r.u64(at(index, 'sh_addralign'), ''))
    return { name: r.u32(at(index, 'sh_name'), ''), link: r.u32(at(index, 'sh_link'), ''), offset, align, bytes }
  }
  const sections = Array.from({ length: r.u16(HEADER.shnum, '') }, (_, index) => read(index))
  const names = sections[r.u16(HEADER.shstrndx, '')]?.bytes ?? new Uint8Array()
  return sections.map((section) => ({ ...section, name: stringAt(names, section.name) }))
}

const stringAt = (table: Uint8Array, at: number): string =>
  String.fromCharCode(...table.subarray(at, table.indexOf(0, at)))

describe('composeObject()', () => {
  it('puts each section at a multiple of its alignment, with its name', () => {
    const sections = sectionsOf(composeObject({ machine: 62, sections: [DATA, NOTE] }))
    const names = ['', '.data', '.note.mine', '.note.GNU-stack', '.symtab', '.strtab', '.shstrtab']
    assert.deepEqual(
      sections.map(({ name }) => name),
      names,
    )
    for (const { offset, align } of sections.slice(1)) assert.equal(offset % align, 0)
    assert.deepEqual([sections[1]?.bytes, sections[2]?.bytes], [DATA.bytes, NOTE.bytes])
  })

  it('says which processor it is for, with its flags', () => {
    const header = new ByteReader(composeObject({ machine: 21, flags: 2, sections: [] }))
    assert.deepEqual(
      [header.u16(HEADER.type, ''), header.u16(HEADER.machine, ''), header.u32(HEADER.flags, '')],
      [1, 21, 2],
    )
  })

  it('defines a global symbol for all of a section', () => {
    const sections = sectionsOf(composeObject({ machine: 62, sections: [DATA, NOTE] }))
    const table = sections.find(({ name }) => name === '.symtab')
    const symbol = new ByteReader(table?.bytes.subarray(24) ?? new Uint8Array())
    assert.equal(stringAt(sections[table?.link ?? 0]?.bytes ?? new Uint8Array(), symbol.u32(0, '')), 'my_note')
    assert.deepEqual([symbol.length, symbol.u8(4, '') >> 4, symbol.u8(4, '') & 15], [24, 1, 1]) // GLOBAL, OBJECT
    assert.deepEqual([symbol.u16(6, ''), symbol.u64(8, ''), symbol.u64(16, '')], [2, 0n, 5n])
  })

  it('gives the same bytes for the same sections', () => {
    const file = () => composeObject({ machine: 62, sections: [NOTE] })
    assert.deepEqual(file(), file())
  })

  for (const [why, sections] of [
    ['an alignment that is no power of two', [{ ...NOTE, align: 12 }]],
    ['no alignment', [{ ...NOTE, align: 0 }]],
    ['a section twice', [NOTE, { ...NOTE, symbol: 'other' }]],
    ['a symbol twice', [NOTE, { ...DATA, symbol: 'my_note' }]],
    ['a section that it makes itself', [{ ...NOTE, name: '.symtab' }]],
  ] as const) {
    it(`refuses ${why}`, () => assert.throws(() => composeObject({ machine: 62, sections }), RangeError))
  }
})

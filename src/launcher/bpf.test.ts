import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { BpfAssembler, simulate } from './bpf.ts'

const data = (number: number) => {
  const view = new DataView(new ArrayBuffer(64))
  view.setUint32(0, number, true)
  return view
}

describe('BpfAssembler', () => {
  it('jumps to labels, counted from the instruction behind', () => {
    const program = new BpfAssembler().load(0).ifEqual(7, 'yes', 'next').ret(1).label('yes').ret(2).assemble()
    assert.deepEqual(program[1], { code: 0x15, jt: 1, jf: 0, k: 7 })
    assert.equal(simulate(program, data(7)), 2)
    assert.equal(simulate(program, data(8)), 1)
  })

  it('compares as unsigned numbers', () => {
    const program = new BpfAssembler().load(0).ifGreater(0x7fffffff, 'next', 'no').ret(1).label('no').ret(2).assemble()
    assert.equal(simulate(program, data(0xffffffff)), 1)
    assert.equal(simulate(program, data(0x7fffffff)), 2)
  })

  it('refuses a conditional jump over more than 255 instructions', () => {
    const bpf = new BpfAssembler().ifEqual(0, 'far', 'next')
    for (let i = 0; i < 256; i++) bpf.load(0)
    bpf.label('far').ret(0)
    assert.throws(() => bpf.assemble(), RangeError)
  })

  it('refuses to jump backwards, to nowhere, and past 4096 instructions', () => {
    assert.throws(() => new BpfAssembler().label('here').jump('here').assemble(), /no label here/)
    assert.throws(() => new BpfAssembler().jump('there').assemble(), /no label there/)
    assert.throws(() => new BpfAssembler().label('a').label('a'), /stands twice/)
    const long = new BpfAssembler()
    for (let i = 0; i < 4097; i++) long.load(0)
    assert.throws(() => long.assemble(), RangeError)
  })
})

describe('simulate()', () => {
  it('refuses what the kernel would refuse', () => {
    const one = (code: number, k: number) => [{ code, jt: 0, jf: 0, k }]
    assert.throws(() => simulate(one(0x20, 2), data(0)), /loads from 2/) // unaligned
    assert.throws(() => simulate(one(0x20, 64), data(0)), /loads from 64/) // beyond the structure
    assert.throws(() => simulate(one(0x28, 0), data(0)), /code 40/) // a 16-bit load
    assert.throws(() => simulate(one(0x20, 0), data(0)), /runs off its end/)
  })
})

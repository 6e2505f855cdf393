// What every ELF file says about itself. Pure.

import { type AnyElf, ELF_TYPES } from '../elf/any.ts'
import type { Fact, Processor } from './identification.ts'

/** e_ident[EI_OSABI], where it says more than "the usual one". */
const SYSTEMS = new Map([
  [2, 'NetBSD'],
  [3, 'GNU/Linux'],
  [6, 'Solaris'],
  [9, 'FreeBSD'],
  [12, 'OpenBSD'],
])

/** The facts that every ELF file has. */
export function elfFacts(elf: AnyElf): Fact[] {
  const order = elf.littleEndian ? 'little-endian' : 'big-endian'
  const system = SYSTEMS.get(elf.osAbi)
  const type = ELF_TYPES.get(elf.type) ?? `type ${elf.type}`
  return [{ name: 'format', value: `ELF${elf.class} ${type}, ${order}${system === undefined ? '' : `, ${system}`}` }]
}

/** 64-bit and 32-bit files for the same e_machine are told apart where the usual names do. */
export function processorOf(elf: AnyElf): Processor {
  const { id, name } = elf.machine
  if (name === 'x86_64' && elf.class === 32) return { id, name: 'x32' }
  if (name === 'riscv') return { id, name: `riscv${elf.class}` }
  return { id, name }
}

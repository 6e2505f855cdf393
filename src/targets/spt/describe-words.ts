// Numbers as people read them in the records of a launcher: constants by name, texts and structures by what is in them. Pure.

import { quote } from '../../base/quote.ts'
import type { LauncherMemory } from './describe-memory.ts'
import { type FoundCall, fieldOf } from './describe-process.ts'

/** What a record has to say about one of its arguments. Throws FormatError where that leads nowhere. */
export type Show = (value: bigint, record: FoundCall, memory: LauncherMemory) => string

const MAX_PATH = 4096

type Constants = Readonly<Record<string, number | bigint>>

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}

/** -1 is a number below zero; what can only be an address is easier to read as such. */
export function signed(value: bigint): string {
  const number = BigInt.asIntN(64, value)
  return number >= 0x1_0000n && number % 0x1000n === 0n ? hex(number) : `${number}`
}

/** A text, between quotation marks; its address where that is nowhere in the launcher. */
export const path: Show = (address, record, memory) => {
  const segment = memory.segments.find(({ start, end }) => address >= start && address < end)
  if (segment === undefined) return hex(address)
  return quote(memory.string(address, MAX_PATH, record.reader, fieldOf(record)), MAX_PATH)
}

/** The constant that a value is, or the value. */
export function oneOf(constants: Constants): Show {
  const names = new Map(Object.entries(constants).map(([name, value]) => [BigInt(value), name]))
  return (value) => names.get(value) ?? signed(value)
}

/** Flags with `|` between them; `none` stands for no flag at all. */
export function flags(none: string, constants: Constants): (value: bigint) => string {
  const known = Object.entries(constants).map(([name, value]) => [name, BigInt(value)] as const)
  return (value) => {
    const set = known.filter(([, flag]) => (value & flag) !== 0n)
    const rest = set.reduce((left, [, flag]) => left & ~flag, value)
    const words = [...set.map(([name]) => name), ...(rest === 0n ? [] : [hex(rest)])]
    return words.length === 0 ? none : words.join('|')
  }
}

/** What a pointer leads to, in the words of `read`; the address where it leads nowhere in the launcher. */
export function structure(sizeOf: (record: FoundCall) => number, read: (at: Structure) => string): Show {
  return (address, record, memory) => {
    const size = sizeOf(record)
    const segment = memory.segments.find(({ start, end }) => address >= start && Number(address) + size <= end)
    if (segment === undefined) return hex(address)
    const field = fieldOf(record)
    const bytes = memory.bytes(address, size, record.reader, field)
    const text = (at: number, length: number): string => {
      const letters = bytes.bytes(at, Math.min(length, size - at), field)
      const end = letters.indexOf(0)
      return quote(new TextDecoder().decode(end < 0 ? letters : letters.subarray(0, end)))
    }
    const words = read({
      u16: (at) => bytes.u16(at, field),
      u32: (at) => bytes.u32(at, field),
      u64: (at) => bytes.u64(at, field),
      text,
    })
    return `{${words}}`
  }
}

type Structure = {
  readonly u16: (at: number) => number
  readonly u32: (at: number) => number
  readonly u64: (at: number) => bigint
  readonly text: (at: number, length: number) => string
}

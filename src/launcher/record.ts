// One record of a launcher's table, and its 72 bytes (docs/spec/launcher.md). The executor walks these; whoever wants to know
// what a launcher does reads them line by line. Pure.

import type { ByteReader } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { SYSTEM_CALL_NAMES, SYSTEM_CALLS_X86_64, type SystemCallName } from './system-calls.ts'

export const RECORD_SIZE = 72
export const MAX_ARGUMENTS = 6
const MAX_TIMES = 0xffff
const MAX_MESSAGE = 0xffff
const MAX_SKIP = 0xffff

const KINDS = ['ignore', 'expect', 'any', 'compare', 'enter'] as const
/** By their flags; 2 alone means nothing. */
const ANCHORS: readonly (Anchor | undefined)[] = ['absolute', 'stack', undefined, 'stack-page']
const FROM_STACK = 1 // flags, as the executor tests them
const WHOLE_PAGE = 2
const SKIP = 4
const LOAD = 8
const STORE = 16
const ALL_FLAGS = FROM_STACK | WHOLE_PAGE | SKIP | LOAD | STORE

/**
 * What the result of a call has to be: this very value, anything that is not an error, or nothing at all.
 */
export type Demand = bigint | 'any' | 'ignore'

/** Where the first argument counts from: an absolute address or value, the initial stack pointer, or that rounded down to its page. */
export type Anchor = 'absolute' | 'stack' | 'stack-page'

/** What happens when the demand is not met: the launcher ends with a message, or goes on behind so many records. */
export type Unmet = { readonly message: Message } | { readonly skip: number }

/** A record with every address known. */
export type PlacedRecord =
  | {
      readonly kind: 'call'
      readonly name: SystemCallName
      readonly args: readonly bigint[]
      readonly demand: Demand
      readonly times: number
      readonly anchor: Anchor
      /** The first argument is the eight bytes that lie where it points, stored there by an earlier record. */
      readonly load: boolean
      /** Where the result is kept for a later record, of a call whose demand is 'any'. */
      readonly store: bigint | undefined
      readonly unmet: Unmet
    }
  | {
      readonly kind: 'compare'
      readonly address: bigint
      readonly anchor: Anchor
      readonly mask: bigint
      readonly value: bigint
      readonly unmet: Unmet
    }
  | { readonly kind: 'enter'; readonly argument: bigint; readonly stack: bigint; readonly entry: bigint }

export type Message = { readonly address: bigint; readonly length: number }

/** The record's bytes. A value that does not fit its field is our own bug: RangeError. */
export function encodeRecord(record: PlacedRecord): Uint8Array {
  const out = new ByteWriter(RECORD_SIZE)
  if (record.kind === 'enter') {
    return out.u8(4, KINDS.indexOf('enter')).u64(8, record.argument).u64(16, record.stack).u64(24, record.entry).bytes
  }
  encodeUnmet(out, record.unmet)
  let flags = 'skip' in record.unmet ? SKIP : 0
  if (record.anchor !== 'absolute') flags |= FROM_STACK | (record.anchor === 'stack-page' ? WHOLE_PAGE : 0)
  if (record.kind === 'compare') {
    out.u8(4, KINDS.indexOf('compare')).u8(5, flags)
    return out.u64(8, record.address).u64(16, record.mask).u64(24, record.value).bytes
  }
  requireRange(record.times, MAX_TIMES)
  requireRange(record.args.length, MAX_ARGUMENTS)
  if (record.load) flags |= LOAD
  if (record.store !== undefined) flags |= STORE
  out.u16(0, SYSTEM_CALLS_X86_64[record.name]).u8(5, flags).u16(6, record.times)
  for (const [i, arg] of record.args.entries()) out.u64(8 + 8 * i, BigInt.asUintN(64, arg))
  if (typeof record.demand === 'bigint') {
    return out.u8(4, KINDS.indexOf('expect')).u64(56, BigInt.asUintN(64, record.demand)).bytes
  }
  return out.u8(4, KINDS.indexOf(record.demand)).u64(56, record.store ?? 0n).bytes
}

function encodeUnmet(out: ByteWriter, unmet: Unmet): void {
  if ('skip' in unmet) {
    requireRange(unmet.skip, MAX_SKIP)
    out.u16(2, unmet.skip)
    return
  }
  requireRange(unmet.message.length, MAX_MESSAGE)
  out.u16(2, unmet.message.length).u64(64, unmet.message.address)
}

/** The reverse, for `inspect` and for tests that compare a launcher with its plan. Throws FormatError. */
export function decodeRecord(r: ByteReader, field: string): PlacedRecord {
  const code = r.u8(4, `${field}.kind`)
  const kind = KINDS[code]
  r.check(kind !== undefined, 'BAD_VALUE', 4, `${field}.kind`, `is ${code}, only 0 to ${KINDS.length - 1} exist`)
  const args = Array.from({ length: MAX_ARGUMENTS }, (_, i) => r.u64(8 + 8 * i, `${field}.arguments[${i}]`))
  const [first, second, third] = args as [bigint, bigint, bigint]
  if (kind === 'enter') return { kind, argument: first, stack: second, entry: third }
  const flags = r.u8(5, `${field}.flags`)
  const anchor = ANCHORS[flags & (FROM_STACK | WHOLE_PAGE)]
  r.check(anchor !== undefined && (flags & ~ALL_FLAGS) === 0, 'BAD_VALUE', 5, `${field}.flags`, `is ${flags}`)
  const length = r.u16(2, `${field}.messageLength`)
  const skips = (flags & SKIP) !== 0
  const unmet = skips ? { skip: length } : { message: { address: r.u64(64, `${field}.message`), length } }
  if (kind === 'compare') return { kind, address: first, anchor, mask: second, value: third, unmet }
  const number = r.u16(0, `${field}.number`)
  const name = SYSTEM_CALL_NAMES.get(number)
  r.check(name !== undefined, 'BAD_VALUE', 0, `${field}.number`, `is ${number}, no system call that launchers make`)
  const times = r.u16(6, `${field}.times`)
  r.check(times > 0, 'BAD_VALUE', 6, `${field}.times`, 'is 0')
  const expected = r.u64(56, `${field}.expected`)
  const stores = (flags & STORE) !== 0
  r.check(!stores || kind === 'any', 'BAD_VALUE', 5, `${field}.flags`, `is ${flags}: only kind 2 stores its result`)
  const demand = kind === 'expect' ? expected : kind
  const load = (flags & LOAD) !== 0
  return { kind: 'call', name, args, demand, times, anchor, load, store: stores ? expected : undefined, unmet }
}

function requireRange(n: number, max: number): void {
  if (!Number.isInteger(n) || n < 0 || n > max) throw new RangeError(`${n} does not fit a record's field (0 to ${max})`)
}

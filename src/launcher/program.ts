// A system-call program under construction: records and the data they point to, before anything has an address. Pure.
//
// A launcher has two programs that run one after the other: *setup*, which holds whatever names the host (paths, messages), and
// *last*, which unmaps setup's pages, sets the filter and enters the guest. Setup's records therefore end where last's begin.

import { roundUp } from '../base/round.ts'
import { encodeRecord, RECORD_SIZE, type Anchor, type Demand, type PlacedRecord } from './record.ts'
import type { SystemCallName } from './system-calls.ts'

/** Bytes that belong to a program; stands for their address wherever an argument is wanted. */
export type DataReference = { readonly data: number }

export type Argument = bigint | number | DataReference

/** A reference inside data, written when addresses are known: the address of `to` at byte `at` (a pointer in a C structure). */
export type Pointer = { readonly at: number; readonly to: DataReference }

type Pending =
  | {
      readonly kind: 'call'
      readonly name: SystemCallName
      readonly args: readonly Argument[]
      readonly demand: Demand
      readonly times: number
      readonly anchor: Anchor
      readonly failure: DataReference
      readonly failureLength: number
    }
  | {
      readonly kind: 'compare'
      readonly address: Argument
      readonly anchor: Anchor
      readonly mask: bigint
      readonly value: bigint
      readonly failure: DataReference
      readonly failureLength: number
    }
  | { readonly kind: 'enter'; readonly argument: Argument; readonly stack: Argument; readonly entry: Argument }

type Datum = { readonly bytes: Uint8Array; readonly pointers: readonly Pointer[]; readonly offset: number }

const ALIGNMENT = 8 // every datum: the largest that a system-call structure of ours needs

export class Program {
  readonly #pending: Pending[] = []
  readonly #data: Datum[] = []
  readonly #texts = new Map<string, DataReference>()
  #dataSize = 0

  /** Bytes at an address of their own. */
  data(bytes: Uint8Array, pointers: readonly Pointer[] = []): DataReference {
    const offset = this.#dataSize
    this.#data.push({ bytes, pointers, offset })
    this.#dataSize = roundUp(offset + bytes.length, ALIGNMENT)
    return { data: offset }
  }

  /** A NUL-terminated string; equal strings share their bytes. */
  text(text: string): DataReference {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const reference = this.data(new TextEncoder().encode(`${text}\0`))
    this.#texts.set(text, reference)
    return reference
  }

  /**
   * A system call. `failure` is what a person reads when its result is not as demanded, without the "slipway: " before it and the
   * errno behind it. `times` repeats the call with the first argument growing by one.
   */
  call(
    name: SystemCallName,
    args: readonly Argument[],
    check: { demand: Demand; failure?: string; times?: number; anchor?: Anchor },
  ): this {
    const { demand, failure = '', times = 1, anchor = 'absolute' } = check
    const message = this.#message(failure)
    this.#pending.push({ kind: 'call', name, args, demand, times, anchor, ...message })
    return this
  }

  /** Eight bytes of memory at `address` that must equal `value` under `mask`. */
  compare(address: Argument, check: { value: bigint; mask?: bigint; failure: string; anchor?: Anchor }): this {
    const { value, mask = 0xffff_ffff_ffff_ffffn, failure, anchor = 'absolute' } = check
    this.#pending.push({ kind: 'compare', address, anchor, mask, value, ...this.#message(failure) })
    return this
  }

  /** The jump into the guest; the last record of all. */
  enter(registers: { argument: Argument; stack: Argument; entry: Argument }): this {
    this.#pending.push({ kind: 'enter', ...registers })
    return this
  }

  get recordBytes(): number {
    return this.#pending.length * RECORD_SIZE
  }

  get dataBytes(): number {
    return this.#dataSize
  }

  /** The records and the data as bytes, once it is known where the data will lie. */
  place(dataAddress: number): { records: Uint8Array; data: Uint8Array; listing: readonly PlacedRecord[] } {
    const resolve = (arg: Argument): bigint => (typeof arg === 'object' ? BigInt(dataAddress + arg.data) : BigInt(arg))
    const listing = this.#pending.map((record) => placeRecord(record, resolve))
    const records = new Uint8Array(this.recordBytes)
    for (const [i, record] of listing.entries()) records.set(encodeRecord(record), i * RECORD_SIZE)
    const data = new Uint8Array(this.#dataSize)
    const view = new DataView(data.buffer)
    for (const { bytes, pointers, offset } of this.#data) {
      data.set(bytes, offset)
      for (const { at, to } of pointers) view.setBigUint64(offset + at, resolve(to), true)
    }
    return { records, data, listing }
  }

  #message(failure: string): { failure: DataReference; failureLength: number } {
    if (failure === '') return { failure: { data: 0 }, failureLength: 0 }
    const text = `slipway: ${failure}`
    return { failure: this.text(text), failureLength: new TextEncoder().encode(text).length }
  }
}

function placeRecord(record: Pending, resolve: (arg: Argument) => bigint): PlacedRecord {
  if (record.kind === 'enter') {
    return {
      kind: 'enter',
      argument: resolve(record.argument),
      stack: resolve(record.stack),
      entry: resolve(record.entry),
    }
  }
  const message = { address: resolve(record.failure), length: record.failureLength }
  if (record.kind === 'compare') {
    const { kind, anchor, mask, value } = record
    return { kind, address: resolve(record.address), anchor, mask, value, message }
  }
  const { kind, name, demand, times, anchor } = record
  return { kind, name, args: record.args.map(resolve), demand, times, anchor, message }
}

// A system-call program under construction: records and the data they point to, before anything has an address. Pure.
//
// A launcher has two programs that run one after the other: *setup*, which holds whatever names the host (paths, messages), and
// *last*, which unmaps setup's pages, sets the filter and enters the guest. Setup's records therefore end where last's begin.

import { roundUp } from '../base/round.ts'
import { encodeRecord, RECORD_SIZE, type Anchor, type Demand, type PlacedRecord, type Unmet } from './record.ts'
import type { SystemCallName } from './system-calls.ts'

/** Bytes that belong to a program; stands for their address wherever an argument is wanted. */
export type DataReference = { readonly data: number }

export type Argument = bigint | number | DataReference

/** A reference inside data, written when addresses are known: the address of `to` at byte `at` (a pointer in a C structure). */
export type Pointer = { readonly at: number; readonly to: DataReference }

/** What a record does when its demand is not met: it ends the launcher with these words, or goes on at a label further down. */
type Otherwise =
  | { readonly kind: 'fail'; readonly text: DataReference; readonly length: number }
  | { readonly kind: 'goto'; readonly label: string }

type Pending =
  | {
      readonly kind: 'call'
      readonly name: SystemCallName
      readonly args: readonly Argument[]
      readonly demand: Demand
      readonly times: number
      readonly anchor: Anchor
      readonly load: boolean
      readonly store: bigint | undefined
      readonly otherwise: Otherwise
    }
  | {
      readonly kind: 'compare'
      readonly address: Argument
      readonly anchor: Anchor
      readonly mask: bigint
      readonly value: bigint
      readonly otherwise: Otherwise
    }
  | { readonly kind: 'enter'; readonly argument: Argument; readonly stack: Argument; readonly entry: Argument }

export type CallCheck = {
  readonly demand: Demand
  /** What a person reads when the demand is not met, without the "slipway: " before it and the errno behind it. */
  readonly failure?: string
  /** Instead of failing, the launcher goes on at this label, which must be marked further down. */
  readonly otherwise?: string
  /** The call is repeated with the first argument growing by one. */
  readonly times?: number
  readonly anchor?: Anchor
  /** The first argument is an address; the call gets the eight bytes that lie there. */
  readonly load?: boolean
  /** Where the result of a call with the demand 'any' is kept. */
  readonly store?: bigint
}

type Datum = { readonly bytes: Uint8Array; readonly pointers: readonly Pointer[]; readonly offset: number }

const ALIGNMENT = 8 // every datum: the largest that a system-call structure of ours needs

export class Program {
  readonly #pending: Pending[] = []
  readonly #data: Datum[] = []
  readonly #texts = new Map<string, DataReference>()
  readonly #labels = new Map<string, number>()
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

  /** A system call. */
  call(name: SystemCallName, args: readonly Argument[], check: CallCheck): this {
    const { demand, times = 1, anchor = 'absolute', load = false, store } = check
    this.#pending.push({
      kind: 'call',
      name,
      args,
      demand,
      times,
      anchor,
      load,
      store,
      otherwise: this.#otherwise(check),
    })
    return this
  }

  /** Eight bytes of memory at `address` that must equal `value` under `mask`. */
  compare(
    address: Argument,
    check: { value: bigint; mask?: bigint; failure?: string; otherwise?: string; anchor?: Anchor },
  ): this {
    const { value, mask = 0xffff_ffff_ffff_ffffn, anchor = 'absolute' } = check
    this.#pending.push({ kind: 'compare', address, anchor, mask, value, otherwise: this.#otherwise(check) })
    return this
  }

  /** The place that records with this `otherwise` go on at: the next record. */
  mark(label: string): this {
    this.#labels.set(label, this.#pending.length)
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
    const listing = this.#pending.map((record, at) => this.#placeRecord(record, at, resolve))
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

  #otherwise({ failure = '', otherwise }: { failure?: string; otherwise?: string }): Otherwise {
    if (otherwise !== undefined) return { kind: 'goto', label: otherwise }
    if (failure === '') return { kind: 'fail', text: { data: 0 }, length: 0 }
    const text = `slipway: ${failure}`
    return { kind: 'fail', text: this.text(text), length: new TextEncoder().encode(text).length }
  }

  #placeRecord(record: Pending, at: number, resolve: (arg: Argument) => bigint): PlacedRecord {
    if (record.kind === 'enter') {
      return {
        kind: 'enter',
        argument: resolve(record.argument),
        stack: resolve(record.stack),
        entry: resolve(record.entry),
      }
    }
    const { otherwise, ...rest } = record
    const unmet = this.#placeOtherwise(otherwise, at, resolve)
    if (rest.kind === 'compare') return { ...rest, address: resolve(rest.address), unmet }
    return { ...rest, args: rest.args.map(resolve), unmet }
  }

  #placeOtherwise(otherwise: Otherwise, at: number, resolve: (arg: Argument) => bigint): Unmet {
    if (otherwise.kind === 'fail') return { message: { address: resolve(otherwise.text), length: otherwise.length } }
    const to = this.#labels.get(otherwise.label)
    if (to === undefined || to <= at) throw new Error(`no label ${otherwise.label} behind record ${at}`)
    return { skip: to - at - 1 }
  }
}

// Fragments from a guest become packets again (RFC 791, 815), within bounds. Parts that overlap are refused with all that belongs to them: no
// honest sender makes them, and systems differ in what they would read there. Pure.

import { FRAGMENT_OFFSET, MORE_FRAGMENTS, type Packet } from './packet.ts'
import type { IpAddress } from './packets.ts'
import type { Timer, Timers } from './timers.ts'

/** Per guest. A sender of large datagrams has a few under way at a time; each may be as long as IP lets it be. */
const MAX_DATAGRAMS = 16
const MAX_BYTES = 1024 * 1024
const MAX_PARTS = 1366 // of one datagram: the longest in the smallest pieces that IPv4 makes, of 48 bytes
const PART_COST = 128 // bytes that a part takes beside its own
const PATIENCE = 15_000 // milliseconds, as RFC 791 recommends
const MAX_LENGTH = 65535 - 20

type Part = { readonly start: number; readonly end: number; readonly bytes: Uint8Array }

type Datagram = {
  readonly key: string
  readonly source: IpAddress
  readonly since: number
  /** In order, without overlaps. */
  readonly parts: Part[]
  /** The header of the first part, once it is there. */
  header: Uint8Array | undefined
  /** Where the last part ends, once it is there. */
  end: number | undefined
  bytes: number
}

/** Hears of those whose first part has come, but not all others in time: who sent it, and its header with that part. */
export type GaveUp = (source: IpAddress, first: Uint8Array) => void

export class Reassembly {
  /** Oldest first. */
  readonly #datagrams = new Map<string, Datagram>()
  readonly #timers: Timers
  readonly #timer: Timer
  #bytes = 0

  constructor(timers: Timers, gaveUp: GaveUp) {
    this.#timers = timers
    this.#timer = timers.create((now) => this.#expire(now, gaveUp))
  }

  /** Takes a fragment. `complete`: the packet has become the whole datagram, in bytes of its own. */
  add(packet: Packet, now: number): 'complete' | 'incomplete' | 'refused' {
    const part = partOf(packet)
    if (part === undefined) return 'refused'
    const datagram = this.#datagramOf(packet, now)
    const isLast = (packet.fragment & MORE_FRAGMENTS) === 0
    if (isThere(datagram, part)) return 'incomplete'
    if (!insert(datagram, part, isLast)) {
      this.#remove(datagram)
      return 'refused'
    }
    this.#bytes += part.bytes.length + PART_COST
    if (part.start === 0) datagram.header = packet.bytes.slice(packet.header, packet.at)
    const whole = assemble(datagram)
    if (whole !== undefined) {
      this.#remove(datagram)
      become(packet, whole, datagram.header as Uint8Array)
      return 'complete'
    }
    this.#makeRoom(datagram)
    return 'incomplete'
  }

  /** The guest is gone. */
  clear(): void {
    this.#datagrams.clear()
    this.#bytes = 0
    this.#timers.clear(this.#timer)
  }

  #datagramOf({ source, destination, protocol, identification }: Packet, now: number): Datagram {
    const key = `${source} ${destination} ${protocol} ${identification}`
    const known = this.#datagrams.get(key)
    if (known !== undefined) return known
    const datagram: Datagram = { key, source, since: now, parts: [], header: undefined, end: undefined, bytes: 0 }
    this.#datagrams.set(key, datagram)
    if (!this.#timers.isSet(this.#timer)) this.#timers.set(this.#timer, now + PATIENCE)
    return datagram
  }

  #remove(datagram: Datagram): void {
    this.#datagrams.delete(datagram.key)
    this.#bytes -= datagram.bytes + datagram.parts.length * PART_COST
    if (this.#datagrams.size === 0) this.#timers.clear(this.#timer)
  }

  /** The oldest go, but not the one that has just grown. */
  #makeRoom(latest: Datagram): void {
    for (const datagram of this.#datagrams.values()) {
      if (this.#datagrams.size <= MAX_DATAGRAMS && this.#bytes <= MAX_BYTES) return
      if (datagram !== latest) this.#remove(datagram)
    }
  }

  #expire(now: number, gaveUp: GaveUp): void {
    for (const datagram of this.#datagrams.values()) {
      if (datagram.since + PATIENCE > now) break
      this.#remove(datagram)
      const [first] = datagram.parts
      if (datagram.header !== undefined && first !== undefined) gaveUp(datagram.source, join(datagram.header, [first]))
    }
    const [next] = this.#datagrams.values()
    if (next !== undefined) this.#timers.set(this.#timer, next.since + PATIENCE)
  }
}

/** Parts but for the last are whole units of eight bytes, and none reaches beyond the longest packet. */
function partOf({ bytes, at, length, fragment }: Packet): Part | undefined {
  const start = (fragment & FRAGMENT_OFFSET) * 8
  const isLast = (fragment & MORE_FRAGMENTS) === 0
  if (length === 0 || start + length > MAX_LENGTH || (!isLast && length % 8 !== 0)) return undefined
  return { start, end: start + length, bytes: bytes.slice(at, at + length) }
}

/** Sent twice by the wire: the first of both counts. */
function isThere({ parts }: Datagram, { start, end }: Part): boolean {
  return parts.some((part) => part.start === start && part.end === end)
}

/** Puts a part in its place; false where it contradicts others. */
function insert(datagram: Datagram, part: Part, isLast: boolean): boolean {
  const { parts } = datagram
  const place = parts.findIndex((other) => other.end > part.start)
  const next = place < 0 ? undefined : parts[place]
  if (next !== undefined && next.start < part.end) return false
  if (datagram.end !== undefined && (isLast || part.end > datagram.end)) return false
  if (isLast && next !== undefined) return false
  if (parts.length === MAX_PARTS) return false
  parts.splice(place < 0 ? parts.length : place, 0, part)
  if (isLast) datagram.end = part.end
  datagram.bytes += part.bytes.length
  return true
}

function assemble({ parts, header, end, bytes }: Datagram): Uint8Array | undefined {
  // Without overlaps, there is a gap as long as bytes are missing.
  if (header === undefined || end === undefined || bytes !== end) return undefined
  return join(header, parts)
}

function join(header: Uint8Array, parts: readonly Part[]): Uint8Array {
  const whole = new Uint8Array(header.length + (parts.at(-1) as Part).end)
  whole.set(header)
  for (const part of parts) whole.set(part.bytes, header.length + part.start)
  return whole
}

function become(packet: Packet, whole: Uint8Array, header: Uint8Array): void {
  packet.bytes = whole
  packet.header = 0
  packet.at = header.length
  packet.length = whole.length - header.length
  packet.fragment = 0
}

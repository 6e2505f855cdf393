// The flows of one guest by their four names. A Map from a hash to a chain, since a key of 96 bits would have to be a string for each segment.
// The hash has a secret in it, so that a guest cannot choose names that meet in one chain. Pure.

import type { IpAddress } from '../packets.ts'

export interface Named<T> {
  readonly localAddress: IpAddress
  readonly localPort: number
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  /** The next one with the same hash. Changed by the table alone. */
  next: T | undefined
}

export class FlowTable<T extends Named<T>> {
  readonly #secret: number
  readonly #mask: number
  readonly #chains = new Map<number, T>()
  #last: T | undefined // most segments are of the flow that the one before was of
  size = 0

  /** Of the hash `mask` is used: less than all of it makes long chains, for tests. */
  constructor(secret: number, mask = -1) {
    this.#secret = secret | 0
    this.#mask = mask
  }

  find(localAddress: IpAddress, localPort: number, remoteAddress: IpAddress, remotePort: number): T | undefined {
    const last = this.#last
    if (last !== undefined && isNamed(last, localAddress, localPort, remoteAddress, remotePort)) return last
    let flow = this.#chains.get(this.#hash(localAddress, localPort, remoteAddress, remotePort))
    while (flow !== undefined && !isNamed(flow, localAddress, localPort, remoteAddress, remotePort)) flow = flow.next
    if (flow !== undefined) this.#last = flow
    return flow
  }

  /** No other one has its names. */
  add(flow: T): void {
    const hash = this.#hashOf(flow)
    flow.next = this.#chains.get(hash)
    this.#chains.set(hash, flow)
    this.size++
  }

  /** It is there. */
  remove(flow: T): void {
    const hash = this.#hashOf(flow)
    const first = this.#chains.get(hash)
    if (first === flow) {
      if (flow.next === undefined) this.#chains.delete(hash)
      else this.#chains.set(hash, flow.next)
    } else {
      let before = first
      while (before !== undefined && before.next !== flow) before = before.next
      if (before === undefined) return
      before.next = flow.next
    }
    flow.next = undefined
    if (this.#last === flow) this.#last = undefined
    this.size--
  }

  all(): T[] {
    const flows: T[] = []
    for (const first of this.#chains.values()) {
      for (let flow: T | undefined = first; flow !== undefined; flow = flow.next) flows.push(flow)
    }
    return flows
  }

  #hashOf(flow: T): number {
    return this.#hash(flow.localAddress, flow.localPort, flow.remoteAddress, flow.remotePort)
  }

  #hash(localAddress: IpAddress, localPort: number, remoteAddress: IpAddress, remotePort: number): number {
    return hashNames(this.#secret, localAddress, localPort, remoteAddress, remotePort) & this.#mask
  }
}

/** 32 bits, each of which depends on all of the names and the secret. */
export function hashNames(
  secret: number,
  localAddress: IpAddress,
  localPort: number,
  remoteAddress: IpAddress,
  remotePort: number,
): number {
  return mix(mix(mix(secret, localAddress), remoteAddress), (localPort << 16) | remotePort)
}

function mix(state: number, word: number): number {
  let h = Math.imul(state ^ word, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return h ^ (h >>> 13)
}

function isNamed<T extends Named<T>>(
  flow: T,
  localAddress: IpAddress,
  localPort: number,
  remoteAddress: IpAddress,
  remotePort: number,
): boolean {
  return (
    flow.remotePort === remotePort &&
    flow.localPort === localPort &&
    flow.localAddress === localAddress &&
    flow.remoteAddress === remoteAddress
  )
}

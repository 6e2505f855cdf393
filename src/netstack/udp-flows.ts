// A guest's UDP flows: from which of its ports it talks to whom. Found by numbers, so that a datagram costs no key. Pure.

import type { UdpOutside } from './outside.ts'
import type { IpAddress } from './packets.ts'

export type Flow = {
  readonly guestAddress: IpAddress
  readonly guestPort: number
  readonly peerAddress: IpAddress
  readonly peerPort: number
  /** Of a published port; undefined where the guest has begun. */
  readonly client: string | undefined
  outside: UdpOutside
  usedAt: number
}

/** 48 bits: a number holds them exactly. */
const nameOf = (address: IpAddress, port: number): number => address * 0x10000 + port

export class FlowTable {
  /** By the guest's end, then by its peer's. */
  readonly #flows = new Map<number, Map<number, Flow>>()
  readonly #clients = new Map<string, Flow>()
  readonly #all = new Set<Flow>()
  #last: Flow | undefined

  get size(): number {
    return this.#all.size
  }

  has(flow: Flow): boolean {
    return this.#all.has(flow)
  }

  find(guestAddress: IpAddress, guestPort: number, peerAddress: IpAddress, peerPort: number): Flow | undefined {
    const last = this.#last
    const isSame = last?.guestPort === guestPort && last.peerPort === peerPort && last.peerAddress === peerAddress
    if (isSame && last.guestAddress === guestAddress) return last
    const found = this.#flows.get(nameOf(guestAddress, guestPort))?.get(nameOf(peerAddress, peerPort))
    this.#last = found ?? last
    return found
  }

  findClient(client: string): Flow | undefined {
    return this.#clients.get(client)
  }

  add(flow: Flow): void {
    const name = nameOf(flow.guestAddress, flow.guestPort)
    const peers = this.#flows.get(name) ?? new Map<number, Flow>()
    this.#flows.set(name, peers.set(nameOf(flow.peerAddress, flow.peerPort), flow))
    this.#all.add(flow)
    if (flow.client !== undefined) this.#clients.set(flow.client, flow)
  }

  /** Whether it was there. */
  remove(flow: Flow): boolean {
    if (!this.#all.delete(flow)) return false
    const name = nameOf(flow.guestAddress, flow.guestPort)
    const peers = this.#flows.get(name)
    peers?.delete(nameOf(flow.peerAddress, flow.peerPort))
    if (peers?.size === 0) this.#flows.delete(name)
    if (flow.client !== undefined) this.#clients.delete(flow.client)
    if (this.#last === flow) this.#last = undefined
    return true
  }

  /** The one that was not used for longest. */
  get stalest(): Flow | undefined {
    let stalest: Flow | undefined
    for (const flow of this.#all) if (stalest === undefined || flow.usedAt < stalest.usedAt) stalest = flow
    return stalest
  }

  /** All that were last used at `moment` or before; they may be removed meanwhile. */
  *unusedSince(moment: number): Iterable<Flow> {
    for (const flow of this.#all) if (flow.usedAt <= moment) yield flow
  }
}

// A guest's place on the network: its device's address and size, the addresses that it uses, what it may reach, and what it has cost. Pure.

import { quote } from '../base/quote.ts'
import type { Carrier } from './carrier.ts'
import type { Hardware } from './ethernet.ts'
import type { Port } from './network.ts'
import type { IpAddress, Neighbour, PacketPath } from './packets.ts'
import { type FrameWay, TcpPath } from './path.ts'
import type { Policy } from './policy.ts'
import { RateLimit } from './rate-limit.ts'
import { type Counters, type DropReason, newCounters } from './statistics.ts'
import type { Timers } from './timers.ts'
import { layWire, type Wire, type WireOptions } from './wire.ts'

/** Frames to everybody cost as many as there are guests. What ARP, DHCP and name services of a busy guest send is far less. */
const GROUP_FRAMES = { perSecond: 500, burst: 500 }
/** Each answers a mistake; who makes more mistakes a second will not read them. */
const ICMP_ERRORS = { perSecond: 100, burst: 100 }

/** What a port does with what comes in. */
export interface Fabric {
  receive(port: GuestPort, bytes: Uint8Array, at: number, length: number): void
  ready(port: GuestPort): void
  detach(port: GuestPort): void
  log(line: string): void
  readonly timers: Timers
  readonly now: () => number
  readonly random: () => number
}

export type PortFacts = {
  readonly id: number
  readonly name: string
  readonly hardware: Hardware
  readonly mtu: number
  readonly policy: Policy
} & WireOptions

export class GuestPort implements Port, Neighbour, FrameWay {
  readonly id: number
  readonly name: string
  readonly hardware: Hardware
  readonly mtu: number
  readonly policy: Policy
  readonly statistics: Counters = newCounters()
  readonly groupFrames = new RateLimit(GROUP_FRAMES.perSecond, GROUP_FRAMES.burst)
  readonly icmpErrors = new RateLimit(ICMP_ERRORS.perSecond, ICMP_ERRORS.burst)
  /** Where packets for it go, as far as its traffic has told; AddressBook decides. */
  address: IpAddress | undefined
  /** The source of its last packet: nearly always that of its next. */
  lastSource: IpAddress = 0
  attached = true
  readonly #fabric: Fabric
  readonly #wire: Wire
  readonly #carrier: Carrier
  readonly #told = new Set<string>()
  #identification = 0

  constructor(facts: PortFacts, fabric: Fabric) {
    this.id = facts.id
    this.name = facts.name
    this.hardware = facts.hardware
    this.mtu = facts.mtu
    this.policy = facts.policy
    this.#fabric = fabric
    this.#wire = layWire(facts, {
      timers: fabric.timers,
      now: fabric.now,
      random: fabric.random,
      drop: (reason) => this.drop(reason),
      receive: (bytes, at, length) => fabric.receive(this, bytes, at, length),
      ready: () => fabric.ready(this),
    })
    this.#carrier = this.#wire.carrier
  }

  receive(bytes: Uint8Array, at: number, length: number): void {
    if (this.attached) this.#wire.receive(bytes, at, length)
  }

  ready(): void {
    if (this.attached) this.#wire.ready()
  }

  detach(): void {
    if (!this.attached) return
    this.#fabric.detach(this)
    this.attached = false
    this.#wire.close()
  }

  reserve(length: number): Uint8Array | undefined {
    return this.attached ? this.#carrier.reserve(length) : undefined
  }

  commit(length: number): void {
    this.statistics.sent.frames++
    this.statistics.sent.bytes += length
    this.#carrier.commit(length)
  }

  path(source: IpAddress, address: IpAddress): PacketPath {
    return new TcpPath(this, source, address)
  }

  /** Of fragments; 0 is for packets that are none. */
  nextIdentification(): number {
    this.#identification = (this.#identification % 0xffff) + 1
    return this.#identification
  }

  drop(reason: DropReason): void {
    this.statistics.dropped[reason]++
  }

  /** One line for the operator, for each kind of event once. */
  tell(kind: string, line: string): void {
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    this.#fabric.log(`guest ${quote(this.name)}: ${line}`)
  }
}

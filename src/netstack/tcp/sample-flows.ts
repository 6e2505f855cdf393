// For tests: flows with a simulated wire to a guest, whose own end is this TCP once more, and an outside that keeps what it is told. Pure.

import type { Endpoint as Address, Failure, TcpInside, TcpOutside } from '../outside.ts'
import type { IpAddress, Neighbour, PacketPath } from '../packets.ts'
import { TcpFlows } from './flows.ts'
import type { FailedSyn, TcpRoute } from './ports.ts'
import { Endpoint, type EndpointOptions } from './sample-endpoint.ts'
import { decodeSegment, Segment, writeHeader } from './segment.ts'
import { GOOD_WIRE, randomFrom, Simulation, WireEnd, type WireFaults } from './sample-wire.ts'

export const GUEST_ADDRESS: IpAddress = 0x0a000202
export const WORLD_ADDRESS: IpAddress = 0xc0000201 // above 2^31, as half of all addresses are

/** The world's half of a connection: takes what it gets after `takes` milliseconds, and sends what it is told to. */
export class World implements TcpOutside {
  readonly events: string[] = []
  readonly received: Uint8Array[] = []
  receivedBytes = 0
  inside: TcpInside | undefined
  takes = 0
  #queue: Uint8Array = new Uint8Array(0)
  #ends = false
  readonly #simulation: Simulation
  readonly #turn: () => void

  constructor(simulation: Simulation, turn: () => void) {
    this.#simulation = simulation
    this.#turn = turn
  }

  /** Sends as fast as the inside takes it, then ends. */
  send(bytes: Uint8Array, ends = true): void {
    this.#queue = bytes
    this.#ends = ends
    this.#push()
  }

  write(bytes: Uint8Array): void {
    this.#expectCalls('write')
    const { length } = bytes
    this.received.push(bytes.slice())
    this.receivedBytes += length
    if (this.takes === 0) this.inside?.taken(length)
    else this.#simulation.after(this.takes, () => this.act((inside) => inside.taken(length)))
  }

  end(): void {
    this.#expectCalls('end')
    this.events.push('end')
  }

  abort(): void {
    this.#expectCalls('abort')
    this.events.push('abort')
  }

  resume(): void {
    this.#expectCalls('resume')
    this.events.push('resume')
    this.#push()
  }

  /** A turn of its own. */
  act(run: (inside: TcpInside) => void): void {
    this.#turn()
    if (this.inside !== undefined) run(this.inside)
  }

  /** The contract: nothing comes after `abort`, and no bytes after `end`. */
  #expectCalls(call: string): void {
    if (this.events.includes('abort')) throw new Error(`${call} after abort`)
    if (this.events.includes('end') && (call === 'write' || call === 'end')) throw new Error(`${call} after end`)
  }

  #push(): void {
    const { inside } = this
    if (inside === undefined) return
    if (this.#queue.length > 0) this.#queue = this.#queue.subarray(inside.data(this.#queue.subarray(0, 65_536)))
    if (this.#queue.length > 0) {
      this.#simulation.after(0, () => this.act(() => this.#pushMore()))
    } else if (this.#ends) {
      this.#ends = false
      inside.end()
    }
  }

  #pushMore(): void {
    const { inside } = this
    if (inside === undefined || this.#queue.length === 0) return
    const count = inside.data(this.#queue.subarray(0, 65_536))
    this.#queue = this.#queue.subarray(count)
    if (count > 0) this.#push()
  }
}

/** A guest with a wire: packets of the flows to it go to `hear`, which a test may replace. */
export class GuestEnd implements Neighbour {
  readonly id: number
  readonly name: string
  hear: (packet: Uint8Array) => void = () => {}
  readonly toGuest: WireEnd
  paths = 0

  constructor(id: number, name: string, toGuest: WireEnd) {
    this.id = id
    this.name = name
    this.toGuest = toGuest
    toGuest.arrive = (packet) => this.hear(packet)
  }

  path(): PacketPath {
    this.paths++
    return this.toGuest
  }
}

export type RawSegment = {
  readonly port: number
  readonly worldPort: number
  readonly flags: number
  readonly sequence?: number
  readonly acknowledgement?: number
  readonly window?: number
  readonly data?: Uint8Array
}

/** A segment without options, as a guest of any kind could send it. */
export function encodeSegment(s: RawSegment): Uint8Array {
  const data = s.data ?? new Uint8Array(0)
  const bytes = new Uint8Array(20 + data.length)
  const { sequence = 0, acknowledgement = 0, window = 0xffff } = s
  writeHeader(bytes, 0, s.port, s.worldPort, sequence, acknowledgement, s.flags, window)
  bytes.set(data, 20)
  return bytes
}

/** A copy of what a guest has heard. */
export function decodePacket(packet: Uint8Array): Segment {
  const s = new Segment()
  if (decodeSegment(s, packet, 0, packet.length) !== undefined) throw new Error('malformed')
  return s
}

export type Harness = {
  readonly simulation: Simulation
  readonly flows: TcpFlows
  readonly guest: GuestEnd
  readonly worlds: World[]
  readonly asked: Address[]
  readonly unreachable: [FailedSyn, string][]
  readonly log: string[]
  /** What the outside does with a connection that it is asked for. */
  route: (port: number) => TcpRoute
  guestAddress: IpAddress | undefined
  /** A packet from a guest. */
  receive(from: GuestEnd, packet: Uint8Array): void
  /** A segment of a guest, and what that port of it hears in the next milliseconds. */
  say(from: GuestEnd, segment: RawSegment): Segment[]
  /** A turn: what is due happens. */
  turn(): void
  addGuest(name: string, faults?: WireFaults): GuestEnd
  addWorld(): World
  /** Another TCP as the guest's end of the connection with that world port. */
  addEndpoint(guest: GuestEnd, options: Partial<EndpointOptions>, port: number, worldPort: number): Endpoint
  run(events?: number): void
}

export function makeHarness(
  answer: 'connected' | Failure | 'silent' = 'connected',
  faults = GOOD_WIRE,
  seed = 1,
): Harness {
  const random = randomFrom(seed)
  const simulation = new Simulation()
  const worlds: World[] = []
  const asked: Address[] = []
  const unreachable: [FailedSyn, string][] = []
  const log: string[] = []
  let guests = 0
  let armed = Number.POSITIVE_INFINITY

  const arm = (): void => {
    const deadline = flows.deadline ?? Number.POSITIVE_INFINITY
    if (deadline >= armed) return
    armed = deadline
    simulation.at(deadline, () => {
      if (armed !== deadline) return
      armed = Number.POSITIVE_INFINITY
      turn()
    })
  }
  const turn = (): void => {
    flows.advance(simulation.now)
    simulation.after(0, arm)
  }
  const addWorld = (): World => {
    const world = new World(simulation, turn)
    worlds.push(world)
    return world
  }
  const connect = (port: number) => (inside: TcpInside) => {
    const world = addWorld()
    world.inside = inside
    asked.push({ address: 'world', port })
    if (answer !== 'silent') {
      simulation.after(1, () => {
        turn()
        if (answer === 'connected') inside.connected()
        else inside.failed(answer)
      })
    }
    return world
  }
  const flows: TcpFlows = new TcpFlows({
    random: () => random(2 ** 32),
    route: (_, destination, port) => (destination === WORLD_ADDRESS ? harness.route(port) : 'unreachable'),
    addressOf: () => harness.guestAddress,
    unreachable: (syn, why) => unreachable.push([syn, why]),
    log: (line) => log.push(line),
  })
  const addGuest = (name: string, wire: WireFaults = faults): GuestEnd => {
    const guest = new GuestEnd(++guests, name, new WireEnd(simulation, wire, random, 1480))
    guest.toGuest.ready = () => {
      turn()
      flows.ready(guest)
    }
    turn()
    flows.attach(guest)
    return guest
  }
  const receive = (from: GuestEnd, packet: Uint8Array): void => {
    turn()
    const padded = new Uint8Array(packet.length + 6)
    padded.set(packet, 3)
    flows.receive(from, GUEST_ADDRESS, WORLD_ADDRESS, padded, 3, packet.length)
  }
  const harness: Harness = {
    simulation,
    flows,
    guest: addGuest('one'),
    worlds,
    asked,
    unreachable,
    log,
    route: connect,
    guestAddress: GUEST_ADDRESS,
    receive,
    say: (from, segment) => {
      const heard: Segment[] = []
      from.hear = (packet) => {
        const s = decodePacket(packet)
        if (s.destinationPort === segment.port) heard.push(s)
      }
      receive(from, encodeSegment(segment))
      const end = simulation.now + 10
      while (simulation.next <= end) simulation.step()
      return heard
    },
    turn,
    addGuest,
    addWorld,
    addEndpoint: (guest, options, port, worldPort) => {
      const fromGuest = new WireEnd(simulation, faults, random, 1480)
      const all = { data: new Uint8Array(0), chunk: 65_536, takes: 0, answers: false, ...options }
      const endpoint = new Endpoint(simulation, fromGuest, all, port, worldPort)
      fromGuest.arrive = (packet) => receive(guest, packet)
      guest.hear = (packet) => endpoint.arrive(packet, random(2 ** 32) | 0)
      return endpoint
    },
    run: (events = 1_000_000) => {
      for (let left = events; simulation.next < Number.POSITIVE_INFINITY; left--) {
        if (left === 0) throw new Error(`no end at ${simulation.now}: ${flows.describe(harness.guest).join('\n')}`)
        simulation.step()
      }
    },
  }
  return harness
}

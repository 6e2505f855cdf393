// TCP between guests and the outside: finds the connection that a segment belongs to, begins those that guests and clients ask for. Pure.

import type { TcpInside, TcpOutside } from '../outside.ts'
import type { IpAddress, Neighbour } from '../packets.ts'
import { type ControlBlock, TIME_WAIT } from './control-block.ts'
import { resume } from './connection.ts'
import { Flow } from './flow.ts'
import type { Guest } from './guest.ts'
import { hold } from './handshake.ts'
import { input } from './input.ts'
import { FlowKeeper } from './keeper.ts'
import type { Tcp, TcpCounters, TcpOpen, TcpOptions } from './ports.ts'
import { ACK, decodeSegment, RST, Segment, SYN } from './segment.ts'
import { isBefore } from './sequence.ts'
import { resetStray } from './stray.ts'

export class TcpFlows implements Tcp {
  readonly #options: TcpOptions
  readonly #keeper: FlowKeeper
  readonly #segment = new Segment() // of the call to `receive` that is under way
  #received = 0
  #malformed = 0

  constructor(options: TcpOptions) {
    this.#options = options
    this.#keeper = new FlowKeeper(options)
  }

  get counters(): TcpCounters {
    const { around, resets, dropped } = this.#keeper
    return {
      received: this.#received,
      sent: around.sent + resets,
      retransmitted: around.retransmitted,
      malformed: this.#malformed,
      resets,
      dropped,
    }
  }

  advance(now: number): void {
    this.#keeper.advance(now)
  }

  get deadline(): number | undefined {
    return this.#keeper.deadline
  }

  attach(guest: Neighbour): void {
    this.#keeper.guestOf(guest)
  }

  detach(guest: Neighbour): void {
    this.#keeper.removeGuest(guest)
  }

  receive(
    from: Neighbour,
    source: IpAddress,
    destination: IpAddress,
    bytes: Uint8Array,
    at: number,
    length: number,
  ): void {
    this.#received++
    const s = this.#segment
    if (decodeSegment(s, bytes, at, length) !== undefined) {
      this.#malformed++
      return
    }
    const guest = this.#keeper.guestOf(from)
    const flow = guest.flows.find(destination, s.destinationPort, source, s.sourcePort)
    const c = flow?.block
    if (flow === undefined || c === undefined) {
      this.#begin(guest, source, destination, s)
    } else if (c.state === TIME_WAIT && beginsAgain(c, s)) {
      flow.dismiss()
      this.#begin(guest, source, destination, s)
    } else {
      if (input(c, s)) this.#resetStray(guest, source, destination, s)
      this.#keeper.arm(flow)
    }
  }

  accept(to: Neighbour, guestPort: number, source: IpAddress, sourcePort: number, outside: TcpOutside): TcpInside {
    const guest = this.#keeper.guestOf(to)
    const names = { localAddress: source, localPort: sourcePort, remoteAddress: 0, remotePort: guestPort }
    const flow = new Flow(this.#keeper, guest, names, true)
    flow.outside = outside
    this.#keeper.welcome(flow)
    return flow
  }

  reachable(guest: Neighbour): void {
    for (const flow of this.#keeper.guestOf(guest).knocking) this.#keeper.knock(flow)
  }

  ready(neighbour: Neighbour): void {
    const { stalled } = this.#keeper.guestOf(neighbour)
    for (const flow of stalled) {
      stalled.delete(flow)
      if (flow.block === undefined) continue
      resume(flow.block)
      this.#keeper.arm(flow)
      // Full again: it is the last one now, those that had no turn are first the next time.
      if (stalled.has(flow)) return
    }
  }

  describe(guest: Neighbour): readonly string[] {
    const { flows, knocking } = this.#keeper.guestOf(guest)
    const waiting = [...knocking].filter((flow) => flow.block === undefined)
    return [...flows.all(), ...waiting].map((flow) => flow.describe())
  }

  #begin(guest: Guest<Flow>, source: IpAddress, destination: IpAddress, s: Segment): void {
    if ((s.flags & (SYN | ACK | RST)) !== SYN) {
      this.#resetStray(guest, source, destination, s)
      return
    }
    // Nobody can listen on port 0, and the outside could not even ask.
    const { destinationPort } = s
    const route = destinationPort === 0 ? 'refused' : this.#options.route(guest.neighbour, destination, destinationPort)
    if (typeof route === 'function') this.#open(guest, source, destination, s, route)
    else this.#refuse(guest, source, destination, s, route)
  }

  #refuse(
    guest: Guest<Flow>,
    source: IpAddress,
    destination: IpAddress,
    s: Segment,
    why: 'refused' | 'forbidden' | 'unreachable',
  ): void {
    if (why !== 'refused') {
      const { sourcePort, destinationPort } = s
      const sequence = s.sequence >>> 0
      const syn = { guest: guest.neighbour, source, sourcePort, destination, destinationPort, sequence }
      this.#options.unreachable(syn, why)
    }
    if (why !== 'unreachable') this.#resetStray(guest, source, destination, s)
  }

  #open(guest: Guest<Flow>, source: IpAddress, destination: IpAddress, s: Segment, open: TcpOpen): void {
    if (!this.#keeper.makeRoom(guest)) {
      this.#keeper.dropped++
      return
    }
    const names = {
      localAddress: destination,
      localPort: s.destinationPort,
      remoteAddress: source,
      remotePort: s.sourcePort,
    }
    const flow = new Flow(this.#keeper, guest, names, false)
    hold(this.#keeper.admit(flow), s)
    this.#keeper.admitHalfOpen(flow)
    flow.outside = open(flow)
  }

  #resetStray(guest: Guest<Flow>, source: IpAddress, destination: IpAddress, s: Segment): void {
    if (resetStray(guest.neighbour, source, destination, s)) this.#keeper.resets++
  }
}

/** RFC 9293, 3.6.1: names that only wait for late segments may be used again by a SYN that is none of those. */
function beginsAgain(c: ControlBlock, s: Segment): boolean {
  return (s.flags & (SYN | ACK | RST)) === SYN && !isBefore(s.sequence, c.rcvNxt)
}

// Keeps all flows: in the tables of their guests, in the heap of those that want to be woken, within the limits. Pure.

import { quote } from '../../base/quote.ts'
import type { Failure } from '../outside.ts'
import type { Neighbour } from '../packets.ts'
import { type Timer, Timers } from '../timers.ts'
import { type ClosedBecause, ControlBlock, NEVER, type Surroundings, SYN_SENT } from './control-block.ts'
import { drop } from './close.ts'
import type { Flow, Keeper } from './flow.ts'
import { hashNames } from './flow-table.ts'
import { Guest } from './guest.ts'
import { answer, open } from './handshake.ts'
import { chooseNames, nextDelay } from './knocking.ts'
import { GUEST_FLOWS, GUEST_HALF_OPEN, GUEST_TIME_WAIT } from './limits.ts'
import type { FailedSyn, TcpOptions } from './ports.ts'
import { ACK, RST } from './segment.ts'
import { writeReset } from './stray.ts'
import { settleAck } from './connection.ts'
import { deadlineOf, timeout } from './timeouts.ts'
import { sendSyn } from './transmit.ts'

const SEQUENCE_TICKS = 250 // in a millisecond: initial sequence numbers go up by one in four microseconds (RFC 9293, 3.4.1)

export class FlowKeeper implements Keeper {
  readonly around: Surroundings = { now: 0, sent: 0, retransmitted: 0 }
  resets = 0
  dropped = 0
  readonly #timers = new Timers()
  readonly #options: TcpOptions
  readonly #maxFlows: number
  readonly #guests = new Map<number, Guest<Flow>>()
  readonly #sequenceSecrets: readonly [number, number]
  /** Flows with an acknowledgement that more segments may still share. */
  readonly #owing: Flow[] = []
  #last: Guest<Flow> | undefined

  constructor(options: TcpOptions) {
    this.#options = options
    this.#maxFlows = Math.min(GUEST_FLOWS, options.maxFlows ?? GUEST_FLOWS)
    this.#sequenceSecrets = [options.random(), options.random()]
  }

  guestOf(neighbour: Neighbour): Guest<Flow> {
    const last = this.#last
    if (last !== undefined && last.neighbour.id === neighbour.id) return last
    let guest = this.#guests.get(neighbour.id)
    if (guest === undefined) {
      guest = new Guest<Flow>(neighbour, this.#options.random(), this.around.now)
      this.#guests.set(neighbour.id, guest)
    }
    this.#last = guest
    return guest
  }

  /** All its flows end, and their outsides hear of it. */
  removeGuest(neighbour: Neighbour): void {
    const guest = this.#guests.get(neighbour.id)
    if (guest === undefined) return
    for (const flow of [...guest.flows.all(), ...guest.knocking]) flow.dismiss()
    this.#guests.delete(neighbour.id)
    this.#last = undefined
  }

  /** What was put off until time goes on, then what is due. */
  advance(now: number): void {
    for (const flow of this.#owing) if (flow.block !== undefined) settleAck(flow.block)
    this.#owing.length = 0
    if (now > this.around.now) this.around.now = now
    this.#timers.advance(this.around.now)
  }

  get deadline(): number | undefined {
    return this.#owing.length > 0 ? this.around.now : this.#timers.deadline
  }

  /** For a new flow. */
  timerOf(flow: Flow): Timer {
    return this.#timers.create(() => this.#wake(flow))
  }

  /**
   * Makes room for one more flow of the guest. Returns false where nothing but finished ones would go: one whose handshake is under way is
   * nearer its end than a new one, which is asked for again.
   */
  makeRoom(guest: Guest<Flow>): boolean {
    if (guest.flows.size < this.#maxFlows) return true
    this.#tell(guest, `has ${this.#maxFlows} TCP connections: more are not answered until some have ended`)
    for (const flow of guest.lingering) {
      flow.dismiss()
      return true
    }
    return false
  }

  /** Into the table, with all its names, and a control block. */
  admit(flow: Flow): ControlBlock {
    const { guest } = flow
    const path = guest.neighbour.path(flow.localAddress, flow.remoteAddress)
    const c = new ControlBlock(this.around, flow, path, flow.localPort, flow.remotePort, guest.memory)
    flow.block = c
    guest.flows.add(flow)
    return c
  }

  /** One that the guest has begun. Too many of them push the oldest out. */
  admitHalfOpen(flow: Flow): void {
    const { guest } = flow
    guest.halfOpen.add(flow)
    if (guest.halfOpen.size <= GUEST_HALF_OPEN) return
    this.#tell(guest, `has more than ${GUEST_HALF_OPEN} TCP connections half open: the oldest are dropped`)
    this.#dropHalfOpen(guest)
  }

  /** A client of a published port. Its outside has no inside yet, and must not be called before the next turn. */
  welcome(flow: Flow): void {
    flow.guest.knocking.add(flow)
    flow.knockAt = this.around.now
    if (this.#ask(flow)) this.#planKnock(flow)
    this.arm(flow)
  }

  /** It asks its guest now, or later, or never again. */
  knock(flow: Flow): void {
    const { guest } = flow
    const isEarly = this.#planKnock(flow)
    const address = this.#options.addressOf(guest.neighbour)
    // What was known of a guest's address may have been a guess, or a former one.
    if (address !== undefined && address !== flow.remoteAddress) this.#withdraw(flow)
    const { block } = flow
    if (block !== undefined) {
      // Asked, and not answered. In its first moments a guest has not even seen it.
      if (isEarly && block.state === SYN_SENT && !block.stalled) {
        block.timingRoundTrip = false
        sendSyn(block, 0)
      }
    } else if (guest.knocking.size > GUEST_FLOWS || (!this.#ask(flow) && !isEarly)) {
      this.dropped++
      flow.dismiss()
      return
    }
    this.arm(flow)
  }

  // Keeper

  /** A deadline that moves further away costs nothing: the flow is woken too early, and looks again. */
  arm(flow: Flow): void {
    const { timer, block } = flow
    const at = block === undefined ? flow.knockAt : Math.min(deadlineOf(block), flow.knockAt)
    if (at < (this.#timers.isSet(timer) ? timer.at : NEVER)) this.#timers.set(timer, at)
  }

  settled(flow: Flow): void {
    flow.knockAt = NEVER
    flow.guest.halfOpen.delete(flow)
    flow.guest.knocking.delete(flow)
  }

  lingers(flow: Flow): void {
    const { lingering } = flow.guest
    lingering.add(flow)
    if (lingering.size <= GUEST_TIME_WAIT) return
    for (const oldest of lingering) {
      oldest.dismiss()
      return
    }
  }

  forget(flow: Flow): void {
    const { guest, block } = flow
    this.settled(flow)
    this.#timers.clear(flow.timer)
    guest.lingering.delete(flow)
    if (block !== undefined) guest.flows.remove(flow)
    // A reset that waits is said when there is room; but a guest that never looks at its queue must not make a list without end.
    if (block === undefined || !block.resetWaits || guest.stalled.size > GUEST_FLOWS) guest.stalled.delete(flow)
  }

  stalled(flow: Flow): void {
    flow.guest.stalled.add(flow)
  }

  owesAck(flow: Flow): void {
    this.#owing.push(flow)
  }

  answer(flow: Flow, c: ControlBlock): void {
    answer(c, this.#initialSequence(flow))
  }

  deny(flow: Flow, c: ControlBlock, why: Failure): void {
    if (why === 'refused') this.#refuse(flow, c)
    else if (why === 'exhausted') {
      // As a host whose backlog is full: the guest asks again by itself, and perhaps there is something by then.
      this.dropped++
      this.#tell(flow.guest, 'asks for more TCP connections than this machine can open: those are not answered')
    } else this.#options.unreachable(failedSyn(flow, c), why)
  }

  knockAgain(flow: Flow, why: ClosedBecause): boolean {
    if (why !== 'refused' || !flow.guest.mayListenLater(flow.remotePort, this.around.now)) return false
    this.#withdraw(flow)
    flow.knockAt = this.around.now + nextDelay(flow)
    this.arm(flow)
    return true
  }

  #wake(flow: Flow): void {
    const { now } = this.around
    if (flow.knockAt <= now) this.knock(flow)
    const c = flow.block
    if (c !== undefined && deadlineOf(c) <= now) timeout(c)
    this.arm(flow)
  }

  /** As if it had not been asked yet. */
  #withdraw(flow: Flow): void {
    if (flow.block === undefined) return
    drop(flow.block)
    flow.guest.flows.remove(flow)
    flow.guest.stalled.delete(flow)
    flow.block = undefined
  }

  #planKnock(flow: Flow): boolean {
    const { now } = this.around
    const isEarly = flow.guest.mayListenLater(flow.remotePort, now)
    flow.knockAt = isEarly ? now + nextDelay(flow) : NEVER
    return isEarly
  }

  /** Returns false where it has no address, or neither room nor a port is left. */
  #ask(flow: Flow): boolean {
    const address = this.#options.addressOf(flow.guest.neighbour)
    if (address === undefined || !this.makeRoom(flow.guest) || !chooseNames(flow, address)) return false
    open(this.admit(flow), this.#initialSequence(flow))
    return true
  }

  #refuse(flow: Flow, c: ControlBlock): void {
    const { guest, localAddress, localPort, remoteAddress, remotePort } = flow
    const isSent = writeReset(
      guest.neighbour,
      localAddress,
      localPort,
      remoteAddress,
      remotePort,
      0,
      c.rcvNxt,
      RST | ACK,
    )
    if (isSent) this.resets++
  }

  #dropHalfOpen(guest: Guest<Flow>): void {
    const [oldest] = guest.halfOpen
    this.dropped++
    oldest?.dismiss()
  }

  /** RFC 6528: a clock, so that a name used again goes on behind what it had, and a secret for each name. */
  #initialSequence(flow: Flow): number {
    const [first, second] = this.#sequenceSecrets
    const hash = hashNames(first, flow.localAddress, flow.localPort, flow.remoteAddress, flow.remotePort)
    return (Math.imul(hash ^ second, 0x9e3779b1) + Math.floor(this.around.now * SEQUENCE_TICKS)) | 0
  }

  #tell(guest: Guest<Flow>, event: string): void {
    if (guest.told.has(event)) return
    guest.told.add(event)
    this.#options.log(`guest ${quote(guest.neighbour.name)}: ${event}`)
  }
}

function failedSyn(flow: Flow, c: ControlBlock): FailedSyn {
  return {
    guest: flow.guest.neighbour,
    source: flow.remoteAddress,
    sourcePort: flow.remotePort,
    destination: flow.localAddress,
    destinationPort: flow.localPort,
    sequence: c.irs >>> 0,
  }
}

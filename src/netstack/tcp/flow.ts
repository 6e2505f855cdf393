// One connection between a guest and the outside: what either does is done to the other. The guest's half is a control block, the outside's an
// object of host/, or of a service of the gateway. Either may call back while it is called. Pure.

import type { Failure, TcpInside, TcpOutside } from '../outside.ts'
import type { IpAddress } from '../packets.ts'
import type { Timer } from '../timers.ts'
import { abort, drop } from './close.ts'
import { describe, finish, send, taken } from './connection.ts'
import { type ClosedBecause, type ControlBlock, NEVER, type Owner, SYN_HELD } from './control-block.ts'
import type { Guest } from './guest.ts'
import type { Named } from './flow-table.ts'

/** What a flow asks of those who keep all of them. */
export interface Keeper {
  /** Wakes the flow. */
  timerOf(flow: Flow): Timer
  /** Its deadlines may have changed. */
  arm(flow: Flow): void
  /** It stands, or is over: no limit of those that do not counts it any more. */
  settled(flow: Flow): void
  lingers(flow: Flow): void
  /** Its control block is closed. */
  forget(flow: Flow): void
  stalled(flow: Flow): void
  owesAck(flow: Flow): void
  /** The outside has answered a guest's SYN. */
  answer(flow: Flow, c: ControlBlock): void
  deny(flow: Flow, c: ControlBlock, why: Failure): void
  /** A published port has not let its client in. Returns whether it is going to be asked again. */
  knockAgain(flow: Flow, why: ClosedBecause): boolean
}

export class Flow implements TcpInside, Owner, Named<Flow> {
  readonly guest: Guest<Flow>
  readonly localAddress: IpAddress
  localPort: number
  remoteAddress: IpAddress
  readonly remotePort: number
  /** Of a published port: asked by the outside. */
  readonly published: boolean
  /** undefined: a client waits for the guest to be there at all. */
  block: ControlBlock | undefined
  outside: TcpOutside | undefined
  next: Flow | undefined
  readonly timer: Timer
  /** When a client that waits asks again. */
  knockAt = NEVER
  knockDelay = 0
  readonly #keeper: Keeper
  #stands = false
  #guestEnded = false
  #outsideEnded = false
  #over = false

  constructor(keeper: Keeper, guest: Guest<Flow>, names: Omit<Named<Flow>, 'next'>, published: boolean) {
    this.#keeper = keeper
    this.timer = keeper.timerOf(this)
    this.guest = guest
    this.localAddress = names.localAddress
    this.localPort = names.localPort
    this.remoteAddress = names.remoteAddress
    this.remotePort = names.remotePort
    this.published = published
  }

  // TcpInside: the outside calls.

  connected(): void {
    const c = this.block
    if (c === undefined || c.state !== SYN_HELD) return
    this.#keeper.answer(this, c)
    this.#keeper.arm(this)
  }

  failed(why: Failure): void {
    const c = this.block
    if (c === undefined || c.state !== SYN_HELD) return
    this.#over = true
    this.#keeper.deny(this, c, why)
    drop(c)
    this.#keeper.forget(this)
  }

  data(bytes: Uint8Array): number {
    const c = this.block
    if (this.#over) return bytes.length // nobody wants them any more
    // A client's bytes are wanted once the guest has let it in: until then it may be another connection that gets them.
    if (c === undefined || (this.published && !this.#stands)) return 0
    const count = send(c, bytes)
    this.#keeper.arm(this)
    return count
  }

  taken(bytes: number): void {
    if (this.block !== undefined && !this.#over) taken(this.block, bytes)
  }

  end(): void {
    if (this.#over) return
    this.#outsideEnded = true
    // A client that ends before it is let in: its end is told with the rest.
    if (this.block === undefined || (this.published && !this.#stands)) return
    finish(this.block)
    this.#keeper.arm(this)
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    if (this.block !== undefined) abort(this.block)
    this.#keeper.forget(this)
  }

  // Owner: the guest's half calls.

  established(): void {
    this.#stands = true
    this.#keeper.settled(this)
    if (!this.published) return
    this.guest.listening.add(this.remotePort)
    if (this.#outsideEnded && this.block !== undefined) finish(this.block)
    this.outside?.resume()
  }

  deliver(bytes: Uint8Array): void {
    this.outside?.write(bytes)
  }

  ended(): void {
    this.#guestEnded = true
    if (!this.#over) this.outside?.end()
  }

  room(): void {
    this.outside?.resume()
  }

  lingers(): void {
    this.#keeper.lingers(this)
  }

  closed(why: ClosedBecause): void {
    if (this.published && !this.#stands && this.#keeper.knockAgain(this, why)) return
    this.#keeper.forget(this)
    this.#conclude()
  }

  stalled(): void {
    this.#keeper.stalled(this)
  }

  owesAck(): void {
    this.#keeper.owesAck(this)
  }

  // Those who keep it call.

  /** There is no room for it any more, or its guest is gone. The guest hears nothing. */
  dismiss(): void {
    if (this.block !== undefined) drop(this.block)
    this.#keeper.forget(this)
    this.#conclude()
  }

  /** One line for the log. */
  describe(): string {
    const names = `${this.remotePort} ${this.published ? '<' : '>'} ${this.localAddress.toString(16)}:${this.localPort}`
    return `${names} ${this.block === undefined ? 'waits for the guest' : describe(this.block)}`
  }

  #conclude(): void {
    if (this.#over) return
    this.#over = true
    // Where both have said that they are done, the outside knows all there is to know.
    if (!(this.#guestEnded && this.#outsideEnded)) this.outside?.abort()
  }
}

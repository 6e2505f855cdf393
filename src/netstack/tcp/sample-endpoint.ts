// For tests: a connection with an owner that sends what it has and keeps what it gets, on a simulated wire. Pure.

import { Budget } from './budget.ts'
import { abort } from './close.ts'
import { finish, resume, send, settleAck, taken } from './connection.ts'
import {
  CLOSED,
  type ClosedBecause,
  ControlBlock,
  type Memory,
  type Owner,
  type Surroundings,
} from './control-block.ts'
import { answer, hold, open } from './handshake.ts'
import { input } from './input.ts'
import type { Simulation, WireEnd } from './sample-wire.ts'
import { decodeSegment, Segment, SYN } from './segment.ts'
import { deadlineOf, timeout } from './timeouts.ts'

const MIB = 1024 * 1024

export type EndpointOptions = {
  /** What it sends, and then ends. */
  readonly data: Uint8Array
  /** Bytes of a call to `send`. */
  readonly chunk: number
  /** Milliseconds until a delivered byte is taken. */
  readonly takes: number
  /** It waits for the other one's end before it ends. */
  readonly answers: boolean
}

export function makeMemory(bytes = 64 * MIB): Memory {
  return { send: new Budget(bytes), receive: new Budget(bytes), reorder: new Budget(bytes) }
}

export class Endpoint implements Owner {
  readonly around: Surroundings = { now: 0, sent: 0, retransmitted: 0 }
  readonly memory = makeMemory()
  readonly block: ControlBlock
  readonly received: Uint8Array[] = []
  /** What the owner was told, in order. */
  readonly events: string[] = []
  receivedBytes = 0
  maxUntaken = 0
  readonly #simulation: Simulation
  readonly #options: EndpointOptions
  readonly #segment = new Segment()
  #sent = 0
  #otherEnded = false
  #wokenAt = Number.POSITIVE_INFINITY

  constructor(simulation: Simulation, path: WireEnd, options: EndpointOptions, localPort: number, remotePort: number) {
    this.#simulation = simulation
    this.#options = options
    this.block = new ControlBlock(this.around, this, path, localPort, remotePort, this.memory)
    path.ready = () => this.#act(() => resume(this.block))
  }

  open(iss: number): void {
    this.#act(() => open(this.block, iss))
  }

  abort(): void {
    this.#act(() => abort(this.block))
  }

  /** A packet from the wire. A SYN for a closed end opens it. */
  arrive(packet: Uint8Array, iss: number): void {
    this.#act(() => {
      if (decodeSegment(this.#segment, packet, 0, packet.length) !== undefined) throw new Error('malformed')
      if (this.block.state !== CLOSED || this.events.length > 0) input(this.block, this.#segment)
      else if (this.#segment.flags === SYN) {
        hold(this.block, this.#segment)
        answer(this.block, iss)
      }
    })
  }

  // Owner

  established(): void {
    this.events.push('established')
    this.#sendMore()
  }

  deliver(bytes: Uint8Array): void {
    const { length } = bytes
    this.received.push(bytes.slice())
    this.receivedBytes += length
    this.maxUntaken = Math.max(this.maxUntaken, this.block.untaken)
    if (this.#options.takes === 0) taken(this.block, length)
    else this.#simulation.after(this.#options.takes, () => this.#act(() => taken(this.block, length)))
  }

  ended(): void {
    this.events.push('ended')
    this.#otherEnded = true
    this.#sendMore()
  }

  room(): void {
    this.#sendMore()
  }

  lingers(): void {
    this.events.push('lingers')
  }

  closed(why: ClosedBecause): void {
    this.events.push(why)
  }

  stalled(): void {}

  owesAck(): void {
    this.#simulation.after(0, () => this.#act(() => settleAck(this.block)))
  }

  #sendMore(): void {
    const { data, chunk, answers } = this.#options
    while (this.#sent < data.length) {
      const piece = data.subarray(this.#sent, this.#sent + chunk)
      const count = send(this.block, piece)
      this.#sent += count
      if (count < piece.length) return
    }
    if (!answers || this.#otherEnded) finish(this.block)
  }

  #act(run: () => void): void {
    this.around.now = this.#simulation.now
    run()
    this.#arm()
  }

  #arm(): void {
    const deadline = deadlineOf(this.block)
    if (deadline >= this.#wokenAt || deadline === Number.POSITIVE_INFINITY) return
    this.#wokenAt = deadline
    this.#simulation.at(deadline, () => {
      if (this.#wokenAt !== deadline) return
      this.#wokenAt = Number.POSITIVE_INFINITY
      this.#act(() => timeout(this.block))
    })
  }
}

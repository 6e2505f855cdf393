// What TCP knows of a guest: its connections, what they may cost together, and which of its ports have ever let anybody in. Pure.

import type { Neighbour } from '../packets.ts'
import { Budget } from './budget.ts'
import type { Memory } from './control-block.ts'
import { FlowTable, type Named } from './flow-table.ts'
import { FIRST_MOMENTS, GUEST_RECEIVE_MEMORY, GUEST_REORDER_MEMORY, GUEST_SEND_MEMORY } from './limits.ts'

export class Guest<Flow extends Named<Flow>> {
  readonly neighbour: Neighbour
  readonly flows: FlowTable<Flow>
  readonly memory: Memory = {
    send: new Budget(GUEST_SEND_MEMORY),
    receive: new Budget(GUEST_RECEIVE_MEMORY),
    reorder: new Budget(GUEST_REORDER_MEMORY),
  }
  /** Asked for by the guest and not standing yet, the oldest first. */
  readonly halfOpen = new Set<Flow>()
  /** The oldest first. */
  readonly lingering = new Set<Flow>()
  /** Clients of published ports that are not let in yet. */
  readonly knocking = new Set<Flow>()
  /** Those that wait for room in its queue, in the order in which they get it. */
  readonly stalled = new Set<Flow>()
  /** Its ports that have let somebody in. */
  readonly listening = new Set<number>()
  /** Events that the operator has been told of. */
  readonly told = new Set<string>()
  readonly #firstMomentsEnd: number

  constructor(neighbour: Neighbour, secret: number, now: number) {
    this.neighbour = neighbour
    this.flows = new FlowTable(secret)
    this.#firstMomentsEnd = now + FIRST_MOMENTS
  }

  /** It may still be on its way to listening there. */
  mayListenLater(port: number, now: number): boolean {
    return now < this.#firstMomentsEnd && !this.listening.has(port)
  }
}

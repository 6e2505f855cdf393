// Where a guest's traffic to an address goes: the policy's word, with the operator told about refusals. Pure.

import type { AddressBook } from './addresses.ts'
import type { Outside } from './outside.ts'
import type { IpAddress } from './packets.ts'
import { decide, describeRefusal } from './policy.ts'
import type { GuestPort } from './port.ts'

export type Route =
  | { readonly kind: 'connect'; readonly address: string }
  | { readonly kind: 'forbidden' | 'unreachable' }

/** Asking for the machine's addresses costs more than a packet; they change seldom. */
const ADDRESSES_STAY = 1000 // milliseconds

export class Routes {
  readonly #book: AddressBook
  readonly #outside: Outside
  #own: readonly string[] = []
  #ownUntil = Number.NEGATIVE_INFINITY

  constructor(book: AddressBook, outside: Outside) {
    this.#book = book
    this.#outside = outside
  }

  /** To an address that is not the gateway's own. */
  to(port: GuestPort, destination: IpAddress, now: number): Route {
    const { host } = this.#book
    // The addresses of the network are those of guests: none of them is outside.
    if (destination !== host && this.#book.isInside(destination)) return { kind: 'unreachable' }
    const decision = decide(destination, { host, own: this.#ownAddresses(now) }, port.policy)
    if (decision.kind === 'connect') return decision
    port.tell(`refused ${decision.why}`, describeRefusal(destination, decision.why))
    return { kind: decision.why === 'no station' ? 'unreachable' : 'forbidden' }
  }

  #ownAddresses(now: number): readonly string[] {
    if (now < this.#ownUntil) return this.#own
    this.#own = this.#outside.ownAddresses()
    this.#ownUntil = now + ADDRESSES_STAY
    return this.#own
  }
}

// A world that does at random whatever the contract of outside.ts lets a world do, and counts what a network keeps open in it.

import type { DnsAnswer, Failure, Outside, TcpInside, TcpOutside, UdpInside } from '../../src/netstack/outside.ts'
import type { Next } from './mutate.ts'

export type Open = { tcp: number; udp: number; names: number }

type Connection = {
  inside: TcpInside
  stands: boolean
  over: boolean
  /** The world, and the guest, send no more. */
  ended: boolean
  guestEnded: boolean
  untaken: number
  full: boolean
}
type Act = () => void

const WHY: readonly Failure[] = ['refused', 'unreachable', 'timed out', 'exhausted']
const MAX_WAITING = 5000 // answers that are still to come; more would only be memory of the test's own

export class FuzzOutside implements Outside {
  readonly open: Open = { tcp: 0, udp: 0, names: 0 }
  readonly most: Open = { tcp: 0, udp: 0, names: 0 }
  readonly lines: string[] = []
  readonly #next: Next
  readonly #connections = new Set<Connection>()
  readonly #datagrams = new Set<UdpInside>()
  readonly #answers: Act[] = []

  constructor(next: Next) {
    this.#next = next
  }

  /** Something happens in the world. After `advance`, as the contract says. */
  act(): void {
    if (this.#next(4) === 0) this.#answers.splice(this.#next(this.#answers.length), 1)[0]?.()
    const connection = this.#any(this.#connections)
    if (connection !== undefined) this.#actOn(connection)
    const inside = this.#any(this.#datagrams)
    if (inside !== undefined && this.#next(100) === 0) inside.failed(this.#why())
    else inside?.datagram(new Uint8Array(this.#next(3000)))
  }

  /** A client of a published port, whose other half is to be told by `found`. */
  client(): { outside: TcpOutside; found: (inside: TcpInside) => void } {
    let connection: Connection | undefined
    return {
      outside: this.#halfOf(() => connection),
      found: (inside) => (connection = this.#begin(inside, true)),
    }
  }

  connectTcp(_to: unknown, inside: TcpInside): TcpOutside {
    const connection = this.#begin(inside, false)
    return this.#halfOf(() => connection)
  }

  openUdp(_to: unknown, inside: UdpInside): { send: () => void; close: () => void } {
    this.#datagrams.add(inside)
    this.#count('udp', 1)
    return {
      send: () => {},
      close: () => {
        if (!this.#datagrams.delete(inside)) throw new Error('a UDP flow is closed twice')
        this.#count('udp', -1)
      },
    }
  }

  resolve(_question: unknown, answer: (answer: DnsAnswer) => void): void {
    const answers: DnsAnswer[] = [
      { kind: 'addresses', addresses: ['198.51.100.80', '2001:db8::80', '127.0.0.1'] },
      { kind: 'names', names: ['www.slipway.example', 'x'.repeat(63)] },
      { kind: 'unknown' },
      { kind: 'failed' },
    ]
    this.#ask(() => answer(answers[this.#next(answers.length)] as DnsAnswer))
  }

  relayDns(query: Uint8Array, answer: (response: Uint8Array | undefined) => void): void {
    const response = Uint8Array.from(query)
    if (response.length > 2) response[2] = 0x81
    this.#ask(() => answer(this.#next(2) === 0 ? undefined : response))
  }

  ping(_to: string, _payload: Uint8Array, reply: () => void): boolean {
    if (this.#next(2) === 0) return false
    if (this.#answers.length < MAX_WAITING) this.#answers.push(reply)
    return true
  }

  ownAddresses(): readonly string[] {
    return ['198.51.100.2', '2001:db8::2']
  }

  log(line: string): void {
    this.lines.push(line)
  }

  #why(): Failure {
    return WHY[this.#next(WHY.length)] as Failure
  }

  #any<T>(all: ReadonlySet<T>): T | undefined {
    let skip = this.#next(Math.min(all.size, 64))
    for (const one of all) if (skip-- === 0) return one
    return undefined
  }

  #count(what: keyof Open, by: 1 | -1): void {
    this.open[what] += by
    this.most[what] = Math.max(this.most[what], this.open[what])
  }

  /** Some questions are never answered: the network has to bear that. */
  #ask(answer: Act): void {
    this.#count('names', 1)
    this.#answers.push(() => {
      this.#count('names', -1)
      answer()
    })
  }

  #begin(inside: TcpInside, stands: boolean): Connection {
    const connection = { inside, stands, over: false, ended: false, guestEnded: false, untaken: 0, full: false }
    this.#connections.add(connection)
    this.#count('tcp', 1)
    return connection
  }

  #finish(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    connection.over = true
    this.#count('tcp', -1)
  }

  #halfOf(get: () => Connection | undefined): TcpOutside {
    const live = (what: string): Connection => {
      const connection = get()
      if (connection === undefined || connection.over) throw new Error(`${what} after a connection's end`)
      return connection
    }
    return {
      write: (bytes) => {
        const connection = live('a write')
        if (connection.guestEnded) throw new Error('a write after the end')
        connection.untaken += bytes.length
      },
      end: () => {
        const connection = live('an end')
        if (connection.guestEnded) throw new Error('a second end')
        connection.guestEnded = true
        if (connection.ended) this.#finish(connection)
      },
      abort: () => {
        const connection = get()
        if (connection !== undefined) this.#finish(connection)
      },
      resume: () => {
        live('a resume').full = false
      },
    }
  }

  #actOn(connection: Connection): void {
    const { inside } = connection
    const kind = this.#next(64)
    if (!connection.stands) {
      if (kind < 50) {
        connection.stands = true
        inside.connected()
      } else {
        this.#finish(connection)
        inside.failed(this.#why())
      }
    } else if (kind === 0) {
      this.#finish(connection)
      inside.abort()
    } else if (kind === 1 && !connection.ended) {
      connection.ended = true
      inside.end()
      if (connection.guestEnded) this.#finish(connection)
    } else if (kind < 24) {
      const taken = this.#next(connection.untaken + 1)
      connection.untaken -= taken
      if (taken > 0) inside.taken(taken)
    } else if (!connection.full && !connection.ended) {
      const length = 1 + this.#next(20_000)
      const room = inside.data(new Uint8Array(length))
      if (room < 0 || room > length) throw new Error(`room for ${room} of ${length} bytes`)
      connection.full = room < length
    }
  }
}

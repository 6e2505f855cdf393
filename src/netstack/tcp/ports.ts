// What the network gives to TCP, and what it calls: `new TcpFlows(options)` of flows.ts is a Tcp. It knows addresses and paths of packets.ts,
// no frame and no IP header. Pure.

import type { TcpInside, TcpOutside } from '../outside.ts'
import type { IpAddress, Neighbour } from '../packets.ts'

/** Makes the other half of a connection that a guest asks for: the outside, or a service of the gateway. May call `inside` before it returns. */
export type TcpOpen = (inside: TcpInside) => TcpOutside

/**
 * Where a guest's SYN leads. `refused`: nobody listens there, a reset says so. `forbidden` and `unreachable`: told through `unreachable`, the
 * first one with a reset as well, for guests that do not listen to ICMP.
 */
export type TcpRoute = TcpOpen | 'refused' | 'forbidden' | 'unreachable'

/** What an ICMP error has to quote of the guest's SYN: the four names and the sequence number are its first eight bytes and two addresses. */
export type FailedSyn = {
  readonly guest: Neighbour
  /** The guest's address and port. */
  readonly source: IpAddress
  readonly sourcePort: number
  readonly destination: IpAddress
  readonly destinationPort: number
  /** Unsigned. */
  readonly sequence: number
}

export type TcpOptions = {
  /** 32 bits each: secrets of sequence numbers and of the table of connections. */
  readonly random: () => number
  readonly route: (from: Neighbour, destination: IpAddress, port: number) => TcpRoute
  /** The address that a published port leads to; undefined as long as the guest has none. */
  readonly addressOf: (guest: Neighbour) => IpAddress | undefined
  /** A SYN leads nowhere: right away, or after the outside has tried. */
  readonly unreachable: (syn: FailedSyn, why: 'forbidden' | 'unreachable' | 'timed out') => void
  /** One line for the operator, for each kind of event once per guest. Names are quoted. */
  readonly log: (line: string) => void
  /** Of one guest; GUEST_FLOWS if not given, and at most. */
  readonly maxFlows?: number | undefined
}

/** Since the start, for tests and statistics. */
export type TcpCounters = {
  readonly received: number
  readonly sent: number
  /** Sent once more: by a timer or by fast recovery. */
  readonly retransmitted: number
  /** Not a TCP segment: too short, a data offset out of it, options that are none. */
  readonly malformed: number
  /** Sent, for segments that belong to nothing. */
  readonly resets: number
  /** Connections and half-open ones that a limit has cost. */
  readonly dropped: number
}

export interface Tcp {
  readonly counters: TcpCounters
  /**
   * Before any other call of a turn, and when `deadline` has come. Milliseconds. Acknowledgements of what has come since the last call leave
   * now: whoever calls it once more when frames of a batch have been received, if `deadline` says so, lets them leave with that batch.
   */
  advance(now: number): void
  /** When `advance` is wanted next; undefined while nothing waits. May be too early, never too late. */
  readonly deadline: number | undefined
  /** The guest starts: for its first moments, published ports wait for it to listen. Before any other call that names it. */
  attach(guest: Neighbour): void
  /** The guest is gone: its connections are aborted. */
  detach(guest: Neighbour): void
  /** A packet's transport part whose checksum is right: `length` bytes at `at`, only there during the call. */
  receive(
    from: Neighbour,
    source: IpAddress,
    destination: IpAddress,
    bytes: Uint8Array,
    at: number,
    length: number,
  ): void
  /**
   * A client of a published port, as `Network.acceptTcp` has it. `source` and `sourcePort` are what the guest sees as its peer; another port is
   * taken where that one is in use. `reserve` may give undefined or lose packets while the guest's hardware address is not known.
   */
  accept(to: Neighbour, guestPort: number, source: IpAddress, sourcePort: number, outside: TcpOutside): TcpInside
  /** Something was learnt of the guest: its address, its hardware address. Who waits for it tries again at once. */
  reachable(guest: Neighbour): void
  /** The guest's queue has room again, after `reserve` has given none. */
  ready(guest: Neighbour): void
  /** A line for each connection of the guest, for the log. */
  describe(guest: Neighbour): readonly string[]
}

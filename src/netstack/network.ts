// A user-mode network: guests on a switch, a gateway that answers for itself and passes on what policy allows. The handle that host/ and
// tests hold, made by createNetwork(). Frames go in, frames and calls to Outside come out; time is an argument. Pure.

import type { Carrier } from './carrier.ts'
import type { Impairments } from './impairment.ts'
import type { Endpoint, Outside, TcpInside, TcpOutside } from './outside.ts'
import type { IpAddress } from './packets.ts'
import type { PcapSink } from './pcap.ts'
import type { Policy } from './policy.ts'
import type { PortStatistics } from './statistics.ts'
import type { Subnet } from './subnet.ts'

export type NetworkOptions = {
  readonly subnet: Subnet
  readonly outside: Outside
  /** For initial sequence numbers and DNS ids; 32 bits each. The caller's, since nothing is random here. */
  readonly random: () => number
  /** TCP connections that one guest may have, where the machine has not room for as many as limits.ts of tcp/ allows. */
  readonly maxConnections?: number | undefined
}

export type PortOptions = {
  /** Guests find each other as NAME. */
  readonly name: string
  /** Six bytes. Throws WiringError CONFLICT where another port has it. */
  readonly mac: Uint8Array
  /** Bytes of a frame without its header. */
  readonly mtu: number
  readonly policy: Policy
  readonly carrier: Carrier
  /** Gets what passes the guest's end of the wire. */
  readonly pcap?: PcapSink | undefined
  /** A worse wire, for tests. */
  readonly impairments?: Impairments | undefined
}

export interface Port {
  /** A frame from the guest, in place: only there during the call. */
  receive(bytes: Uint8Array, at: number, length: number): void
  /** The carrier has room again, after `reserve` has given none. */
  ready(): void
  /** The guest is gone. Its connections are aborted. */
  detach(): void
  /** Where packets for the guest go, as far as its traffic has told. */
  readonly address: IpAddress | undefined
  readonly statistics: PortStatistics
}

export interface Network {
  /**
   * Milliseconds that never go back. Called before any other call of a turn, and when `deadline` has come: also when it has at the end of a
   * turn, so that acknowledgements of all that came in it leave with its other frames.
   */
  advance(now: number): void
  /** When `advance` is wanted next; undefined while nothing waits. */
  readonly deadline: number | undefined
  attach(options: PortOptions): Port
  /**
   * A client has connected to a published port. The guest is asked with the client's own address where replies to it come back to us, with the
   * gateway's else. One that does not listen yet is asked again for a while; `TcpOutside.resume` is the sign that bytes are wanted.
   */
  acceptTcp(port: Port, guestPort: number, client: Endpoint, outside: TcpOutside): TcpInside
  /** A datagram for a published port. `reply` gets what the guest sends back to that client. */
  acceptUdp(
    port: Port,
    guestPort: number,
    client: Endpoint,
    datagram: Uint8Array,
    reply: (datagram: Uint8Array) => void,
  ): void
  /** A line for each TCP connection of the guest, for the log. */
  describe(port: Port): readonly string[]
}

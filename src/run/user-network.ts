// A network of guests in this process, as `openNetwork()` of network.ts returns it: what the command's `--net NAME=user` is made of, and
// what a program holds that starts several guests on one network.

import type { UserCarrierKind } from '../host/network/user-carrier.ts'
import type { Policy } from '../netstack/policy.ts'

export type NetworkOptions = {
  /** `10.0.5.0/24`: from a /29 to a /16. One that overlaps with no route of this machine if not given. */
  readonly subnet?: string | undefined
  /** Gets each line for the operator, without a line feed; standard error if not given. */
  readonly log?: ((line: string) => void) | undefined
}

export type UserNetwork = {
  /** `10.0.5.0/24`. */
  readonly subnet: string
  /** The address of the gateway, which is also the name server and the DHCP server: `10.0.5.1`. */
  readonly gateway: string
  /**
   * A port for one net device of a guest. Throws WiringError CONFLICT where a port of the network has the same MAC address, and HostError
   * where the machine refuses.
   */
  readonly connect: (options: ConnectOptions) => Promise<NetworkPort>
  readonly stats: () => Promise<NetworkStats>
  /** Closes every port and publication. Guests that are still there lose their line, and are ended for it. */
  readonly close: () => Promise<void>
  /** Fulfilled when the network is no more: closed, or with the reason why it broke. */
  readonly ended: Promise<{ readonly broken: string | undefined }>
}

export type ConnectOptions = {
  /** Other guests find this one by it. */
  readonly name: string
  /** `02:00:5e:10:00:01`. */
  readonly mac: string
  /** Bytes of a frame without its header; 1500 if not given. Capped at what the carrier holds: see `NetworkPort.mtu`. */
  readonly mtu?: number | undefined
  /** DEFAULT_POLICY if not given. */
  readonly policy?: Policy | undefined
  /** A TAP interface of this machine, instead of a descriptor that a guest inherits: made where there is none, and gone with the port. */
  readonly tap?: string | undefined
  /** A file for everything that travels, in the pcap format. It is made, or written over. */
  readonly pcap?: string | undefined
  /** Bits per second, each way. */
  readonly rate?: number | undefined
  /** Milliseconds that each frame is late, each way. */
  readonly delay?: number | undefined
  /** The share of frames that are lost, each way: from 0 to 1. */
  readonly loss?: number | undefined
}

export type NetworkPort = {
  readonly name: string
  readonly kind: UserCarrierKind | 'tap'
  /** The guest's end, for it to inherit; -1 for a TAP interface. It is this process's until `release`. */
  readonly descriptor: number
  readonly mtu: number
  /** The guest has inherited its end: this process's copy is closed, and frames begin to travel. To be called once the guest is a process. */
  readonly release: () => void
  /** Fulfilled when the port is no more: the guest's end is gone, or somebody has closed it. */
  readonly ended: Promise<void>
  /**
   * Listens on the machine for the guest. To be called before the guest starts, so that it does not start in vain. Throws HostError: IN_USE
   * for a port that is taken, NOT_PERMITTED for one that needs privileges.
   */
  readonly publish: (publication: PublishOptions) => Promise<Publication>
  /** Connections end, publications close. Nothing where it is closed already, as when its guest has ended. */
  readonly close: () => Promise<void>
}

export type PublishOptions = {
  /** An address of this machine, IPv4 or IPv6; 127.0.0.1 if not given. */
  readonly address?: string | undefined
  /** 0 for any that is free. */
  readonly hostPort: number
  readonly guestPort: number
  readonly protocol?: 'tcp' | 'udp' | undefined
}

export type Publication = {
  readonly address: string
  readonly hostPort: number
  readonly guestPort: number
  readonly protocol: 'tcp' | 'udp'
  readonly close: () => Promise<void>
}

export type NetworkStats = {
  readonly ports: readonly PortStats[]
}

export type PortStats = {
  readonly name: string
  /** As far as the guest's traffic has told it. */
  readonly address: string | undefined
  /** From the guest. */
  readonly received: Traffic
  /** To the guest. */
  readonly sent: Traffic
  /** Frames that went no further, by the reason: `forbidden by policy`. */
  readonly dropped: Readonly<Record<string, number>>
  /** A line for each TCP connection. */
  readonly connections: readonly string[]
}

export type Traffic = { readonly frames: number; readonly bytes: number }

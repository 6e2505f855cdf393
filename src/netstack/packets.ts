// What the transports (TCP, UDP) and the layer below them share. They write their part of a packet in place and know nothing of Ethernet, so
// that an IPv6 beside the IPv4 of today is another implementation of PacketPath, not another TCP. Pure.

/** An address as the transports handle it: of IPv4 the 32 bits, unsigned. They compare it and hand it on, nothing else. */
export type IpAddress = number

/** The way from one address of ours to one address of a guest. Kept by a connection for its whole life. */
export interface PacketPath {
  /** Bytes that a transport's header and payload may have together: the MTU less the IP header. */
  readonly maxTransport: number
  /**
   * Room for a packet's transport part of exactly `length` bytes: header at `at` and payload behind it in `bytes`. undefined where the
   * guest's queue is full. Valid until `commit`, which must come before anything else happens.
   */
  reserve(length: number): PacketRoom | undefined
  /** It is complete but for its checksum, whose place is `checksumAt` bytes into it and holds 0. */
  commit(checksumAt: number): void
}

export type PacketRoom = { readonly bytes: Uint8Array; readonly at: number }

/** A guest's device, as far as the transports have to tell one from another: limits are per guest. */
export interface Neighbour {
  /** Of the port in the network; small, never used twice. */
  readonly id: number
  readonly name: string
  /** The way for packets that come from `source` to this guest's `address`. */
  path(source: IpAddress, address: IpAddress): PacketPath
}

// What a guest's net device is where its network is ours: which kind of descriptor it inherits on this machine, and the longest frame that fits.

import { MAX_MTU } from '../../wiring/wire.ts'
import { loadFfi } from '../ffi.ts'

/** `seqpacket`: an end of a SOCK_SEQPACKET pair. `udp`: a UDP socket on loopback, connected to ours; slower, and its frames are shorter. */
export type UserCarrierKind = 'seqpacket' | 'udp'

export type UserCarrier = {
  readonly kind: UserCarrierKind
  /** Bytes of a frame without its 14-byte header. */
  readonly maxMtu: number
}

const ETHERNET_HEADER = 14
/** What is left of the 65535 bytes of an IPv4 packet behind its header and that of UDP. */
const MAX_DATAGRAM = 65_507

/** Node.js itself has no socket that keeps frames apart but UDP; only C can make the better one. Loads FFI. */
export function userCarrier(): UserCarrier {
  if (loadFfi() !== undefined) return { kind: 'seqpacket', maxMtu: MAX_MTU }
  return { kind: 'udp', maxMtu: MAX_DATAGRAM - ETHERNET_HEADER }
}

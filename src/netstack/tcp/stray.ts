// Answers to segments that belong to no connection, or not to the one whose names they bear (RFC 9293, 3.10.7.1). Made of the segment's own
// numbers; one that finds the guest's queue full is lost, as the network may lose any. Pure.

import type { IpAddress, Neighbour } from '../packets.ts'
import { ACK, CHECKSUM_AT, HEADER_SIZE, RST, type Segment, writeHeader } from './segment.ts'

/** Returns whether a reset left. One is never answered with another. */
export function resetStray(to: Neighbour, source: IpAddress, destination: IpAddress, s: Segment): boolean {
  if ((s.flags & RST) !== 0) return false
  if ((s.flags & ACK) !== 0) return reset(to, destination, source, s, s.acknowledgement, 0, RST)
  return reset(to, destination, source, s, 0, (s.sequence + s.span) | 0, RST | ACK)
}

function reset(
  to: Neighbour,
  local: IpAddress,
  remote: IpAddress,
  s: Segment,
  sequence: number,
  acknowledgement: number,
  flags: number,
): boolean {
  return writeReset(to, local, s.destinationPort, remote, s.sourcePort, sequence, acknowledgement, flags)
}

/** A reset from `local` to `remote`. */
export function writeReset(
  to: Neighbour,
  local: IpAddress,
  localPort: number,
  remote: IpAddress,
  remotePort: number,
  sequence: number,
  acknowledgement: number,
  flags: number,
): boolean {
  const path = to.path(local, remote)
  const room = path.reserve(HEADER_SIZE)
  if (room === undefined) return false
  writeHeader(room.bytes, room.at, localPort, remotePort, sequence, acknowledgement, flags, 0)
  path.commit(CHECKSUM_AT)
  return true
}

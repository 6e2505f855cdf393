// One segment at a time, written into the guest's queue in place. Where the queue is full the connection stalls and nothing is lost: what has
// to be sent is still to be seen from its state. Pure.

import { NEVER, type ControlBlock } from './control-block.ts'
import { sackOptionSize, SYN_OPTIONS_SIZE, writeSackOption, writeSynOptions } from './options.ts'
import { ACK, CHECKSUM_AT, HEADER_SIZE, MAX_SACK_BLOCKS, RST, SYN, writeHeader } from './segment.ts'
import { ahead, later } from './sequence.ts'

const MAX_WINDOW_FIELD = 0xffff
const edges = new Int32Array(2 * MAX_SACK_BLOCKS)

/** `length` bytes of the send buffer from `offset`. Returns whether they left. */
export function sendSegment(c: ControlBlock, sequence: number, flags: number, offset: number, length: number): boolean {
  const room = c.path.reserve(HEADER_SIZE + length)
  if (room === undefined) return stall(c)
  const { bytes, at } = room
  writeHeader(bytes, at, c.localPort, c.remotePort, sequence, c.rcvNxt, flags, offerWindow(c))
  if (length > 0) c.sendBuffer.copy(offset, length, bytes, at + HEADER_SIZE)
  c.path.commit(CHECKSUM_AT)
  if (c.unacknowledged > 0) c.interactive = true
  c.around.sent++
  acknowledged(c)
  return true
}

/** What has arrived, with what lies beyond holes. */
export function sendAck(c: ControlBlock): void {
  const blocks = c.sackPermitted && c.reassembly !== undefined ? c.reassembly.report(edges) : 0
  const size = sackOptionSize(blocks)
  const room = c.path.reserve(HEADER_SIZE + size)
  if (room === undefined) {
    stall(c)
    return
  }
  const { bytes, at } = room
  // SND.MAX, since SND.NXT may have gone back: the peer would look at nothing in a segment of the past, and with both in that state neither
  // would ever hear of the other's acknowledgements.
  writeHeader(bytes, at, c.localPort, c.remotePort, c.sndMax, c.rcvNxt, ACK, offerWindow(c))
  if (blocks > 0) {
    writeSackOption(bytes, at + HEADER_SIZE, edges, blocks)
    setHeaderSize(bytes, at, HEADER_SIZE + size)
  }
  c.path.commit(CHECKSUM_AT)
  c.around.sent++
  acknowledged(c)
}

/** A SYN, or the answer to one. */
export function sendSyn(c: ControlBlock, flags: number): void {
  const room = c.path.reserve(HEADER_SIZE + SYN_OPTIONS_SIZE)
  c.synWaits = room === undefined
  if (room === undefined) {
    stall(c)
    return
  }
  const { bytes, at } = room
  const answer = (flags & ACK) !== 0
  const window = Math.min(MAX_WINDOW_FIELD, c.rcvMax) // never scaled (RFC 7323, 2.2)
  writeHeader(bytes, at, c.localPort, c.remotePort, c.iss, answer ? c.rcvNxt : 0, SYN | flags, window)
  writeSynOptions(bytes, at + HEADER_SIZE, c.rcvMss, c.rcvShift, !answer || c.sackPermitted)
  setHeaderSize(bytes, at, HEADER_SIZE + SYN_OPTIONS_SIZE)
  c.path.commit(CHECKSUM_AT)
  c.around.sent++
  if (answer) c.rcvAdv = later(c.rcvAdv, (c.rcvNxt + window) | 0)
}

export function sendReset(c: ControlBlock): void {
  const room = c.path.reserve(HEADER_SIZE)
  c.resetWaits = room === undefined
  if (room === undefined) {
    stall(c)
    return
  }
  writeHeader(room.bytes, room.at, c.localPort, c.remotePort, c.sndMax, c.rcvNxt, RST | ACK, 0)
  c.path.commit(CHECKSUM_AT)
  c.around.sent++
}

/** A segment of the past, which has to be answered: a keep-alive. */
export function probePeer(c: ControlBlock, withByte: boolean): void {
  const length = withByte ? 1 : 0
  const room = c.path.reserve(HEADER_SIZE + length)
  if (room === undefined) {
    stall(c)
    return
  }
  const { bytes, at } = room
  writeHeader(bytes, at, c.localPort, c.remotePort, (c.sndUna - 1) | 0, c.rcvNxt, ACK, offerWindow(c))
  if (withByte) bytes[at + HEADER_SIZE] = 0
  c.path.commit(CHECKSUM_AT)
  c.around.sent++
}

/** How far the right edge may be now, and whether showing it is worth a segment of its own (RFC 9293, 3.8.6.2.2). */
export function isWindowUpdateDue(c: ControlBlock): boolean {
  const shown = ahead(c.rcvNxt, c.rcvAdv)
  // Twice as much as before, and only where the guest can see the end of it: all others learn it with the next acknowledgement.
  return 2 * shown <= c.rcvMax && freeWindow(c) >= Math.max(2 * shown, Math.min(2 * c.rcvMss, c.rcvMax / 2))
}

/** The window field of a segment that leaves now; what was shown once is never taken back. */
function offerWindow(c: ControlBlock): number {
  const shown = Math.max(0, ahead(c.rcvNxt, c.rcvAdv))
  const free = freeWindow(c)
  // Small steps would make the guest send small segments.
  const window = free - shown >= Math.min(c.rcvMss, c.rcvMax / 2) ? free : shown
  const shift = c.rcvShift < 0 ? 0 : c.rcvShift
  const field = Math.min(MAX_WINDOW_FIELD, (window + (1 << shift) - 1) >> shift) // upwards: downwards would take bytes back
  c.rcvAdv = (c.rcvNxt + (field << shift)) | 0
  return field
}

function freeWindow(c: ControlBlock): number {
  return Math.min(c.rcvMax - c.untaken, c.memory.receive.left)
}

function acknowledged(c: ControlBlock): void {
  c.ackNow = false
  c.ackSoon = false
  c.unacknowledged = 0
  c.delayedAckAt = NEVER
}

function setHeaderSize(bytes: Uint8Array, at: number, size: number): void {
  bytes[at + 12] = (size / 4) << 4
}

function stall(c: ControlBlock): false {
  if (!c.stalled) {
    c.stalled = true
    c.owner.stalled()
  }
  return false
}

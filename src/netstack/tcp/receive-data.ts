// What a segment brings: bytes in order go to the owner as they lie in the guest's frame, others are kept; the FIN counts once everything before
// it is there (RFC 9293, 3.10.7.4, seventh and eighth step). Pure.

import { linger } from './close.ts'
import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  type ControlBlock,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  NEVER,
  TIME_WAIT,
} from './control-block.ts'
import { DELAYED_ACK, TIME_WAIT_TIME } from './limits.ts'
import { Reassembly } from './reassembly.ts'
import { FIN, PSH, type Segment } from './segment.ts'
import { ahead } from './sequence.ts'

const EVERY_SECOND = 2 // RFC 9293, 3.8.6.3
/**
 * Frames come in batches, and answers leave together when one has been looked at: an acknowledgement for every second segment would then tell
 * the guest nothing earlier, and cost it and us a frame each. Some are sent all the same, for guests that count them.
 */
const AT_ONCE = 16

export function receiveData(c: ControlBlock, s: Segment): void {
  if (c.finReceived) {
    c.ackNow = true // all of it is old, or a lie
    if (c.state === TIME_WAIT) c.timeWaitAt = c.around.now + TIME_WAIT_TIME
    return
  }
  const old = Math.max(0, ahead(s.sequence, c.rcvNxt))
  const space = Math.max(0, ahead(s.sequence, c.rcvAdv))
  const end = Math.min(s.payloadLength, space)
  const length = end - old
  const isWhole = old <= s.payloadLength && end === s.payloadLength
  if (old > 0 || !isWhole) c.ackNow = true // a duplicate, or beyond the window: the guest wants to know where we are
  const sequence = (s.sequence + old) | 0
  if ((s.flags & FIN) !== 0 && isWhole) noteFin(c, (s.sequence + s.payloadLength) | 0)
  if (length > 0) {
    if (sequence === c.rcvNxt) receiveInOrder(c, s, s.payloadAt + old, length)
    else keep(c, s, sequence, s.payloadAt + old, length)
  } else if (c.finWaits && c.finAt !== c.rcvNxt) c.ackNow = true
  if (c.finWaits && c.finAt === c.rcvNxt && c.state !== CLOSED) receiveFin(c)
}

function receiveInOrder(c: ControlBlock, s: Segment, at: number, length: number): void {
  if (!deliver(c, s.bytes.subarray(at, at + length))) return
  if (c.reassembly !== undefined) deliverKept(c, c.reassembly)
  c.unacknowledged++
  if (c.ackNow) return
  if (c.unacknowledged >= AT_ONCE) c.ackNow = true
  else if (c.unacknowledged >= EVERY_SECOND || ((s.flags & PSH) !== 0 && !c.interactive)) oweAck(c)
  else if (c.delayedAckAt === NEVER) c.delayedAckAt = c.around.now + DELAYED_ACK
}

function oweAck(c: ControlBlock): void {
  if (c.ackSoon) return
  c.ackSoon = true
  c.owner.owesAck()
}

function deliverKept(c: ControlBlock, kept: Reassembly): void {
  c.ackNow = true // a hole is filled, or some of it
  for (let ready = kept.ready(c.rcvNxt); ready > 0; ready = kept.ready(c.rcvNxt)) {
    // Its owner may end the connection, and all that was kept with it.
    if (!deliver(c, kept.front(ready)) || c.reassembly !== kept) return
  }
  if (kept.empty) c.reassembly = undefined
}

/** Returns whether there was memory for it; if not it is as if it had been lost. */
function deliver(c: ControlBlock, bytes: Uint8Array): boolean {
  const { length } = bytes
  if (!c.memory.receive.take(length)) {
    c.ackNow = true
    return false
  }
  // Everything is in order before the owner is called, since it may call back.
  c.untaken += length
  c.rcvNxt = (c.rcvNxt + length) | 0
  c.reassembly?.advance(length, c.rcvNxt)
  if (c.state === FIN_WAIT_2) c.halfClosedSince = c.around.now
  c.owner.deliver(bytes)
  return true
}

function keep(c: ControlBlock, s: Segment, sequence: number, at: number, length: number): void {
  c.ackNow = true
  c.reassembly ??= new Reassembly(c.memory.reorder)
  c.reassembly.insert(c.rcvNxt, sequence, s.bytes, at, length)
}

function noteFin(c: ControlBlock, at: number): void {
  c.finWaits = true
  c.finAt = at
}

function receiveFin(c: ControlBlock): void {
  c.finWaits = false
  c.finReceived = true
  c.rcvNxt = (c.rcvNxt + 1) | 0
  c.ackNow = true
  c.reassembly?.release()
  c.reassembly = undefined
  if (c.state === ESTABLISHED) c.state = CLOSE_WAIT
  else if (c.state === FIN_WAIT_1 && !c.finAcknowledged) c.state = CLOSING
  else if (c.state === FIN_WAIT_1 || c.state === FIN_WAIT_2) linger(c)
  c.owner.ended()
}

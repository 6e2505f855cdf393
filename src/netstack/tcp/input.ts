// A segment for a connection that exists, step by step as RFC 9293, 3.10.7 has it, with the precautions of RFC 5961 against blind guesses. Pure.

import { acknowledge, challenge } from './acknowledge.ts'
import { close, linger } from './close.ts'
import {
  CLOSED,
  CLOSING,
  type ControlBlock,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  SYN_HELD,
  SYN_RECEIVED,
  SYN_SENT,
} from './control-block.ts'
import { hold, inputSynReceived, inputSynSent } from './handshake.ts'
import { output } from './output.ts'
import { receiveData } from './receive-data.ts'
import { ACK, FIN, RST, type Segment, SYN } from './segment.ts'
import { ahead, isBefore } from './sequence.ts'
import { sendSyn } from './transmit.ts'

/** Returns whether the segment has to be answered with a reset that its own numbers make (RFC 9293, 3.10.7.1). */
export function input(c: ControlBlock, s: Segment): boolean {
  c.lastReceived = c.around.now
  c.idleProbes = 0
  let isStray = false
  if (c.state === SYN_SENT) isStray = inputSynSent(c, s)
  else if (c.state === SYN_HELD) inputHeld(c, s)
  else if (c.state !== CLOSED) isStray = inputKnown(c, s)
  settle(c)
  return isStray
}

/** What an event has made possible or due. */
export function settle(c: ControlBlock): void {
  if (c.state === CLOSED) return
  // Not for each byte: whoever fills the buffer does it in large pieces.
  if (c.roomWanted && 2 * c.sendBuffer.length <= c.sendBuffer.capacity) {
    c.roomWanted = false
    c.owner.room()
  }
  output(c)
}

/** A guest that has no answer to its SYN yet: it asks again, or does not want one any more. */
function inputHeld(c: ControlBlock, s: Segment): void {
  if ((s.flags & RST) !== 0) {
    if (s.sequence === c.rcvNxt || s.sequence === c.irs) close(c, 'reset')
  } else if ((s.flags & (SYN | ACK)) === SYN) hold(c, s)
}

function inputKnown(c: ControlBlock, s: Segment): boolean {
  if (!isAcceptable(c, s)) {
    refuse(c, s)
    return false
  }
  if ((s.flags & RST) !== 0) {
    if (s.sequence === c.rcvNxt) close(c, c.state === SYN_RECEIVED ? 'refused' : 'reset')
    else challenge(c)
    return false
  }
  const repeatsSyn = (s.flags & SYN) !== 0
  if (repeatsSyn && !(c.state === SYN_RECEIVED && s.sequence === c.irs)) {
    challenge(c)
    return false
  }
  if ((s.flags & ACK) === 0) {
    if (repeatsSyn) sendSyn(c, ACK) // our answer was lost
    return false
  }
  if (c.state === SYN_RECEIVED && !inputSynReceived(c, s)) return true
  // Of a simultaneous open the SYN comes again, with the acknowledgement: there is nothing else in it.
  if (c.state === CLOSED || repeatsSyn || !acknowledge(c, s)) return false
  if (c.finAcknowledged) finish(c)
  if (c.state === CLOSED) return false
  if (s.payloadLength > 0 || (s.flags & FIN) !== 0) receiveData(c, s)
  return false
}

/** Our FIN is acknowledged. */
function finish(c: ControlBlock): void {
  if (c.state === LAST_ACK) close(c, 'done')
  else if (c.state === CLOSING) linger(c)
  else if (c.state === FIN_WAIT_1) {
    c.state = FIN_WAIT_2
    c.halfClosedSince = c.around.now
  }
}

/**
 * RFC 9293, 3.10.7.4, first step, a little wider: a segment that begins at the right edge or ends at what is expected still says something
 * with its acknowledgement, and its bytes are trimmed.
 */
function isAcceptable(c: ControlBlock, s: Segment): boolean {
  const end = (s.sequence + s.span) | 0
  return !isBefore(end, c.rcvNxt) && ahead(c.rcvAdv, s.sequence) <= 0
}

function refuse(c: ControlBlock, s: Segment): void {
  if ((s.flags & RST) !== 0) return
  if (s.payloadLength > 0 || (s.flags & FIN) !== 0)
    c.ackNow = true // sent once more: our acknowledgement was lost
  else challenge(c)
}

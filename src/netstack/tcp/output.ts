// Decides what leaves now: what was lost, then what is new, as far as the guest's window, congestion and its queue allow; else an
// acknowledgement that is due (RFC 9293, 3.8.6). Pure.

import { type ControlBlock, ESTABLISHED, flightOf, NEVER, SYN_RECEIVED } from './control-block.ts'
import { holeEnd, nextLost, pipeOf } from './recovery.ts'
import { ACK, FIN, PSH } from './segment.ts'
import { ahead, isBefore } from './sequence.ts'
import { sendAck, sendSegment } from './transmit.ts'

const HELD_BACK_BEHIND = 2 // segments in flight: a guest must acknowledge that many at once, so that the rest need not wait long

export function output(c: ControlBlock): void {
  if (c.state < SYN_RECEIVED || c.stalled) return
  if (c.state >= ESTABLISHED) {
    if (c.recovering) sendLost(c)
    sendNew(c, false)
    watch(c)
  }
  if (c.ackNow && !c.stalled) sendAck(c)
}

/** The window stayed too small for a whole segment: what fits leaves (RFC 9293, 3.8.6.2.1, the override timeout). */
export function outputSmall(c: ControlBlock): void {
  sendNew(c, true)
  watch(c)
}

/** Asks for the window with the first byte, or the FIN, that it does not let through. */
export function probeWindow(c: ControlBlock): void {
  const bytes = Math.min(1, c.sendBuffer.length)
  // It counts neither as sent nor as in flight: the peer may drop it. But an acknowledgement of it is none of something unsent.
  if (sendRange(c, c.sndUna, bytes, bytes === 0)) c.probed = true
}

/** Sequence numbers that are queued and were not sent, or are to be sent again after a timeout. */
export function pendingOf(c: ControlBlock): number {
  const fin = c.finQueued && !c.finAcknowledged ? 1 : 0
  return c.sendBuffer.length + fin - flightOf(c)
}

function sendLost(c: ControlBlock): void {
  if (c.headLost) {
    if (!resend(c, c.sndUna)) return
    c.headLost = false
  }
  if (!c.sackPermitted) return
  while (c.congestion.window - pipeOf(c) >= c.sndMss) {
    const sequence = nextLost(c, c.highRxt)
    if (sequence === undefined || !resend(c, sequence)) return
  }
}

function resend(c: ControlBlock, sequence: number): boolean {
  const end = Math.min(ahead(sequence, holeEnd(c, sequence)), c.sndMss)
  const data = Math.max(0, Math.min(end, c.sendBuffer.length - ahead(c.sndUna, sequence)))
  const fin = data < end
  if (!sendRange(c, sequence, data, fin)) return false
  c.around.retransmitted++
  c.highRxt = (sequence + data + (fin ? 1 : 0)) | 0
  return true
}

function sendNew(c: ControlBlock, small: boolean): void {
  let pipe = pipeOf(c)
  if (flightOf(c) === 0 && c.around.now - c.lastSent > c.roundTrip.timeout) c.congestion.idle()
  while (!c.stalled) {
    const again = c.sndNxt !== c.sndMax
    if (again && c.sacked.count > 0) skipSacked(c)
    const offset = flightOf(c)
    const left = c.sendBuffer.length - offset // negative: the FIN is out
    const finLeft = c.finQueued && !c.finAcknowledged
    if (left < 0 || (left === 0 && !finLeft)) return
    const window = c.sndWnd - offset
    let data = Math.min(left, c.sndMss, window)
    if (again && c.sacked.count > 0) data = Math.min(data, ahead(c.sndNxt, holeEnd(c, c.sndNxt)))
    // Congestion counts whole segments: it delays one, it never makes it smaller.
    if (data < 0 || (data === 0 && left > 0) || data > c.congestion.window - pipe) return
    const fin = finLeft && data === left && data < window
    if (data === 0 && !fin) return
    if (data < c.sndMss && !again && !small && !isWorthSending(c, data, left, fin, pipe)) return
    if (!sendRange(c, c.sndNxt, data, fin)) return
    const size = data + (fin ? 1 : 0)
    c.sndNxt = (c.sndNxt + size) | 0
    pipe += size
    if (again) c.around.retransmitted++
    noteSent(c, again)
  }
}

/** Less than a whole segment (RFC 9293, 3.8.6.2.1). There is no Nagle here: how small the outside writes is the outside's affair. */
function isWorthSending(c: ControlBlock, data: number, left: number, fin: boolean, pipe: number): boolean {
  if (fin) return true
  if (data < left) return 2 * data >= c.maxSndWnd
  // The end of what there is: while acknowledgements come anyway, the next bytes may fill the segment.
  return pipe < HELD_BACK_BEHIND * c.sndMss
}

function sendRange(c: ControlBlock, sequence: number, data: number, fin: boolean): boolean {
  const offset = ahead(c.sndUna, sequence)
  const push = data > 0 && offset + data === c.sendBuffer.length ? PSH : 0
  if (!sendSegment(c, sequence, ACK | push | (fin ? FIN : 0), offset, data)) return false
  c.lastSent = c.around.now
  return true
}

function noteSent(c: ControlBlock, again: boolean): void {
  if (isBefore(c.sndMax, c.sndNxt)) c.sndMax = c.sndNxt
  if (again || c.timingRoundTrip) return
  c.timingRoundTrip = true
  c.timedSequence = c.sndNxt
  c.timedSince = c.around.now
}

/** After a timeout everything is sent once more, but for what the peer has said to have since. */
function skipSacked(c: ControlBlock): void {
  const i = c.sacked.find(c.sndNxt)
  if (i < c.sacked.count && !isBefore(c.sndNxt, c.sacked.start(i))) c.sndNxt = c.sacked.end(i)
}

/** Something out is waited for with one timer, a window that lets nothing out with another. */
function watch(c: ControlBlock): void {
  if (flightOf(c) > 0) {
    c.persistAt = NEVER
    if (c.retransmitAt === NEVER) c.retransmitAt = c.around.now + c.roundTrip.timeout
    return
  }
  c.retransmitAt = NEVER
  if (c.stalled || pendingOf(c) <= 0) c.persistAt = NEVER
  else if (c.persistAt === NEVER) c.persistAt = c.around.now + c.roundTrip.timeout
}

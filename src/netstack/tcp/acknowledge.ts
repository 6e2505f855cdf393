// What a segment's acknowledgement and window do to what we have sent (RFC 9293, 3.10.7.4, fifth step; RFC 5681). Pure.

import { type ControlBlock, flightOf, NEVER } from './control-block.ts'
import { CHALLENGE_INTERVAL } from './limits.ts'
import { duplicateAck, learnSacked, recoveryAck } from './recovery.ts'
import type { Segment } from './segment.ts'
import { ahead, isBefore } from './sequence.ts'

/** Returns whether the rest of the segment is to be looked at. */
export function acknowledge(c: ControlBlock, s: Segment): boolean {
  const acked = ahead(c.sndUna, s.acknowledgement)
  const isProbe = acked === 1 && c.probed
  if (acked < -c.maxSndWnd || (ahead(c.sndMax, s.acknowledgement) > 0 && !isProbe)) {
    challenge(c) // RFC 5961, 5: of something that was never sent, or of a former life
    return false
  }
  const news = s.sackCount > 0 && c.sackPermitted && learnSacked(c, s)
  if (acked > 0) advance(c, s.acknowledgement, acked)
  else if (acked === 0 && flightOf(c) > 0 && isDuplicate(c, s, news)) duplicateAck(c)
  updateWindow(c, s)
  c.probesUnanswered = 0
  return true
}

/** An acknowledgement that nobody asked for, to a peer that may have lost its way, or to none (RFC 5961). */
export function challenge(c: ControlBlock): void {
  if (c.around.now - c.challengedAt < CHALLENGE_INTERVAL) return
  c.challengedAt = c.around.now
  c.ackNow = true
}

export function windowOf(c: ControlBlock, s: Segment): number {
  return s.window << c.sndShift
}

export function setWindow(c: ControlBlock, s: Segment, window: number): void {
  c.sndWnd = window
  c.sndWl1 = s.sequence
  c.sndWl2 = s.acknowledgement
  if (window > c.maxSndWnd) c.maxSndWnd = window
}

function advance(c: ControlBlock, una: number, acked: number): void {
  const flight = flightOf(c)
  const data = Math.min(acked, c.sendBuffer.length)
  if (data > 0) c.sendBuffer.consume(data)
  if (data < acked) c.finAcknowledged = true
  c.sndUna = una
  if (isBefore(c.sndNxt, una)) c.sndNxt = una
  if (isBefore(c.sndMax, una)) c.sndMax = una
  c.probed = false
  if (c.sacked.count > 0) c.sacked.trim(una)
  if (c.timingRoundTrip && !isBefore(una, c.timedSequence)) {
    c.timingRoundTrip = false
    c.roundTrip.sample(c.around.now - c.timedSince)
  }
  c.roundTrip.restart()
  c.failingSince = NEVER
  if (c.recovering) recoveryAck(c, acked)
  else {
    c.duplicateAcks = 0
    c.congestion.acknowledged(acked, flight, c.slowStartAfterTimeout)
    if (!isBefore(una, c.recover)) {
      c.slowStartAfterTimeout = false
      c.recover = una // it follows, so that it never lies half a circle behind
    }
  }
  // What is still out is waited for anew; `output` starts the timer, and knows whether anything is.
  c.retransmitAt = NEVER
}

/** RFC 5681, 2; RFC 6675, 2: with selective acknowledgements it is the news that counts. */
function isDuplicate(c: ControlBlock, s: Segment, news: boolean): boolean {
  if (s.span > 0) return false
  return c.sackPermitted ? news : windowOf(c, s) === c.sndWnd
}

function updateWindow(c: ControlBlock, s: Segment): void {
  const isNewer = isBefore(c.sndWl1, s.sequence)
  if (!isNewer && (c.sndWl1 !== s.sequence || isBefore(s.acknowledgement, c.sndWl2))) return
  const shut = c.sndWnd
  setWindow(c, s, windowOf(c, s))
  if (c.sndWnd <= shut || c.persistAt === NEVER) return
  // The window has opened: what waited for it leaves now, and no former probe makes the next timeout longer.
  c.persistAt = NEVER
  c.zeroWindowSince = NEVER
  c.roundTrip.restart()
}

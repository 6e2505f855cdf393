// What is lost, and what is still in the network: RFC 6675 where the guest acknowledges selectively, RFC 6582 (NewReno) where it does not. Pure.

import { type ControlBlock, flightOf } from './control-block.ts'
import { DUPLICATE_ACKS } from './limits.ts'
import type { Segment } from './segment.ts'
import { ahead, isBefore, later } from './sequence.ts'

/** Takes over what the peer says it has beyond a hole. Returns whether that was news. */
export function learnSacked(c: ControlBlock, s: Segment): boolean {
  const before = c.sacked.total
  for (let i = 0; i < s.sackCount; i++) {
    const start = s.sackEdges[2 * i] as number
    const end = s.sackEdges[2 * i + 1] as number
    // Within what was sent and is not acknowledged: all else is a lie, or tells of a duplicate (RFC 2883).
    if (isBefore(start, c.sndUna) || isBefore(start, s.acknowledgement) || isBefore(c.sndMax, end)) continue
    if (isBefore(start, end)) c.sacked.add(start, end)
  }
  return c.sacked.total > before
}

/** A segment that acknowledges nothing new although something is out. */
export function duplicateAck(c: ControlBlock): void {
  c.duplicateAcks++
  if (c.recovering || isBefore(c.sndUna, c.recover)) return
  if (c.duplicateAcks < DUPLICATE_ACKS && !isBefore(c.sndUna, lostBefore(c))) return
  c.congestion.lost(flightOf(c))
  c.recovering = true
  c.recover = c.sndMax
  c.highRxt = c.sndUna
  c.headLost = true
  c.timingRoundTrip = false
}

/** `acked` bytes were acknowledged in a recovery; SND.UNA has moved. */
export function recoveryAck(c: ControlBlock, acked: number): void {
  if (!isBefore(c.sndUna, c.recover)) {
    endRecovery(c)
    c.congestion.recovered(flightOf(c))
    return
  }
  // A partial acknowledgement: the next hole begins here. One that was filled already is on its way.
  if (!isBefore(c.sndUna, c.highRxt)) c.headLost = true
  c.highRxt = later(c.highRxt, c.sndUna)
  // Of what it covers one segment was the retransmitted one, the others have each sent a duplicate.
  if (!c.sackPermitted) c.duplicateAcks = Math.max(0, c.duplicateAcks - Math.floor(acked / c.sndMss) + 1)
}

export function endRecovery(c: ControlBlock): void {
  c.recovering = false
  c.headLost = false
  c.duplicateAcks = 0
}

/** Sequence numbers that are still in the network, as far as one can know. */
export function pipeOf(c: ControlBlock): number {
  const flight = flightOf(c)
  if (c.duplicateAcks === 0 && c.sacked.count === 0) return flight
  if (!c.sackPermitted) return Math.max(0, flight - c.duplicateAcks * c.sndMss)
  if (!c.recovering) return flight - c.sacked.within(c.sndUna, c.sndNxt)
  return unsacked(c, lostBefore(c), c.sndNxt) + unsacked(c, c.sndUna, c.highRxt)
}

/** The first sequence number from `from` on that the peer lacks and that is taken for lost; undefined where there is none. */
export function nextLost(c: ControlBlock, from: number): number | undefined {
  const i = c.sacked.find(from)
  const isSacked = i < c.sacked.count && !isBefore(from, c.sacked.start(i))
  const hole = isSacked ? c.sacked.end(i) : from
  return isBefore(hole, lostBefore(c)) ? hole : undefined
}

/** Where the hole ends that `sequence` lies in, at SND.MAX at the latest. */
export function holeEnd(c: ControlBlock, sequence: number): number {
  const i = c.sacked.find(sequence)
  return i < c.sacked.count ? c.sacked.start(i) : c.sndMax
}

/** All holes before it are lost (RFC 6675, 4, IsLost): enough has arrived that was sent later. */
function lostBefore(c: ControlBlock): number {
  let bytes = 0
  for (let i = c.sacked.count - 1; i >= 0; i--) {
    bytes += ahead(c.sacked.start(i), c.sacked.end(i))
    const ranges = c.sacked.count - i
    if (bytes > (DUPLICATE_ACKS - 1) * c.sndMss || ranges >= DUPLICATE_ACKS) return c.sacked.start(i)
  }
  return c.sndUna
}

function unsacked(c: ControlBlock, from: number, to: number): number {
  return isBefore(from, to) ? ahead(from, to) - c.sacked.within(from, to) : 0
}

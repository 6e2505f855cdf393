// The beginning of a connection (RFC 9293, 3.5 and 3.10.7.3): from either side, and from both at once. Pure.

import { setWindow, windowOf } from './acknowledge.ts'
import { close } from './close.ts'
import { type ControlBlock, ESTABLISHED, FIN_WAIT_1, NEVER, SYN_HELD, SYN_RECEIVED, SYN_SENT } from './control-block.ts'
import { DEFAULT_MSS, IDLE_RELEASE, MAX_SHIFT, MIN_MSS, RECEIVE_SHIFT } from './limits.ts'
import { ACK, RST, type Segment, SYN } from './segment.ts'
import { sendSyn } from './transmit.ts'

const UNSCALED_WINDOW = 0xffff

/** Asks the guest. `iss` is our initial sequence number. */
export function open(c: ControlBlock, iss: number): void {
  startSequence(c, iss)
  c.rcvShift = RECEIVE_SHIFT // offered
  c.state = SYN_SENT
  sendSyn(c, 0)
}

/** Takes note of a guest's SYN, which is answered when the outside has: it may refuse. A newer SYN replaces an older one. */
export function hold(c: ControlBlock, s: Segment): void {
  learnPeer(c, s)
  c.lastReceived = c.around.now
  c.state = SYN_HELD
}

export function answer(c: ControlBlock, iss: number): void {
  startSequence(c, iss)
  c.state = SYN_RECEIVED
  sendSyn(c, ACK)
}

/** A segment in SYN-SENT. Returns whether it has to be answered with a reset: it acknowledges what we have not sent. */
export function inputSynSent(c: ControlBlock, s: Segment): boolean {
  const acknowledges = (s.flags & ACK) !== 0
  if (acknowledges && s.acknowledgement !== c.sndMax) return (s.flags & RST) === 0
  if ((s.flags & RST) !== 0) {
    if (acknowledges) close(c, 'refused')
    return false
  }
  if ((s.flags & SYN) === 0) return false
  learnPeer(c, s)
  if (acknowledges) establish(c, s)
  else {
    // Both have called at once: the guest's SYN is answered with ours once more.
    c.state = SYN_RECEIVED
    c.timingRoundTrip = false
    sendSyn(c, ACK)
  }
  return false
}

/** In SYN-RECEIVED: our SYN is acknowledged, or something else is, which a reset answers. */
export function inputSynReceived(c: ControlBlock, s: Segment): boolean {
  if (s.acknowledgement !== c.sndMax) return false
  establish(c, s)
  return true
}

function establish(c: ControlBlock, s: Segment): void {
  c.sndUna = s.acknowledgement
  // The window of a SYN is not scaled (RFC 7323, 2.2).
  setWindow(c, s, (s.flags & SYN) === 0 ? windowOf(c, s) : s.window)
  if (c.timingRoundTrip) c.roundTrip.sample(c.around.now - c.timedSince)
  c.timingRoundTrip = false
  c.roundTrip.restart()
  c.recover = c.sndUna
  c.retransmitAt = NEVER
  c.failingSince = NEVER
  c.synWaits = false
  c.congestion.start(c.sndMss)
  c.idleAt = c.around.now + IDLE_RELEASE
  c.ackNow = (s.flags & SYN) !== 0
  c.state = c.finQueued ? FIN_WAIT_1 : ESTABLISHED
  c.owner.established()
}

function startSequence(c: ControlBlock, iss: number): void {
  c.iss = iss
  c.sndUna = iss
  c.sndNxt = (iss + 1) | 0
  c.sndMax = c.sndNxt
  c.recover = iss
  c.timingRoundTrip = true
  c.timedSince = c.around.now
  c.failingSince = c.around.now
  c.retransmitAt = c.around.now + c.roundTrip.timeout
}

function learnPeer(c: ControlBlock, s: Segment): void {
  c.irs = s.sequence
  c.rcvNxt = (s.sequence + 1) | 0
  c.rcvAdv = c.rcvNxt
  const scales = s.windowScale >= 0
  c.sndShift = scales ? Math.min(s.windowScale, MAX_SHIFT) : 0
  c.rcvShift = scales ? RECEIVE_SHIFT : -1
  if (!scales) c.rcvMax = UNSCALED_WINDOW
  c.sackPermitted = s.sackPermitted
  c.sndMss = Math.min(Math.max(MIN_MSS, s.mss === 0 ? DEFAULT_MSS : s.mss), c.rcvMss)
}

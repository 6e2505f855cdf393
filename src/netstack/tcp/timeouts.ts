// What happens when nothing does (RFC 6298; RFC 9293, 3.8): retransmission, window probes, delayed acknowledgements, keep-alives, and the
// patience for each. Pure.

import { close, giveUp } from './close.ts'
import { type ControlBlock, ESTABLISHED, FIN_WAIT_2, flightOf, NEVER, SYN_RECEIVED } from './control-block.ts'
import {
  FIN_WAIT_2_GIVE_UP,
  GIVE_UP,
  HANDSHAKE_GIVE_UP,
  IDLE_RELEASE,
  KEEP_ALIVE_IDLE,
  KEEP_ALIVE_INTERVAL,
  KEEP_ALIVE_PROBES,
  ZERO_WINDOW_GIVE_UP,
} from './limits.ts'
import { output, outputSmall, pendingOf, probeWindow } from './output.ts'
import { endRecovery } from './recovery.ts'
import { ACK } from './segment.ts'
import { probePeer, sendAck, sendSyn } from './transmit.ts'

/** When `timeout` is to be called; Infinity for a connection that waits for nothing. */
export function deadlineOf(c: ControlBlock): number {
  return Math.min(c.retransmitAt, c.persistAt, c.delayedAckAt, c.idleAt, c.timeWaitAt)
}

/** Whatever is due at this time. */
export function timeout(c: ControlBlock): void {
  const { now } = c.around
  if (c.delayedAckAt <= now) acknowledgeLate(c)
  if (c.retransmitAt <= now) retransmit(c)
  if (c.persistAt <= now) persist(c)
  if (c.idleAt <= now) idle(c)
  if (c.timeWaitAt <= now) close(c, 'done')
}

function acknowledgeLate(c: ControlBlock): void {
  c.delayedAckAt = NEVER
  c.interactive = false // no answer has come that could have carried it
  c.ackNow = true
  if (!c.stalled) sendAck(c)
}

function retransmit(c: ControlBlock): void {
  if (c.state < ESTABLISHED) {
    retransmitSyn(c)
    return
  }
  if (c.failingSince === NEVER) c.failingSince = c.around.now
  if (c.around.now - c.failingSince >= GIVE_UP) {
    giveUp(c)
    return
  }
  c.retransmitAt = c.around.now + c.roundTrip.timeout
  if (c.stalled) return // the guest does not look at its queue: nothing is lost
  c.congestion.timedOut(flightOf(c), c.roundTrip.doublings > 0)
  c.roundTrip.backOff()
  c.timingRoundTrip = false
  c.slowStartAfterTimeout = true
  endRecovery(c)
  c.recover = c.sndMax
  c.sacked.clear() // RFC 2018, 8: the peer may have thrown it away
  c.sndNxt = c.sndUna
  c.retransmitAt = NEVER
  output(c)
}

function retransmitSyn(c: ControlBlock): void {
  if (c.around.now - c.failingSince >= HANDSHAKE_GIVE_UP) {
    giveUp(c)
    return
  }
  c.roundTrip.backOff()
  c.timingRoundTrip = false
  c.retransmitAt = c.around.now + c.roundTrip.timeout
  if (c.stalled) return
  c.around.retransmitted++
  sendSyn(c, c.state === SYN_RECEIVED ? ACK : 0)
}

function persist(c: ControlBlock): void {
  const { now } = c.around
  if (c.zeroWindowSince === NEVER) c.zeroWindowSince = now
  const isSilent = c.probesUnanswered > 0 && now - c.lastReceived >= GIVE_UP
  if (isSilent || now - c.zeroWindowSince >= ZERO_WINDOW_GIVE_UP) {
    giveUp(c)
    return
  }
  c.persistAt = NEVER
  if (c.sndWnd > 0) outputSmall(c)
  if (flightOf(c) > 0 || c.stalled || pendingOf(c) <= 0) return
  c.probesUnanswered++
  probeWindow(c)
  c.roundTrip.backOff()
  c.persistAt = now + c.roundTrip.timeout
}

function idle(c: ControlBlock): void {
  const { now } = c.around
  // Sums are compared, as deadlines are: with a difference, which is rounded otherwise, one could be set to now for ever.
  const releaseAt = Math.max(c.lastReceived, c.lastSent) + IDLE_RELEASE
  const keepAliveAt = c.lastReceived + KEEP_ALIVE_IDLE
  if (c.state === FIN_WAIT_2 && now >= c.halfClosedSince + FIN_WAIT_2_GIVE_UP) giveUp(c)
  else if (now < releaseAt) c.idleAt = releaseAt
  else if (now < keepAliveAt) {
    if (c.sendBuffer.length === 0) c.sendBuffer.release()
    c.idleAt = keepAliveAt
  } else keepAlive(c)
}

/** RFC 9293, 3.8.4. Not where something is waited for anyway. */
function keepAlive(c: ControlBlock): void {
  c.idleAt = c.around.now + KEEP_ALIVE_INTERVAL
  if (pendingOf(c) + flightOf(c) > 0 || c.stalled) return
  if (c.idleProbes >= KEEP_ALIVE_PROBES) {
    giveUp(c)
    return
  }
  c.idleProbes++
  // Every other one with a byte of the past: there are stacks that answer nothing without one (RFC 1122, 4.2.3.6).
  probePeer(c, c.idleProbes % 2 === 0)
}

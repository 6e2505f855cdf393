// What the owner of a connection calls. After each of these the connection has done all it can do now; `deadlineOf` says when it wants `timeout`,
// its owner's `stalled` that it wants `resume`. Pure.

import {
  CLOSE_WAIT,
  CLOSED,
  type ControlBlock,
  ESTABLISHED,
  FIN_WAIT_1,
  flightOf,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
} from './control-block.ts'
import { settle } from './input.ts'
import { output } from './output.ts'
import { ACK } from './segment.ts'
import { isWindowUpdateDue, sendAck, sendReset, sendSyn } from './transmit.ts'

const STATES = [
  'CLOSED',
  'SYN-HELD',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
]

/** Returns how many of the bytes were taken; for the others `Owner.room` is called. */
export function send(c: ControlBlock, bytes: Uint8Array): number {
  if (c.finQueued || c.state === CLOSED) return bytes.length // nobody wants them any more
  const count = c.sendBuffer.append(bytes, wantedCapacity(c))
  if (count < bytes.length) c.roomWanted = true
  output(c)
  return count
}

/** No more bytes will be sent. */
export function finish(c: ControlBlock): void {
  if (c.finQueued || c.state === CLOSED) return
  c.finQueued = true
  c.roomWanted = false
  if (c.state === ESTABLISHED) c.state = FIN_WAIT_1
  else if (c.state === CLOSE_WAIT) c.state = LAST_ACK
  output(c)
}

/** `bytes` more of those delivered are done with. */
export function taken(c: ControlBlock, bytes: number): void {
  const count = Math.min(bytes, c.untaken)
  c.untaken -= count
  c.memory.receive.give(count)
  if (c.state < ESTABLISHED || c.finReceived || c.stalled || !isWindowUpdateDue(c)) return
  sendAck(c)
}

/** The acknowledgement that is due before time goes on, if nothing has carried it meanwhile. */
export function settleAck(c: ControlBlock): void {
  if (!c.ackSoon) return
  c.ackSoon = false
  c.ackNow = true
  output(c)
}

/** The guest's queue has room again. */
export function resume(c: ControlBlock): void {
  c.stalled = false
  if (c.resetWaits) sendReset(c)
  else if (c.synWaits && c.state === SYN_SENT) sendSyn(c, 0)
  else if (c.synWaits && c.state === SYN_RECEIVED) sendSyn(c, ACK)
  else settle(c)
}

/** The peer's address, as it were, on one line. */
export function describe(c: ControlBlock): string {
  const { now } = c.around
  const timer = (name: string, at: number): string =>
    at < Number.POSITIVE_INFINITY ? ` ${name}=${(at - now) | 0}ms` : ''
  return (
    `${STATES[c.state]} una=${c.sndUna >>> 0} nxt=+${flightOf(c)} max=+${(c.sndMax - c.sndUna) | 0} wnd=${c.sndWnd} ` +
    `queued=${c.sendBuffer.length}/${c.sendBuffer.capacity}${c.finQueued ? '+FIN' : ''} mss=${c.sndMss} ` +
    `cwnd=${c.congestion.window} dup=${c.duplicateAcks} sacked=${c.sacked.total}${c.recovering ? ' recovering' : ''} ` +
    `rto=${c.roundTrip.timeout | 0}ms rcv=${c.rcvNxt >>> 0} shown=${(c.rcvAdv - c.rcvNxt) | 0} untaken=${c.untaken}` +
    `${c.reassembly === undefined ? '' : ' holes'}${c.ackNow ? ' ack' : ''}${c.stalled ? ' stalled' : ''}` +
    timer('retransmit', c.retransmitAt) +
    timer('persist', c.persistAt) +
    timer('ack', c.delayedAckAt) +
    timer('wait', c.timeWaitAt)
  )
}

/** Enough for what the guest takes in, not more: what lies in a buffer for long falls out of the processor's caches. */
function wantedCapacity(c: ControlBlock): number {
  return Math.max(4 * c.sndMss, 2 * flightOf(c)) + 64 * 1024
}

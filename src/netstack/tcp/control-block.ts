// A connection's state (RFC 9293, 3.3.1, the transmission control block), with the names that the RFCs give its variables. We are the guest's
// peer: "local" is the address that the guest talks to. The functions that change it lie in files of their own, one per concern. Pure.

import type { PacketPath } from '../packets.ts'
import type { Budget } from './budget.ts'
import { Congestion } from './congestion.ts'
import { DEFAULT_MSS, RECEIVE_WINDOW } from './limits.ts'
import { Ranges } from './ranges.ts'
import type { Reassembly } from './reassembly.ts'
import { RoundTrip } from './round-trip.ts'
import { HEADER_SIZE } from './segment.ts'
import { SendBuffer } from './send-buffer.ts'

export const CLOSED = 0
/** A SYN has come and is not answered yet. */
export const SYN_HELD = 1
export const SYN_SENT = 2
export const SYN_RECEIVED = 3
export const ESTABLISHED = 4
export const FIN_WAIT_1 = 5
export const FIN_WAIT_2 = 6
export const CLOSE_WAIT = 7
export const CLOSING = 8
export const LAST_ACK = 9
export const TIME_WAIT = 10

/** A timer that is off. */
export const NEVER = Number.POSITIVE_INFINITY

/** What all connections share. */
export type Surroundings = {
  /** Milliseconds. */
  now: number
  sent: number
  retransmitted: number
}

export type Memory = { readonly send: Budget; readonly receive: Budget; readonly reorder: Budget }

export type ClosedBecause = 'done' | 'reset' | 'refused' | 'timed out'

/** Whom a connection serves. Each may call back into it. */
export interface Owner {
  established(): void
  /** In order. Only there during the call; answered by `taken`. */
  deliver(bytes: Uint8Array): void
  /** The guest will send no more. */
  ended(): void
  /** There is room again, after `send` has taken less than it was given. */
  room(): void
  /** Both directions are finished; late segments are answered for a while. */
  lingers(): void
  closed(why: ClosedBecause): void
  /** The guest's queue is full: `resume` is to be called when it is not. */
  stalled(): void
  /** An acknowledgement is due before time goes on: `settleAck` is to be called then. */
  owesAck(): void
}

export class ControlBlock {
  state = CLOSED
  readonly around: Surroundings
  readonly owner: Owner
  readonly path: PacketPath
  readonly localPort: number
  readonly remotePort: number

  // Send sequence space. SND.NXT goes back after a timeout, SND.MAX never does.
  iss = 0
  sndUna = 0
  sndNxt = 0
  sndMax = 0
  sndWnd = 0
  sndWl1 = 0
  sndWl2 = 0
  /** The largest window that the peer has shown. */
  maxSndWnd = 0
  sndShift = 0
  sndMss = DEFAULT_MSS
  sackPermitted = false
  readonly sendBuffer: SendBuffer
  /** `send` has taken less than it was given. */
  roomWanted = false
  finQueued = false
  finAcknowledged = false

  // Receive sequence space.
  irs = 0
  rcvNxt = 0
  /** The right edge that the peer was shown; it never goes back. */
  rcvAdv = 0
  rcvMax = RECEIVE_WINDOW
  /** -1: the peer does not scale, and so neither do we. */
  rcvShift = -1
  readonly rcvMss: number
  /** Delivered, and not taken yet. */
  untaken = 0
  finReceived = false
  /** Where the peer's FIN lies, when it came before what it follows. */
  finWaits = false
  finAt = 0
  reassembly: Reassembly | undefined
  readonly memory: Memory

  // Acknowledgements.
  ackNow = false
  /** Due before time goes on: more may come until then. */
  ackSoon = false
  /** Segments with data since the last one. */
  unacknowledged = 0
  /** Answers follow requests soon enough to carry the acknowledgement. */
  interactive = false
  challengedAt = Number.NEGATIVE_INFINITY

  // Loss recovery.
  readonly roundTrip = new RoundTrip()
  readonly congestion = new Congestion()
  /** What the peer has beyond SND.UNA. */
  readonly sacked = new Ranges()
  duplicateAcks = 0
  recovering = false
  /** The segment at SND.UNA is sent again, whatever else is out. */
  headLost = false
  /** SND.MAX when the loss was seen: until it is acknowledged, no other one is. */
  recover = 0
  /** Retransmitted in this recovery up to here. */
  highRxt = 0
  timingRoundTrip = false
  timedSequence = 0
  timedSince = 0
  /** A timer has fired, and nothing was acknowledged since. */
  failingSince = NEVER
  slowStartAfterTimeout = false

  // Timers, and what they count.
  retransmitAt = NEVER
  persistAt = NEVER
  delayedAckAt = NEVER
  timeWaitAt = NEVER
  idleAt = NEVER
  lastReceived = 0
  lastSent = 0
  zeroWindowSince = NEVER
  /** In FIN-WAIT-2: since when nothing has come. */
  halfClosedSince = 0
  probesUnanswered = 0
  /** What lies at SND.UNA was sent as a probe of the window. */
  probed = false
  idleProbes = 0

  // What the full queue has kept back.
  stalled = false
  synWaits = false
  resetWaits = false

  constructor(
    around: Surroundings,
    owner: Owner,
    path: PacketPath,
    localPort: number,
    remotePort: number,
    memory: Memory,
  ) {
    this.around = around
    this.owner = owner
    this.path = path
    this.localPort = localPort
    this.remotePort = remotePort
    this.rcvMss = path.maxTransport - HEADER_SIZE
    this.memory = memory
    this.sendBuffer = new SendBuffer(memory.send)
  }
}

/** Bytes, and a FIN, that were sent and are neither acknowledged nor given up for lost by a timeout. */
export function flightOf(c: ControlBlock): number {
  return (c.sndNxt - c.sndUna) | 0
}

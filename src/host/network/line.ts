// The host's end of a guest's net device, whatever frames travel over. One contract; seqpacket-line.ts, tap-line.ts and datagram-line.ts
// fulfil it, and one suite tests them (line.test.ts).

import type { Carrier } from '../../netstack/carrier.ts'

/** `length` of `reserve` is at most that of the longest frame of the line. */
export type Line = Carrier & {
  /** From now on, `events` are called. */
  readonly start: (events: LineEvents) => void
  /** What has been committed leaves, as far as there is room; the rest follows by itself. */
  readonly flush: () => void
  /** Closes the descriptor. No event comes any more. */
  readonly close: () => void
  /** Frames from the guest that were longer than its MTU allows, or empty: they are dropped. */
  readonly malformed: number
}

/** None of them may throw. */
export type LineEvents = {
  /** Frames may have arrived: `receive` them. It is called again while there are more, after everybody else had a turn. */
  readonly readable: (receive: (frame: ReceiveFrame) => void) => void
  /** There is room again, after `reserve` had none. */
  readonly ready: () => void
  /** The guest has closed its end, and what it sent before has been received. */
  readonly ended: () => void
}

/** The frame is only there during the call. */
export type ReceiveFrame = (bytes: Uint8Array, at: number, length: number) => void

export const ETHERNET_HEADER = 14

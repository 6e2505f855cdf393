// The wire between a guest's device and the network: whole Ethernet frames, without a checksum behind them. Pure.

/** Frames to the guest are written in place, so that none is copied on its way to the kernel. */
export interface Carrier {
  /**
   * Room for a frame of up to `length` bytes, which is to be filled and committed before anything else happens; undefined where the queue is full.
   * Whoever gets none may drop the frame, or wait for `Port.ready`. The array may be longer than asked for.
   */
  reserve(length: number): Uint8Array | undefined
  /** What was reserved last is complete: its first `length` bytes are the frame. It leaves with all others of this turn. */
  commit(length: number): void
}

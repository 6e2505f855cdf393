// The batches of one thread. Received frames are only looked at during a call, so all lines share the batches that they arrive in; a batch of
// frames to a guest is lent to a line while it has some that have not left. So an idle line holds none.

import { FrameBatch, slotSizeFor } from './frame-batch.ts'

const MAX_SPARE = 8 // of each size: some 4 MiB of them, and what a burst had more goes back to the system

export class Batches {
  readonly #addressOf: (buffer: ArrayBuffer) => bigint
  readonly #receiving = new Map<number, FrameBatch>()
  readonly #spare = new Map<number, FrameBatch[]>()

  constructor(addressOf: (buffer: ArrayBuffer) => bigint) {
    this.#addressOf = addressOf
  }

  /** To receive frames of up to so many bytes in. */
  forReceiving(frame: number): FrameBatch {
    const size = slotSizeFor(frame)
    const known = this.#receiving.get(size)
    if (known !== undefined) return known
    const batch = new FrameBatch(size, this.#addressOf)
    this.#receiving.set(size, batch)
    return batch
  }

  lend(frame: number): FrameBatch {
    const size = slotSizeFor(frame)
    return this.#spare.get(size)?.pop() ?? new FrameBatch(size, this.#addressOf)
  }

  giveBack(batch: FrameBatch): void {
    const spare = this.#spare.get(batch.slotSize)
    if (spare === undefined) this.#spare.set(batch.slotSize, [batch])
    else if (spare.length < MAX_SPARE) spare.push(batch)
  }
}

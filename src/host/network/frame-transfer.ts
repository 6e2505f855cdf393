// How a batch of frames passes a descriptor: with one call through a SOCK_SEQPACKET socket, with one call a frame through a TAP interface.

import type { FrameBatch } from './frame-batch.ts'
import type { SocketCalls } from './socket-calls.ts'

/** Both return how many frames have passed, or -errno where not one has. */
export type FrameTransfer = {
  /** Into the slots from the first on; `FrameBatch.lengthOf` says how long each is. */
  readonly receive: (batch: FrameBatch) => number
  readonly send: (batch: FrameBatch, from: number, count: number) => number
}

export function seqpacketTransfer(calls: SocketCalls, descriptor: number): FrameTransfer {
  return {
    receive: (batch) => calls.receiveMany(descriptor, batch.headersFrom(0), batch.slots),
    send: (batch, from, count) => calls.sendMany(descriptor, batch.headersFrom(from), count),
  }
}

export function tapTransfer(calls: SocketCalls, descriptor: number): FrameTransfer {
  return {
    receive: (batch) => {
      for (let slot = 0; slot < batch.slots; slot++) {
        const length = calls.read(descriptor, batch.addresses[slot] as bigint, batch.slotSize)
        if (length < 0) return slot === 0 ? length : slot
        batch.setArrived(slot, length)
      }
      return batch.slots
    },
    send: (batch, from, count) => {
      for (let slot = from; slot < from + count; slot++) {
        const result = calls.write(descriptor, batch.addresses[slot] as bigint, batch.lengthToSend(slot))
        if (result < 0) return slot === from ? result : slot - from
      }
      return count
    },
  }
}

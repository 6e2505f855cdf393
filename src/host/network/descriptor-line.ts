// A line over a descriptor that FFI reads and writes: an end of a SOCK_SEQPACKET pair, or a TAP interface. Frames pass in batches; whoever
// is behind the descriptor is not believed in anything but the bytes.

import { constants } from 'node:os'
import type { Batches } from './batches.ts'
import type { FrameBatch } from './frame-batch.ts'
import type { FrameTransfer } from './frame-transfer.ts'
import { ETHERNET_HEADER, type Line, type LineEvents, type ReceiveFrame } from './line.ts'
import type { SocketCalls, Watch } from './socket-calls.ts'

const { EAGAIN, ECONNRESET, EINTR } = constants.errno

/** What all lines of a thread share. */
export type LineSetting = {
  readonly calls: SocketCalls
  readonly batches: Batches
  /** Called once for each line, when nothing reads or writes its descriptor any more. */
  readonly closeDescriptor: (descriptor: number) => void
}

export class DescriptorLine implements Line {
  malformed = 0
  readonly #calls: SocketCalls
  readonly #batches: Batches
  readonly #transfer: FrameTransfer
  readonly #descriptor: number
  readonly #closeDescriptor: (descriptor: number) => void
  readonly #longest: number
  #events: LineEvents | undefined
  #watch: Watch | undefined
  #closed = false
  /** Frames to the guest that have not left: so many slots, from the first on, around the end of the batch. */
  #sending: FrameBatch | undefined
  #first = 0
  #count = 0
  /** The socket is full: nothing is sent before it says that it is not. */
  #blocked = false
  /** Somebody waits for room. */
  #starved = false
  #hungUp = false
  /** Nothing was there when last looked for. */
  #drained = false

  /** `transfer` is that of the descriptor. */
  constructor(
    { calls, batches, closeDescriptor }: LineSetting,
    transfer: FrameTransfer,
    descriptor: number,
    mtu: number,
  ) {
    this.#calls = calls
    this.#batches = batches
    this.#transfer = transfer
    this.#descriptor = descriptor
    this.#closeDescriptor = closeDescriptor
    this.#longest = mtu + ETHERNET_HEADER
  }

  start(events: LineEvents): void {
    this.#events = events
    this.#watch = this.#calls.watch(this.#descriptor, { readable: true, writable: false }, (...what) =>
      this.#happened(...what),
    )
  }

  reserve(_length: number): Uint8Array | undefined {
    if (this.#closed) return undefined
    const batch = (this.#sending ??= this.#batches.lend(this.#longest))
    if (this.#count === batch.slots) this.flush()
    if (this.#count === batch.slots) {
      this.#starved = true
      return undefined
    }
    // A flush that emptied the batch has given it back.
    const room = (this.#sending ??= this.#batches.lend(this.#longest))
    return room.slot((this.#first + this.#count) % room.slots)
  }

  commit(length: number): void {
    const batch = this.#sending
    if (batch === undefined) return
    batch.setLength((this.#first + this.#count) % batch.slots, length)
    this.#count++
  }

  flush(): void {
    const batch = this.#sending
    if (batch === undefined || this.#blocked) return
    while (this.#count > 0) {
      const result = this.#transfer.send(batch, this.#first, Math.min(this.#count, batch.slots - this.#first))
      if (result === -EAGAIN) {
        this.#block()
        return
      }
      if (result === -EINTR) continue
      // One that the kernel does not take: too long for its buffers, or nobody is there, which is noticed elsewhere.
      const done = result > 0 ? result : 1
      this.#first = (this.#first + done) % batch.slots
      this.#count -= done
    }
    this.#first = 0
    this.#sending = undefined
    this.#batches.giveBack(batch)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#watch?.close()
    this.#closeDescriptor(this.#descriptor)
    if (this.#sending !== undefined) this.#batches.giveBack(this.#sending)
    this.#sending = undefined
    this.#count = 0
  }

  #block(): void {
    this.#blocked = true
    this.#watch?.change({ readable: true, writable: true })
  }

  #happened(readable: boolean, writable: boolean, ended: boolean, failed: boolean): void {
    if (ended || failed) this.#hungUp = true
    if (writable) this.#unblock()
    if (readable || this.#hungUp) this.#receive()
    // An error ends the watching, but there may be frames that were sent before it.
    if (failed && !this.#closed) setImmediate(() => this.#happened(true, false, true, true))
  }

  #unblock(): void {
    this.#blocked = false
    this.flush()
    if (this.#blocked) return
    this.#watch?.change({ readable: true, writable: false })
    if (!this.#starved) return
    this.#starved = false
    this.#events?.ready()
  }

  #receive(): void {
    this.#drained = false
    this.#events?.readable((frame) => this.#receiveInto(frame))
    if (this.#hungUp && this.#drained && !this.#closed) this.#events?.ended()
  }

  #receiveInto(frame: ReceiveFrame): void {
    const batch = this.#batches.forReceiving(this.#longest)
    const count = this.#transfer.receive(batch)
    if (count < 0) {
      // What was sent before the peer went is behind its error.
      this.#drained = count !== -ECONNRESET && count !== -EINTR
      return
    }
    let empty = 0
    for (let slot = 0; slot < count && !this.#closed; slot++) {
      const length = batch.lengthOf(slot)
      if (length === 0) empty++
      if (length <= 0 || length > this.#longest) {
        this.malformed++
        continue
      }
      frame(batch.bytes, slot * batch.slotSize, length)
    }
    // Empty messages are what a guest may send, and what the end looks like when the peer is gone.
    this.#drained = empty === count
  }
}

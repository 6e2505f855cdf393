// Room for frames that one system call takes or gives: a slot for each, and the headers that the kernel wants, laid out once. Sources:
// recvmmsg(2), sendmmsg(2), Linux include/linux/socket.h; the same with every C library on 64-bit little-endian machines.

const HEADER = 64 // bytes: struct mmsghdr
const HEADER_VECTOR = 16 // msg_iov
const HEADER_VECTORS = 24 // msg_iovlen
const FLAGS = 48 / 4 // msg_flags, as an index of 32-bit words
const LENGTH = 56 / 4 // msg_len
const HEADER_WORDS = HEADER / 4
const VECTOR = 16 // struct iovec: address, length
const VECTOR_WORDS = VECTOR / 4
const MSG_TRUNC = 0x20

/** Frames of the usual size, of jumbo size, and of every size. A batch of a larger one has fewer slots. */
const SLOT_SIZES = [2048, 16_384, 65_600]
const BATCH = 512 * 1024 // bytes: about what the second level of a processor's cache holds
const MAX_SLOTS = 64

/** How large a slot has to be for frames of up to so many bytes. */
export function slotSizeFor(frame: number): number {
  const size = SLOT_SIZES.find((candidate) => frame <= candidate)
  if (size === undefined) throw new RangeError(`no slot holds a frame of ${frame} bytes`)
  return size
}

export class FrameBatch {
  readonly slotSize: number
  readonly slots: number
  /** All slots, one behind the other. */
  readonly bytes: Uint8Array
  /** Where each slot is in memory, for calls that take one frame. */
  readonly addresses: readonly bigint[]
  readonly #views: readonly Uint8Array[]
  readonly #headers: bigint
  readonly #words: Uint32Array

  constructor(slotSize: number, addressOf: (buffer: ArrayBuffer) => bigint) {
    this.slotSize = slotSize
    this.slots = Math.min(MAX_SLOTS, Math.floor(BATCH / slotSize))
    const frames = new ArrayBuffer(this.slots * slotSize)
    const first = addressOf(frames)
    this.bytes = new Uint8Array(frames)
    this.addresses = Array.from({ length: this.slots }, (_, i) => first + BigInt(i * slotSize))
    this.#views = Array.from({ length: this.slots }, (_, i) => new Uint8Array(frames, i * slotSize, slotSize))
    const headers = new ArrayBuffer(this.slots * (HEADER + VECTOR))
    this.#headers = addressOf(headers)
    this.#words = new Uint32Array(headers)
    for (let i = 0; i < this.slots; i++) this.#layOut(new DataView(headers), i)
  }

  /** For a call that takes the headers of slots from this one on. */
  headersFrom(slot: number): bigint {
    return slot === 0 ? this.#headers : this.#headers + BigInt(slot * HEADER)
  }

  slot(slot: number): Uint8Array {
    return this.#views[slot] as Uint8Array
  }

  /** How many bytes the slot has to give or may take. */
  setLength(slot: number, length: number): void {
    this.#words[this.#vectorLength(slot)] = length
  }

  lengthToSend(slot: number): number {
    return this.#words[this.#vectorLength(slot)] as number
  }

  /** For calls that take one frame: what the kernel itself notes where it takes many. */
  setArrived(slot: number, length: number): void {
    this.#words[slot * HEADER_WORDS + LENGTH] = length
  }

  /** What arrived in the slot: its bytes, or -1 for more than a slot holds. */
  lengthOf(slot: number): number {
    const at = slot * HEADER_WORDS
    return ((this.#words[at + FLAGS] as number) & MSG_TRUNC) === 0 ? (this.#words[at + LENGTH] as number) : -1
  }

  #vectorLength(slot: number): number {
    return this.slots * HEADER_WORDS + slot * VECTOR_WORDS + 2
  }

  #layOut(view: DataView, slot: number): void {
    const vector = this.slots * HEADER + slot * VECTOR
    view.setBigUint64(slot * HEADER + HEADER_VECTOR, this.#headers + BigInt(vector), true)
    view.setBigUint64(slot * HEADER + HEADER_VECTORS, 1n, true)
    view.setBigUint64(vector, this.addresses[slot] as bigint, true)
    this.setLength(slot, this.slotSize)
  }
}

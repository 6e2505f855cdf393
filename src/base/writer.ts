// Little-endian writes into bytes of a known size: the counterpart of reader.ts for formats that we compose. Pure.

/** A write outside the buffer is our own bug, never an input's: DataView's RangeError is left to speak. */
export class ByteWriter {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.#view = new DataView(this.bytes.buffer)
  }

  u8(at: number, value: number): this {
    this.#view.setUint8(at, value)
    return this
  }

  u16(at: number, value: number): this {
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, true)
    return this
  }

  u64(at: number, value: bigint): this {
    this.#view.setBigUint64(at, value, true)
    return this
  }

  put(at: number, bytes: Uint8Array): this {
    this.bytes.set(bytes, at)
    return this
  }
}

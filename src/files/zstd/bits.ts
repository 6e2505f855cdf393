// Streams of bits as zstd has them: read from their end to their begin, and tables that are read forward. Source: RFC 8878, sections 4.1 and 4.1.1.
// The bytes are a block of an archive that nobody has vouched for: every stream has a begin and an end that it does not leave. Pure.

/** What is wrong with a block. Whoever knows where the block lies makes a FormatError of it. */
export class BadBlock extends Error {}

/** Bytes that a block lies behind, and has behind it: so that four bytes can be read around every bit of it. */
export const MARGIN = 8

/** The bits of bytes `from` to `to`, last one first. The last byte's highest set bit is a mark and not read. */
export class BackwardBits {
  readonly #view: DataView
  readonly #begin: number
  #at: number

  constructor(view: DataView, from: number, to: number) {
    const last = to > from ? view.getUint8(to - 1) : 0
    if (last === 0) throw new BadBlock('has a stream of bits without its mark')
    this.#view = view
    this.#begin = from * 8
    this.#at = to * 8 - 1 - (Math.clz32(last) - 24)
  }

  /** Bits that are left; negative where more have been read than there are. */
  get left(): number {
    return this.#at - this.#begin
  }

  /** The next bits, at most 25, as they are or would be; what lies before the begin is of no account. */
  peek(count: number): number {
    const at = this.#at - count
    return (this.#view.getUint32(at >>> 3, true) >>> (at & 7)) & ((1 << count) - 1)
  }

  skip(count: number): void {
    this.#at -= count
  }

  /** The next bits, at most 31. Throws where the stream has not so many. */
  read(count: number): number {
    if (count > this.left) throw new BadBlock('has a stream of bits that ends too early')
    if (count <= 25) {
      const value = this.peek(count)
      this.#at -= count
      return value
    }
    const high = this.peek(count - 16)
    this.#at -= count - 16
    const low = this.peek(16)
    this.#at -= 16
    return high * 0x10000 + low
  }

  /** Every bit has to be read, and no other. */
  requireEnd(): void {
    if (this.left !== 0) throw new BadBlock('has a stream of bits of another length')
  }
}

/** The bits of bytes from `from`, first one first. */
export class ForwardBits {
  readonly #view: DataView
  readonly #end: number
  #at: number

  constructor(view: DataView, from: number, to: number) {
    this.#view = view
    this.#at = from * 8
    this.#end = to * 8
  }

  /** At most 25. */
  read(count: number): number {
    const value = (this.#view.getUint32(this.#at >>> 3, true) >>> (this.#at & 7)) & ((1 << count) - 1)
    this.#at += count
    return value
  }

  unread(count: number): void {
    this.#at -= count
  }

  /** The byte behind the last bit that was read. */
  endByte(): number {
    if (this.#at > this.#end) throw new BadBlock('has a table that ends too early')
    return Math.ceil(this.#at / 8)
  }
}

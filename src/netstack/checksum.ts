// The Internet checksum (RFC 1071). Sums are of little-endian words, since the sum does not care for the order as long as it is one: it is
// stored the same way, and four bytes are added at a time. Pure.

const SHORT = 24 // bytes: below, a view costs more than it saves

let view: DataView = new DataView(new ArrayBuffer(0))

/** A view of the whole buffer, kept for the next call: frames come out of the same few. */
function viewOf(buffer: ArrayBufferLike): DataView {
  if (view.buffer !== buffer) view = new DataView(buffer)
  return view
}

/** The folded sum of `length` bytes at `at`, at most 65535 of them. 0xffff or 0 for what holds a right checksum. */
export function sumOf(bytes: Uint8Array, at: number, length: number): number {
  return length < SHORT ? sumShort(bytes, at, length) : sumLong(viewOf(bytes.buffer), bytes.byteOffset + at, length)
}

function sumShort(bytes: Uint8Array, at: number, length: number): number {
  const end = at + length - 1
  let sum = 0
  let i = at
  for (; i < end; i += 2) sum += (bytes[i] as number) | ((bytes[i + 1] as number) << 8)
  if (i === end) sum += bytes[i] as number
  return fold(sum)
}

function sumLong(words: DataView, at: number, length: number): number {
  const end = at + length
  // Of 65535 bytes neither half can leave 31 bits.
  let low = 0
  let high = 0
  let i = at
  for (const last = end - 16; i <= last; i += 16) {
    const a = words.getInt32(i, true)
    const b = words.getInt32(i + 4, true)
    const c = words.getInt32(i + 8, true)
    const d = words.getInt32(i + 12, true)
    low = (low + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)) | 0
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0
  }
  for (; i < end - 1; i += 2) low += words.getUint16(i, true)
  if (i < end) low += words.getUint8(i)
  return fold(low + high)
}

/** To 16 bits, with the carries added in: of anything below 2^32. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}

/** The sum of the pseudo header of UDP and TCP but for its length, to be added to that of the packet. */
export function pseudoSum(source: number, destination: number, protocol: number): number {
  return swap(fold((source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol))
}

/** A 16-bit value as it counts in a sum. */
export function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8)
}

/** Writes the checksum of a folded sum, of bytes in which its own place held 0. */
export function putChecksum(bytes: Uint8Array, at: number, sum: number): void {
  const checksum = ~sum & 0xffff
  bytes[at] = checksum
  bytes[at + 1] = checksum >>> 8
}

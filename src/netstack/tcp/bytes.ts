// Big-endian numbers in place. Bounds are the callers', who check them once for a whole header. Pure.

export function readU8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

/** Signed, as sequence numbers are kept. */
export function readI32(bytes: Uint8Array, at: number): number {
  return (readU16(bytes, at) << 16) | readU16(bytes, at + 2)
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

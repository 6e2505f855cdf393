// Node's Buffer is a Uint8Array whose `slice` does not copy. The network is written for the language's own, and gets that.

export function plainBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

// The checksum of gzip, of GPT and of much else: CRC-32 as ISO 3309 has it (polynomial 0xedb88320, bits reversed). Pure.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320
  return value
})

/** Of the bytes, or of what `before` is the checksum of with the bytes behind it. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let value = ~before
  for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] as number)
  return ~value >>> 0
}

// Machine code out of the generated listings, an instruction a line in hexadecimal. Pure.

export function codeOf(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  const hex = lines.join('')
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

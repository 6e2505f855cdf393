// Spoils files at random, most often where their readers look; the same seed spoils the same bytes.

export type Next = (below: number) => number

/** The values at which arithmetic on 64 and 32 bits goes wrong, and small ones that are sizes and offsets. */
const EXTREMES = [
  0n,
  1n,
  4n,
  12n,
  20n,
  64n,
  0xfffn,
  0x1000n,
  0x2000n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]

/** Whole numbers below a limit (a 32-bit xorshift register, whose state must not be 0). */
export function randomNumbers(seed: number): Next {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * below)
  }
}

/** A copy with one to three changes. `places` are offsets where fields lie that matter. */
export function mutate(sample: Uint8Array, places: readonly number[], next: Next): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(sample)
  for (let changes = 1 + next(3); changes > 0 && bytes.length > 8; changes--) {
    const view = new DataView(bytes.buffer)
    const place = Math.min((places[next(places.length)] ?? 0) + next(64), bytes.length - 8)
    const kind = next(8)
    if (kind === 0) bytes = bytes.slice(0, next(bytes.length + 1))
    else if (kind <= 2) bytes[place] = next(256)
    else if (kind <= 4) view.setUint32(place - (place % 4), Number(extreme(next) & 0xffffffffn), true)
    else if (kind <= 6) view.setBigUint64(place - (place % 8), extreme(next), true)
    else bytes.copyWithin(place, places[next(places.length)] ?? 0, next(bytes.length))
  }
  return bytes
}

function extreme(next: Next): bigint {
  return next(2) === 0 ? BigInt(next(0x4000)) : (EXTREMES[next(EXTREMES.length)] as bigint)
}

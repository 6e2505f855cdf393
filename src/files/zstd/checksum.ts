// XXH64 with seed 0, of which a frame keeps the lower half: by halves of 32 bits, since bigints take twenty times as long. Source: the specification
// of xxHash, "XXH64 Algorithm Description". Pure.

const STRIPE = 32

/** A number of 64 bits. */
type Wide = readonly [high: number, low: number]

const P1: Wide = [0x9e3779b1, 0x85ebca87]
const P2: Wide = [0xc2b2ae3d, 0x27d4eb4f]
const P3: Wide = [0x165667b1, 0x9e3779f9]
const P4: Wide = [0x85ebca77, 0xc2b2ae63]
const P5: Wide = [0x27d4eb2f, 0x165667c5]

export class Xxh64 {
  /** Four lanes, high half and low half. */
  readonly #lanes = Int32Array.of(...add(P1, P2), ...P2, 0, 0, ...subtract([0, 0], P1))
  readonly #rest = new Uint8Array(STRIPE)
  #restLength = 0
  #total = 0

  update(bytes: Uint8Array): void {
    this.#total += bytes.length
    let at = 0
    if (this.#restLength > 0) {
      at = Math.min(STRIPE - this.#restLength, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#restLength)
      this.#restLength += at
      if (this.#restLength < STRIPE) return
      this.#stripes(this.#rest, 0, STRIPE)
    }
    const end = bytes.length - ((bytes.length - at) % STRIPE)
    this.#stripes(bytes, at, end)
    this.#rest.set(bytes.subarray(end))
    this.#restLength = bytes.length - end
  }

  /** The lower 32 bits of the digest. */
  low(): number {
    let hash = this.#total >= STRIPE ? this.#merged() : P5
    hash = add(hash, [Math.floor(this.#total / 2 ** 32), this.#total >>> 0])
    const view = new DataView(this.#rest.buffer)
    let at = 0
    for (; at + 8 <= this.#restLength; at += 8) {
      const lane = round([0, 0], [view.getUint32(at + 4, true), view.getUint32(at, true)])
      hash = add(multiply(rotate(xor(hash, lane), 27), P1), P4)
    }
    if (at + 4 <= this.#restLength) {
      hash = add(multiply(rotate(xor(hash, multiply([0, view.getUint32(at, true)], P1)), 23), P2), P3)
      at += 4
    }
    for (; at < this.#restLength; at++) {
      hash = multiply(rotate(xor(hash, multiply([0, view.getUint8(at)], P5)), 11), P1)
    }
    hash = multiply(xor(hash, shiftRight(hash, 33)), P2)
    hash = multiply(xor(hash, shiftRight(hash, 29)), P3)
    return xor(hash, shiftRight(hash, 32))[1] >>> 0
  }

  #merged(): Wide {
    const lanes = [0, 1, 2, 3].map((i): Wide => [this.#lanes[2 * i] as number, this.#lanes[2 * i + 1] as number])
    let hash = lanes.reduce((sum, lane, i) => add(sum, rotate(lane, [1, 7, 12, 18][i] as number)), [0, 0] as Wide)
    for (const lane of lanes) hash = add(multiply(xor(hash, round([0, 0], lane)), P1), P4)
    return hash
  }

  /** The rounds of whole stripes: what `round` does, without an object for each number. */
  #stripes(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const lanes = this.#lanes
    for (let lane = 0; lane < 4; lane++) {
      let high = lanes[2 * lane] as number
      let low = lanes[2 * lane + 1] as number
      for (let at = from + lane * 8; at < to; at += STRIPE) {
        const inLow = view.getInt32(at, true)
        const inHigh = view.getInt32(at + 4, true)
        // Plus the input, times P2.
        const sum = (low >>> 0) + lowTimesP2(inLow)
        high = (high + highTimesP2(inHigh, inLow) + (sum > 0xffffffff ? 1 : 0)) | 0
        low = sum | 0
        // Turned by 31, times P1.
        const turnedHigh = (high << 31) | (low >>> 1)
        const turnedLow = (low << 31) | (high >>> 1)
        high = highTimesP1(turnedHigh, turnedLow)
        low = Math.imul(turnedLow, P1_LOW)
      }
      lanes[2 * lane] = high
      lanes[2 * lane + 1] = low
    }
  }
}

const [P1_HIGH, P1_LOW] = [0x9e3779b1 | 0, 0x85ebca87 | 0]
const [P2_HIGH, P2_LOW] = [0xc2b2ae3d | 0, 0x27d4eb4f | 0]

function lowTimesP2(low: number): number {
  return Math.imul(low, P2_LOW) >>> 0
}

function highTimesP2(high: number, low: number): number {
  return (multiplyHigh(low, P2_LOW) + Math.imul(high, P2_LOW) + Math.imul(low, P2_HIGH)) | 0
}

function highTimesP1(high: number, low: number): number {
  return (multiplyHigh(low, P1_LOW) + Math.imul(high, P1_LOW) + Math.imul(low, P1_HIGH)) | 0
}

/** The upper half of what two unsigned numbers of 32 bits make. */
function multiplyHigh(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff]
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const other = aLow * bHigh + (middle & 0xffff)
  // Numbers of up to 33 bits: no shift, which would cut them.
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) | 0
}

function round(lane: Wide, input: Wide): Wide {
  return multiply(rotate(add(lane, multiply(input, P2)), 31), P1)
}

function add([aHigh, aLow]: Wide, [bHigh, bLow]: Wide): Wide {
  const low = (aLow >>> 0) + (bLow >>> 0)
  return [(aHigh + bHigh + (low > 0xffffffff ? 1 : 0)) | 0, low | 0]
}

function subtract([aHigh, aLow]: Wide, [bHigh, bLow]: Wide): Wide {
  const low = (aLow >>> 0) - (bLow >>> 0)
  return [(aHigh - bHigh - (low < 0 ? 1 : 0)) | 0, low | 0]
}

function multiply([aHigh, aLow]: Wide, [bHigh, bLow]: Wide): Wide {
  return [(multiplyHigh(aLow, bLow) + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0, Math.imul(aLow, bLow)]
}

function xor([aHigh, aLow]: Wide, [bHigh, bLow]: Wide): Wide {
  return [aHigh ^ bHigh, aLow ^ bLow]
}

/** To the left, by less than 32. */
function rotate([high, low]: Wide, by: number): Wide {
  return [(high << by) | (low >>> (32 - by)), (low << by) | (high >>> (32 - by))]
}

function shiftRight([high, low]: Wide, by: number): Wide {
  if (by < 32) return [high >>> by, (low >>> by) | (high << (32 - by))]
  return [0, high >>> (by - 32)]
}

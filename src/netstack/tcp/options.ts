// The options of a segment that pay: MSS, window scale, selective acknowledgements (RFC 9293, 3.2; RFC 7323; RFC 2018). No timestamps: over a
// wire without routers there are no old duplicates for them to find, and one round trip in each flight is measured without them. Pure.

import { putU16, putU32, u16, u32 } from '../bytes.ts'

const END = 0
const NO_OPERATION = 1
const MSS = 2
const WINDOW_SCALE = 3
const SACK_PERMITTED = 4
const SACK = 5

const MSS_SIZE = 4
const WINDOW_SCALE_SIZE = 3
const SACK_PERMITTED_SIZE = 2
const SACK_BLOCK_SIZE = 8

/** Bytes of the options of our SYN, with window scale and selective acknowledgements. */
export const SYN_OPTIONS_SIZE = 12

type Options = {
  readonly bytes: Uint8Array
  mss: number
  windowScale: number
  sackPermitted: boolean
  sackCount: number
  readonly sackEdges: Int32Array
}

export function decodeOptions(into: Options, from: number, end: number): void {
  const { bytes } = into
  let at = from
  while (at < end) {
    const kind = bytes[at] as number
    if (kind === END) return
    if (kind === NO_OPERATION) {
      at++
      continue
    }
    const size = at + 1 < end ? (bytes[at + 1] as number) : 0
    if (size < 2 || size > end - at) return
    decodeOption(into, kind, at + 2, size)
    at += size
  }
}

function decodeOption(into: Options, kind: number, at: number, size: number): void {
  if (kind === MSS && size === MSS_SIZE) into.mss = u16(into.bytes, at)
  else if (kind === WINDOW_SCALE && size === WINDOW_SCALE_SIZE) into.windowScale = into.bytes[at] as number
  else if (kind === SACK_PERMITTED && size === SACK_PERMITTED_SIZE) into.sackPermitted = true
  else if (kind === SACK && size > 2 && (size - 2) % SACK_BLOCK_SIZE === 0) {
    const edges = Math.min((size - 2) / 4, into.sackEdges.length)
    for (let i = 0; i < edges; i++) into.sackEdges[i] = u32(into.bytes, at + 4 * i) | 0
    into.sackCount = edges / 2
  }
}

/** Exactly SYN_OPTIONS_SIZE bytes; what the peer has not offered is left out of an answer. */
export function writeSynOptions(bytes: Uint8Array, at: number, mss: number, shift: number, sack: boolean): void {
  bytes.fill(NO_OPERATION, at, at + SYN_OPTIONS_SIZE)
  bytes[at] = MSS
  bytes[at + 1] = MSS_SIZE
  putU16(bytes, at + 2, mss)
  if (sack) {
    bytes[at + 6] = SACK_PERMITTED
    bytes[at + 7] = SACK_PERMITTED_SIZE
  }
  if (shift < 0) return
  bytes[at + 9] = WINDOW_SCALE
  bytes[at + 10] = WINDOW_SCALE_SIZE
  bytes[at + 11] = shift
}

/** Bytes of an option with that many blocks, and the padding before it. */
export function sackOptionSize(blocks: number): number {
  return blocks === 0 ? 0 : 4 + SACK_BLOCK_SIZE * blocks
}

export function writeSackOption(bytes: Uint8Array, at: number, edges: Int32Array, blocks: number): void {
  bytes[at] = NO_OPERATION
  bytes[at + 1] = NO_OPERATION
  bytes[at + 2] = SACK
  bytes[at + 3] = 2 + SACK_BLOCK_SIZE * blocks
  for (let i = 0; i < 2 * blocks; i++) putU32(bytes, at + 4 + 4 * i, edges[i] as number)
}

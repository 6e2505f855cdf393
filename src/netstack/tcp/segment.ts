// A segment's header (RFC 9293, 3.1): decoded into one object that is used again for each, written in place. The bytes come from a guest;
// their checksum is right, nothing else of them is believed. Pure.

import { putU16, putU32, u16, u32 } from '../bytes.ts'
import { decodeOptions } from './options.ts'

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

export const HEADER_SIZE = 20
export const CHECKSUM_AT = 16
export const MAX_SACK_BLOCKS = 4

export type SegmentProblem = 'shorter than a header' | 'data offset within the header' | 'data offset past the end'

export class Segment {
  bytes: Uint8Array = new Uint8Array(0)
  sourcePort = 0
  destinationPort = 0
  sequence = 0
  acknowledgement = 0
  flags = 0
  /** As it stands there, without a shift. */
  window = 0
  payloadAt = 0
  payloadLength = 0
  /** 0: none is named. */
  mss = 0
  /** -1: none is named. */
  windowScale = -1
  sackPermitted = false
  sackCount = 0
  /** Pairs of edges. */
  readonly sackEdges = new Int32Array(2 * MAX_SACK_BLOCKS)

  /** The sequence numbers that it takes. */
  get span(): number {
    return this.payloadLength + ((this.flags >> 1) & 1) + (this.flags & 1)
  }
}

/** Fills `into`. Options behind one that cannot be are ignored, as everybody does. */
export function decodeSegment(
  into: Segment,
  bytes: Uint8Array,
  at: number,
  length: number,
): SegmentProblem | undefined {
  if (length < HEADER_SIZE) return 'shorter than a header'
  const headerSize = ((bytes[at + 12] as number) >> 4) * 4
  if (headerSize < HEADER_SIZE) return 'data offset within the header'
  if (headerSize > length) return 'data offset past the end'
  into.bytes = bytes
  into.sourcePort = u16(bytes, at)
  into.destinationPort = u16(bytes, at + 2)
  into.sequence = u32(bytes, at + 4) | 0
  into.acknowledgement = u32(bytes, at + 8) | 0
  into.flags = bytes[at + 13] as number
  into.window = u16(bytes, at + 14)
  into.payloadAt = at + headerSize
  into.payloadLength = length - headerSize
  into.mss = 0
  into.windowScale = -1
  into.sackPermitted = false
  into.sackCount = 0
  if (headerSize > HEADER_SIZE) decodeOptions(into, at + HEADER_SIZE, at + headerSize)
  return undefined
}

/** A header without options, and without a checksum. */
export function writeHeader(
  bytes: Uint8Array,
  at: number,
  sourcePort: number,
  destinationPort: number,
  sequence: number,
  acknowledgement: number,
  flags: number,
  window: number,
): void {
  putU16(bytes, at, sourcePort)
  putU16(bytes, at + 2, destinationPort)
  putU32(bytes, at + 4, sequence)
  putU32(bytes, at + 8, acknowledgement)
  bytes[at + 12] = (HEADER_SIZE / 4) << 4
  bytes[at + 13] = flags
  putU16(bytes, at + 14, window)
  putU32(bytes, at + CHECKSUM_AT, 0) // and no urgent pointer
}

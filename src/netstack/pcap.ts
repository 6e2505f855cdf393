// What passes a port, as a capture file that Wireshark and tcpdump open: classic pcap with nanoseconds (draft-ietf-opsawg-pcap). Pure.

import type { Carrier } from './carrier.ts'
import { ByteWriter } from '../base/writer.ts'

export type PcapSink = {
  /** Pieces of the file, in order; each is the receiver's to keep. */
  readonly write: (bytes: Uint8Array) => void
  /** Milliseconds since 1970 at the moment that the network calls 0: nothing here has a clock. */
  readonly epoch: number
}

const MAGIC_NANOSECONDS = 0xa1b23c4d
const ETHERNET = 1
const MAX_FRAME = 65535 + 14
const FILE_HEADER = 24
const RECORD_HEADER = 16

/** What a capture file begins with. */
export function pcapHeader(): Uint8Array {
  return new ByteWriter(FILE_HEADER)
    .u32(0, MAGIC_NANOSECONDS)
    .u16(4, 2) // version 2.4
    .u16(6, 4)
    .u32(16, MAX_FRAME)
    .u32(20, ETHERNET).bytes
}

/** A frame with the moment at which it passed, in milliseconds since 1970. */
export function pcapRecord(time: number, frame: Uint8Array): Uint8Array {
  const seconds = Math.floor(time / 1000)
  const nanoseconds = Math.min(999_999_999, Math.round((time - seconds * 1000) * 1e6))
  return new ByteWriter(RECORD_HEADER + frame.length)
    .u32(0, seconds)
    .u32(4, nanoseconds)
    .u32(8, frame.length)
    .u32(12, frame.length)
    .put(RECORD_HEADER, frame).bytes
}

/** Both ways of a port. */
export class Capture {
  readonly #sink: PcapSink
  readonly #now: () => number

  constructor(sink: PcapSink, now: () => number) {
    this.#sink = sink
    this.#now = now
    sink.write(pcapHeader())
  }

  frame(bytes: Uint8Array): void {
    this.#sink.write(pcapRecord(this.#sink.epoch + this.#now(), bytes))
  }

  /** The same carrier, with what it carries recorded. */
  carrier(carrier: Carrier): Carrier {
    let room = new Uint8Array(0)
    return {
      reserve: (length) => {
        const reserved = carrier.reserve(length)
        if (reserved !== undefined) room = reserved as Uint8Array<ArrayBuffer>
        return reserved
      },
      commit: (length) => {
        this.frame(room.subarray(0, length))
        carrier.commit(length)
      },
    }
  }
}

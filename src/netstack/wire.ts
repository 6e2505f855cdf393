// A port's wire with what the operator has put into it: a recorder at the guest's end, and impairments behind it. Pure.

import type { Carrier } from './carrier.ts'
import { type Impairments, isWorse, Line, type LineOptions } from './impairment.ts'
import { Capture, type PcapSink } from './pcap.ts'

const LONGEST_FRAME = 65535 + 14

export type WireOptions = {
  readonly carrier: Carrier
  readonly pcap: PcapSink | undefined
  readonly impairments: Impairments | undefined
}

/** What a wire needs of its port: `receive` for what has come through from the guest, `ready` for when there is room to it again. */
export type WireEnd = Pick<LineOptions, 'timers' | 'now' | 'random' | 'drop'> & {
  readonly receive: (bytes: Uint8Array, at: number, length: number) => void
  readonly ready: () => void
}

export interface Wire {
  readonly carrier: Carrier
  receive(bytes: Uint8Array, at: number, length: number): void
  ready(): void
  close(): void
}

/** Nothing lies between where nothing was asked for. */
export function layWire({ carrier, pcap, impairments }: WireOptions, end: WireEnd): Wire {
  const capture = pcap === undefined ? undefined : new Capture(pcap, end.now)
  const recorded = capture?.carrier(carrier) ?? carrier
  const plain: Wire = { carrier: recorded, receive: end.receive, ready: end.ready, close: () => undefined }
  const wire = impairments !== undefined && isWorse(impairments) ? impair(recorded, impairments, end) : plain
  if (capture === undefined) return wire
  return {
    ...wire,
    receive: (bytes, at, length) => {
      capture.frame(bytes.subarray(at, at + length))
      wire.receive(bytes, at, length)
    },
  }
}

function impair(carrier: Carrier, impairments: Impairments, end: WireEnd): Wire {
  const fromGuest = new Line(impairments, {
    ...end,
    deliver: (frame) => {
      end.receive(frame, 0, frame.length)
      return true
    },
    drained: () => undefined,
  })
  const toGuest = new Line(impairments, { ...end, deliver: (frame) => send(carrier, frame), drained: end.ready })
  const room = new Uint8Array(LONGEST_FRAME)
  return {
    carrier: {
      reserve: () => (toGuest.hasRoom() ? room : undefined),
      commit: (length) => toGuest.push(room, 0, length),
    },
    receive: (bytes, at, length) => fromGuest.push(bytes, at, length),
    ready: () => toGuest.ready(),
    close: () => {
      fromGuest.close()
      toGuest.close()
    },
  }
}

function send(carrier: Carrier, frame: Uint8Array): boolean {
  const room = carrier.reserve(frame.length)
  if (room === undefined) return false
  room.set(frame)
  carrier.commit(frame.length)
  return true
}

// A guest's end of a TCP connection over a wire that loses nothing: just enough to see what the network does with it. For tests. Pure.

import { ACK, be16, concat, FIN, long, PSH, type ReadPacket, SYN, type Segment, word } from './sample-frames.ts'

/** What a connection needs of its guest. */
export interface SegmentPort {
  sendSegment(to: string, segment: Segment): void
  packets(): ReadPacket[]
}

export class SampleConnection {
  readonly received: number[] = []
  /** Flags of all segments that have come, in order. */
  readonly flags: number[] = []
  established = false
  ended = false
  reset = false
  readonly #guest: SegmentPort
  readonly #ends: { to: string; toPort: number; fromPort: number }
  #sequence = 1000
  #expected = 0

  constructor(guest: SegmentPort, to: string, toPort: number, fromPort: number) {
    this.#guest = guest
    this.#ends = { to, toPort, fromPort }
  }

  /** Asks for the connection, and answers what comes. */
  open(): this {
    this.#send(SYN, new Uint8Array(0), [2, 4, ...be16(1460)])
    this.#sequence++
    return this.run()
  }

  /** Is asked: answers a SYN that has come with `packets`. */
  accept(syn: ReadPacket): this {
    this.#expected = (long(syn.payload, 4) + 1) >>> 0
    this.#send(SYN | ACK, new Uint8Array(0), [2, 4, ...be16(1460)])
    this.#sequence++
    return this.run()
  }

  write(bytes: Uint8Array): this {
    this.#send(PSH | ACK, bytes)
    this.#sequence += bytes.length
    return this.run()
  }

  close(): this {
    this.#send(FIN | ACK)
    this.#sequence++
    return this.run()
  }

  /** Takes in what has come, and acknowledges it, until nothing more comes. */
  run(): this {
    for (let packets = this.#guest.packets(); packets.length > 0; packets = this.#guest.packets()) {
      for (const packet of packets) if (this.#isMine(packet)) this.#take(packet)
    }
    return this
  }

  #isMine({ from, protocol, payload }: ReadPacket): boolean {
    const { to, toPort, fromPort } = this.#ends
    return protocol === 6 && from === to && word(payload, 0) === toPort && word(payload, 2) === fromPort
  }

  #take({ payload }: ReadPacket): void {
    const flags = payload[13] as number
    const data = payload.subarray(((payload[12] as number) >>> 4) * 4)
    this.flags.push(flags)
    this.reset ||= (flags & 4) !== 0
    if ((flags & SYN) !== 0) {
      this.#expected = (long(payload, 4) + 1) >>> 0
      this.established = true
    } else if (long(payload, 4) === this.#expected) {
      this.established = true
      this.received.push(...data)
      this.#expected = (this.#expected + data.length + (flags & FIN)) >>> 0
      this.ended ||= (flags & FIN) !== 0
    }
    const isEvent = (flags & (SYN | FIN)) !== 0 || data.length > 0
    if (isEvent && !this.reset) this.#send(ACK)
  }

  #send(flags: number, payload: Uint8Array = new Uint8Array(0), options: readonly number[] = []): void {
    const { to, toPort, fromPort } = this.#ends
    const segment = { fromPort, toPort, sequence: this.#sequence, acknowledgement: this.#expected, flags }
    this.#guest.sendSegment(to, { ...segment, options, payload: concat(payload) })
  }
}

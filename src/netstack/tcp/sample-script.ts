// For tests: one connection, whose peer is the test: it says which segments come and looks at those that leave, all numbers counted from the
// two SYNs. Pure.

import type { PacketRoom } from '../packets.ts'
import { finish, resume, send, settleAck } from './connection.ts'
import { type ClosedBecause, ControlBlock, type Memory, type Owner, type Surroundings } from './control-block.ts'
import { answer, hold, open } from './handshake.ts'
import { input } from './input.ts'
import { makeMemory } from './sample-endpoint.ts'
import { ACK, decodeSegment, FIN, PSH, RST, Segment, SYN, writeHeader } from './segment.ts'
import { deadlineOf, timeout } from './timeouts.ts'

/** Both wrap soon: ours from the largest signed number, the peer's from the largest unsigned one. */
export const ISS = 0x7fffffff - 700
const IRS = -700

const FLAGS: readonly (readonly [string, number])[] = [
  ['S', SYN],
  ['F', FIN],
  ['R', RST],
  ['P', PSH],
  ['A', ACK],
]

export type Said = {
  /** S, F, R, P and A. */
  readonly flags: string
  /** Counted from the SYN of whoever says it; the SYN has 0. */
  readonly seq: number
  readonly ack: number
  readonly window: number
  readonly length: number
  readonly mss: number
  readonly scale: number
  readonly sackPermitted: boolean
  /** Counted as `ack` is. */
  readonly sack: readonly (readonly [number, number])[]
}

export type Heard = Partial<Omit<Said, 'length'>> & { readonly data?: Uint8Array | number }

export class Script implements Owner {
  readonly around: Surroundings = { now: 1_000_000, sent: 0, retransmitted: 0 }
  readonly block: ControlBlock
  readonly events: string[] = []
  readonly received: number[] = []
  /** All that has left, in order; `take` empties it. */
  said: Said[] = []
  /** The queue of the guest is full. */
  full = false
  /** What `input` has asked for: segments that a reset is due for. */
  strays = 0
  /** More segments come before time goes on. */
  batch = false
  maxTransport: number
  readonly #segment = new Segment()
  #room: { bytes: Uint8Array; at: number; length: number } | undefined

  constructor(maxTransport = 1020, memory: Memory = makeMemory()) {
    this.maxTransport = maxTransport
    this.block = new ControlBlock(this.around, this, this, 80, 4000, memory)
  }

  open(): void {
    open(this.block, ISS)
  }

  /** The peer's SYN, and our answer. */
  acceptSyn(syn: Heard = {}): void {
    this.#decode({ flags: 'S', seq: 0, window: 65_535, mss: 1000, ...syn })
    hold(this.block, this.#segment)
    answer(this.block, ISS)
  }

  /** Stands, asked for by the peer, with nothing said since. */
  static established(syn: Heard = { scale: 0, sackPermitted: true }, maxTransport = 1020, memory?: Memory): Script {
    const script = new Script(maxTransport, memory)
    script.acceptSyn(syn)
    script.hear({ flags: 'A', seq: 1, ack: 1 })
    script.said = []
    script.events.length = 0
    return script
  }

  /** A segment of the peer comes. */
  hear(heard: Heard): void {
    this.#decode({ window: 65_535, ...heard })
    if (input(this.block, this.#segment)) this.strays++
    if (!this.batch) settleAck(this.block)
  }

  send(length: number): number {
    return send(this.block, new Uint8Array(length).fill(0x5a))
  }

  finish(): void {
    finish(this.block)
  }

  /** Time goes by; what is due in it happens at its time. */
  wait(milliseconds: number): void {
    const end = this.around.now + milliseconds
    for (let at = deadlineOf(this.block); at <= end; at = deadlineOf(this.block)) {
      this.around.now = Math.max(at, this.around.now)
      timeout(this.block)
    }
    this.around.now = end
  }

  makeRoom(): void {
    this.full = false
    resume(this.block)
  }

  take(): Said[] {
    const { said } = this
    this.said = []
    return said
  }

  /** What has left since, one word each: flags, sequence, length and acknowledgement. */
  words(): string[] {
    return this.take().map(({ flags, seq, length, ack }) => `${flags} ${seq}+${length} ${ack}`)
  }

  // PacketPath

  reserve(length: number): PacketRoom | undefined {
    if (this.full) return undefined
    this.#room = { bytes: new Uint8Array(length + 4).fill(0xee), at: 4, length }
    return this.#room
  }

  commit(): void {
    const room = this.#room
    if (room === undefined) throw new Error('committed and not reserved')
    const s = new Segment()
    if (decodeSegment(s, room.bytes, room.at, room.length) !== undefined) throw new Error('malformed')
    const sack = Array.from({ length: s.sackCount }, (_, i): [number, number] => [
      ((s.sackEdges[2 * i] ?? 0) - IRS) | 0,
      ((s.sackEdges[2 * i + 1] ?? 0) - IRS) | 0,
    ])
    const flags = FLAGS.flatMap(([name, bit]) => ((s.flags & bit) === 0 ? [] : [name])).join('')
    this.said.push({
      flags,
      seq: (s.sequence - ISS) | 0,
      ack: flags.includes('A') ? (s.acknowledgement - IRS) | 0 : 0,
      window: s.window,
      length: s.payloadLength,
      mss: s.mss,
      scale: s.windowScale,
      sackPermitted: s.sackPermitted,
      sack,
    })
  }

  // Owner

  established(): void {
    this.events.push('established')
  }

  /** Nothing is taken but by the test. */
  deliver(bytes: Uint8Array): void {
    this.received.push(...bytes)
  }

  ended(): void {
    this.events.push('ended')
  }

  room(): void {
    this.events.push('room')
  }

  lingers(): void {
    this.events.push('lingers')
  }

  closed(why: ClosedBecause): void {
    this.events.push(why)
  }

  owesAck(): void {}

  stalled(): void {
    this.events.push('stalled')
  }

  #decode(heard: Heard): void {
    const bytes = encode(heard)
    const problem = decodeSegment(this.#segment, bytes, 0, bytes.length)
    if (problem !== undefined) throw new Error(problem)
  }
}

function encode({ flags = 'A', seq = 1, ack = 1, window = 0, data = 0, ...options }: Heard): Uint8Array {
  const payload = typeof data === 'number' ? new Uint8Array(data) : data
  const list = encodeOptions(options)
  const bytes = new Uint8Array(20 + list.length + payload.length)
  const bits = FLAGS.reduce((sum, [name, bit]) => sum + (flags.includes(name) ? bit : 0), 0)
  writeHeader(bytes, 0, 4000, 80, (IRS + seq) | 0, flags.includes('A') ? (ISS + ack) | 0 : 0, bits, window)
  bytes[12] = (5 + list.length / 4) << 4
  bytes.set(list, 20)
  bytes.set(payload, 20 + list.length)
  return bytes
}

function encodeOptions({ mss = 0, scale = -1, sackPermitted = false, sack = [] }: Heard): number[] {
  const list: number[] = []
  if (mss > 0) list.push(2, 4, mss >> 8, mss & 255)
  if (scale >= 0) list.push(1, 3, 3, scale)
  if (sackPermitted) list.push(1, 1, 4, 2)
  if (sack.length > 0) {
    list.push(1, 1, 5, 2 + 8 * sack.length)
    for (const edge of sack.flat()) {
      const number = (ISS + edge) >>> 0
      list.push(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255)
    }
  }
  return list
}

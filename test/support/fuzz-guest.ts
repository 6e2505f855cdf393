// A guest that means harm, or that is broken: frames at random, spoiled ones, and right ones in the wrong order. It reads what it is answered, so
// that its TCP gets further than the first segment. The same seed sends the same frames to the same network.

import * as make from './frames.ts'
import { mutate, type Next } from './mutate.ts'

export type Addresses = {
  readonly hardware: Uint8Array
  readonly gatewayHardware: Uint8Array
  readonly address: number
  readonly gateway: number
  /** Of the guest that is not to be harmed. */
  readonly neighbour: number
  readonly neighbourHardware: Uint8Array
}

type Conversation = {
  readonly port: number
  readonly peer: number
  readonly peerPort: number
  /** Ours next, and theirs next. */
  sequence: number
  acknowledgement: number
}

const CONVERSATIONS = 64
const PORTS = [0, 1, 53, 67, 68, 80, 443, 7007, 8000, 65535]
const WORLD = 0xc6336401 // 198.51.100.1
const SIZES = [0, 1, 7, 8, 100, 536, 1452, 1460, 1472]
/** Where headers lie that decide what becomes of a frame. */
const PLACES = [0, 6, 12, 14, 16, 20, 26, 34, 38, 42, 46, 54, 282]

export class FuzzGuest {
  readonly #next: Next
  readonly #of: Addresses
  readonly #conversations: Conversation[] = []
  /** Random bytes, made once: a million frames need too many. */
  readonly #pool: Uint8Array
  readonly #makers: readonly (() => Uint8Array)[]

  constructor(next: Next, addresses: Addresses) {
    this.#next = next
    this.#of = addresses
    this.#pool = Uint8Array.from({ length: 2 ** 16 }, () => next(256))
    const often = [() => this.#segment(), () => this.#segment(), () => this.#segment(), () => this.#syn()]
    const others = [() => this.#arp(), () => this.#datagram(), () => this.#dhcp(), () => this.#dns()]
    this.#makers = [...often, ...others, () => this.#fragment(), () => this.#icmp(), () => this.#noise()]
  }

  frame(): Uint8Array {
    const frame = this.#pick(this.#makers)()
    return this.#next(4) === 0 ? mutate(frame, PLACES, this.#next) : frame
  }

  /** A frame from the network: what a TCP would remember of it. */
  hear(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
    if (view.getUint16(12) !== make.IPV4 || frame[23] !== make.TCP || frame.length < 54) return
    const [peer, peerPort, port] = [view.getUint32(26), view.getUint16(34), view.getUint16(36)]
    const flags = frame[47] as number
    const ends = (flags & make.FLAGS.fin) + ((flags & make.FLAGS.syn) >>> 1)
    const length = view.getUint16(16) - 20 - ((frame[46] as number) >>> 4) * 4 + ends
    const known = this.#conversations.find((it) => it.port === port && it.peer === peer && it.peerPort === peerPort)
    const it = known ?? { port, peer, peerPort, sequence: this.#next(2 ** 32), acknowledgement: 0 }
    it.acknowledgement = (view.getUint32(38) + length) >>> 0
    if (known === undefined) this.#remember(it)
  }

  #remember(conversation: Conversation): void {
    if (this.#conversations.length < CONVERSATIONS) this.#conversations.push(conversation)
    else this.#conversations[this.#next(CONVERSATIONS)] = conversation
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#next(all.length)] as T
  }

  #bytes(length: number): Uint8Array {
    const at = this.#next(this.#pool.length - length)
    return this.#pool.slice(at, at + length)
  }

  /** Mostly the number itself. */
  #near(value: number): number {
    if (this.#next(4) > 0) return value
    const off = this.#pick([-1, 1, -1000, 1000, 2 ** 31, 70_000])
    return (value + off) >>> 0
  }

  #source(): number {
    const { address, neighbour, gateway } = this.#of
    if (this.#next(8) > 0) return address
    return this.#pick([address + 1, neighbour, gateway, 0, 0xffffffff, 0x7f000001, WORLD, this.#next(2 ** 32)])
  }

  #destination(): number {
    const { gateway, neighbour, address } = this.#of
    const known = [gateway, gateway + 1, neighbour, WORLD, WORLD, WORLD + this.#next(64)]
    const odd = [address, 0, 0x7f000001, 0xa9fea9fe, 0xe0000001, 0xffffffff, gateway | 255, this.#next(2 ** 32)]
    return this.#pick(this.#next(3) > 0 ? known : odd)
  }

  #ethernet(type: number, payload: Uint8Array): Uint8Array {
    const { hardware, gatewayHardware, neighbourHardware } = this.#of
    const to = this.#next(8) > 0 ? gatewayHardware : this.#pick([make.BROADCAST, neighbourHardware, this.#bytes(6)])
    const from = this.#next(16) > 0 ? hardware : this.#pick([gatewayHardware, neighbourHardware, this.#bytes(6)])
    return make.ethernet(to, from, type, payload)
  }

  #ip(protocol: number, source: number, destination: number, payload: Uint8Array): Uint8Array {
    const ttl = this.#pick([64, 64, 64, 1, 0])
    const options = this.#next(16) === 0 ? this.#bytes(4 * this.#next(11)) : new Uint8Array(0)
    const odd = this.#next(32) === 0 ? { total: this.#next(2 ** 16) } : {}
    const fields = { source, destination, protocol, ttl, options, id: this.#next(2 ** 16), ...odd }
    return this.#ethernet(make.IPV4, make.ipv4(fields, payload))
  }

  #arp(): Uint8Array {
    const { hardware, neighbourHardware } = this.#of
    const operation = this.#pick([1, 1, 2, 0, 3, 65535])
    const from = this.#pick([hardware, hardware, neighbourHardware, this.#bytes(6)])
    const target = this.#destination()
    return this.#ethernet(make.ARP, make.arp({ operation, hardware: from, address: this.#source(), target }))
  }

  #datagram(): Uint8Array {
    const [source, destination] = [this.#source(), this.#destination()]
    const port = this.#next(2) === 0 ? this.#next(2 ** 16) : this.#pick(PORTS)
    const packet = make.udp({ source, destination }, this.#next(2 ** 16), port, this.#bytes(this.#pick(SIZES)))
    return this.#ip(make.UDP, source, destination, packet)
  }

  #dhcp(): Uint8Array {
    const options = [
      [53, this.#pick([1, 3, 4, 7, 8, 0, 255])],
      [50, ...make.fields([this.#destination(), 32])],
      [54, ...make.fields([this.#of.gateway, 32])],
      [55, ...this.#bytes(this.#next(40))],
      [61, ...this.#bytes(this.#next(20))],
      [12, ...this.#bytes(this.#next(70))],
      [this.#next(256), ...this.#bytes(this.#next(255))],
    ].filter(() => this.#next(3) > 0)
    const hardware = this.#next(4) > 0 ? this.#of.hardware : this.#bytes(6)
    const ends = { source: this.#next(2) === 0 ? 0 : this.#source(), destination: 0xffffffff }
    const packet = make.udp(ends, 68, 67, make.dhcp(hardware, options))
    return this.#ip(make.UDP, ends.source, ends.destination, packet)
  }

  #dns(): Uint8Array {
    const ends = { source: this.#of.address, destination: this.#of.gateway }
    const label = (): string => 'x'.repeat(this.#next(8) === 0 ? this.#next(255) : 1 + this.#next(10))
    const name = Array.from({ length: 1 + this.#next(6) }, label).join('.')
    const type = this.#pick([1, 28, 12, 16, 255, 0, this.#next(2 ** 16)])
    const query = make.dnsQuery(this.#next(2 ** 16), name, type)
    const spoiled = this.#next(3) === 0 ? mutate(query, [2, 4, 6, 12, query.length - 5], this.#next) : query
    return this.#ip(make.UDP, ends.source, ends.destination, make.udp(ends, this.#next(2 ** 16), 53, spoiled))
  }

  /** Parts of a few packets at places that fit, overlap, or reach beyond the longest packet. */
  #fragment(): Uint8Array {
    const [source, destination] = [this.#of.address, this.#destination()]
    const more = this.#next(2) === 0 ? 0x2000 : 0
    const offset = this.#next(8) === 0 ? this.#next(2 ** 13) : this.#next(8)
    const protocol = this.#pick([make.UDP, make.UDP, make.ICMP, make.TCP])
    const fields = { source, destination, protocol, id: this.#next(4), flagsAndOffset: more | offset }
    const payload = this.#bytes(this.#next(4) === 0 ? this.#next(1480) : 8 * (1 + this.#next(4)))
    return this.#ethernet(make.IPV4, make.ipv4(fields, payload))
  }

  #icmp(): Uint8Array {
    const [source, destination] = [this.#source(), this.#destination()]
    const type = this.#pick([8, 8, 0, 3, 5, 11, 13, 255])
    const packet = make.icmp(type, this.#next(16), this.#next(2 ** 32), this.#bytes(this.#pick(SIZES)))
    return this.#ip(make.ICMP, source, destination, packet)
  }

  #noise(): Uint8Array {
    const bytes = this.#bytes(this.#next(this.#next(2) === 0 ? 60 : 1600))
    return this.#next(2) === 0 ? bytes : this.#ip(this.#next(256), this.#source(), this.#destination(), bytes)
  }

  #options(): Uint8Array {
    const known = [
      [2, 4, 5, 180],
      [3, 3, 7],
      [4, 2],
      [1],
      [8, 10, 0, 0, 0, 1, 0, 0, 0, 0],
      [2, 4, 0, 0],
      [3, 3, 255],
      [0],
    ]
    const some = known.filter(() => this.#next(3) === 0).flat()
    const bytes = this.#next(8) === 0 ? [...this.#bytes(this.#next(40))] : some
    return Uint8Array.from(bytes.slice(0, 40))
  }

  #syn(): Uint8Array {
    const [source, destination] = [this.#source(), this.#destination()]
    const port = this.#next(3) === 0 ? this.#next(2 ** 16) : this.#pick(PORTS)
    const sourcePort = 1024 + this.#next(2000)
    const sequence = this.#pick([0, 0xffffffff, 0x7fffffff, this.#next(2 ** 32)])
    const names = { port: sourcePort, peer: destination, peerPort: port }
    this.#remember({ ...names, sequence: (sequence + 1) >>> 0, acknowledgement: 0 })
    const fields = { sourcePort, port, sequence, acknowledgement: 0, flags: make.FLAGS.syn, options: this.#options() }
    return this.#ip(make.TCP, source, destination, make.tcp({ source, destination }, fields))
  }

  /** The next one of a conversation, nearly. */
  #segment(): Uint8Array {
    if (this.#conversations.length === 0) return this.#syn()
    const it = this.#pick(this.#conversations)
    const [source, destination] = [this.#of.address, it.peer]
    const { ack, psh, fin, rst, syn, urg } = make.FLAGS
    const likely = [ack, ack, ack, ack | psh, ack | psh, ack | psh, ack, ack, ack | fin]
    const flags = this.#pick(this.#next(12) > 0 ? likely : [rst, syn | ack, syn, ack | urg, 0, 63, ack | fin | psh])
    const payload = this.#bytes(this.#pick(SIZES.slice(0, -1)))
    const [sequence, acknowledgement] = [this.#near(it.sequence), this.#near(it.acknowledgement)]
    const window = this.#pick([0, 1, 1000, 65535, 65535, 65535])
    const options = this.#next(8) === 0 ? this.#options() : new Uint8Array(0)
    const names = { sourcePort: it.port, port: it.peerPort }
    const fields = { ...names, sequence, acknowledgement, flags, window, options }
    const moved = payload.length + ((flags & fin) !== 0 || (flags & syn) !== 0 ? 1 : 0)
    if (sequence === it.sequence) it.sequence = (it.sequence + moved) >>> 0
    return this.#ip(make.TCP, source, destination, make.tcp({ source, destination }, fields, payload))
  }
}

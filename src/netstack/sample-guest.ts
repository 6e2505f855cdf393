// A guest of networks in tests: its device is a list of frames, and what it does stands in the test. For tests. Pure.

import { type Cidr, parseCidr } from '../base/ipv4.ts'
import { createNetwork } from './create-network.ts'
import type { Network, NetworkOptions, Port, PortOptions } from './network.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { SampleConnection } from './sample-connection.ts'
import {
  arp,
  BROADCAST_MAC,
  be16,
  concat,
  ethernet,
  GATEWAY_MAC,
  type Ipv4Options,
  icmp,
  ip,
  ipv4,
  type ReadFrame,
  type ReadPacket,
  readFrame,
  type Segment,
  tcp,
  udp,
} from './sample-frames.ts'
import {
  type DhcpFacts,
  dhcpHeader,
  dnsQuery,
  type DnsFacts,
  type QueryOptions,
  readDhcp,
  readDns,
} from './sample-messages.ts'
import { SampleWorld } from './sample-world.ts'

/** A network on `subnet` in a world of its own, at time 0. Random numbers count up: a test is the same each time. */
export function sampleNetwork(
  subnet = '10.0.0.0/24',
  world = new SampleWorld(),
  more: Partial<NetworkOptions> = {},
): { network: Network; world: SampleWorld } {
  let last = 0
  const random = (): number => Math.imul(++last, 0x9e3779b1) >>> 0
  const network = createNetwork({ subnet: parseCidr(subnet, 'subnet') satisfies Cidr, outside: world, random, ...more })
  network.advance(0)
  return { network, world }
}

export class SampleGuest {
  readonly port: Port
  readonly mac: Uint8Array
  /** Frames that have come and were not looked at yet. */
  readonly frames: Uint8Array[] = []
  /** How many frames the device has room for: none are taken while it is 0. */
  room = Number.POSITIVE_INFINITY
  address: string
  #id = 0

  constructor(network: Network, name: string, address = '10.0.0.2', more: Partial<PortOptions> = {}) {
    this.mac = more.mac ?? macOf(name)
    this.address = address
    this.port = network.attach({
      name,
      mtu: 1500,
      policy: DEFAULT_POLICY,
      carrier: this.#carrier(),
      ...more,
      mac: this.mac,
    })
  }

  #carrier(): PortOptions['carrier'] {
    // Longer than any frame and dirty, as the carriers of host/ are: nothing may rely on zeroes.
    const room = new Uint8Array(65600)
    return {
      reserve: () => (this.room > 0 ? room.fill(0xa5, 0, 2048) : undefined),
      commit: (length) => {
        this.room--
        this.frames.push(room.slice(0, length))
      },
    }
  }

  sendFrame(frame: Uint8Array): void {
    this.port.receive(concat([1, 2, 3], frame, [4, 5]), 3, frame.length)
  }

  send(payload: Uint8Array, type: number, to: Uint8Array = GATEWAY_MAC): void {
    this.sendFrame(ethernet(payload, type, to, this.mac))
  }

  sendIp(
    to: string,
    protocol: number,
    payload: Uint8Array,
    more: Ipv4Options & { from?: string; via?: Uint8Array } = {},
  ): void {
    this.#id++
    const ends = { from: more.from ?? this.address, to }
    this.send(ipv4(ends, protocol, payload, { id: this.#id, ...more }), 0x0800, more.via)
  }

  /** All frames that have come since, taken apart. */
  take(): ReadFrame[] {
    return this.frames.splice(0).map(readFrame)
  }

  /** The IPv4 packets among them. */
  packets(): ReadPacket[] {
    return this.take().flatMap((frame) => frame.ip ?? [])
  }

  sendArp(target: string, sender = this.address, operation: 1 | 2 = 1, to = BROADCAST_MAC): void {
    this.send(arp(operation, sender, target, this.mac), 0x0806, to)
  }

  sendUdp(
    to: string,
    toPort: number,
    payload: Uint8Array,
    fromPort = 4000,
    more: { from?: string; via?: Uint8Array } = {},
  ): void {
    this.sendIp(to, 17, udp({ from: more.from ?? this.address, to }, fromPort, toPort, payload), more)
  }

  ping(to: string, payload: Uint8Array = Uint8Array.of(1, 2, 3), id = 7, sequence = 1): void {
    this.sendIp(to, 1, icmp(8, 0, concat(be16(id), be16(sequence), payload)))
  }

  /** Asks the gateway for a lease, and takes it. Returns the reply to the last of its two messages. */
  lease(): DhcpFacts {
    this.sendDhcp(1)
    const { yourAddress, option } = this.dhcpReply()
    this.sendDhcp(3, concat([50, 4], ip(yourAddress), [54, 4], option(54) ?? []))
    const reply = this.dhcpReply()
    this.address = reply.yourAddress
    return reply
  }

  /** A message of DHCP with further options, from nobody to everybody unless `from` says otherwise. */
  sendDhcp(
    type: number,
    options: Uint8Array = new Uint8Array(0),
    edit: (message: Uint8Array) => void = () => undefined,
    from = '0.0.0.0',
  ): void {
    const message = concat(dhcpHeader(this.mac), [53, 1, type], options, [255])
    edit(message)
    const ends = { from, to: '255.255.255.255' }
    this.send(ipv4(ends, 17, udp(ends, 68, 67, message)), 0x0800, BROADCAST_MAC)
  }

  dhcpReply(): DhcpFacts {
    const [packet] = this.packets()
    if (packet === undefined) throw new Error('no reply of the DHCP server')
    return readDhcp(packet)
  }

  /** Asks the gateway's name server. */
  ask(name: string, type = 1, more: QueryOptions = {}): DnsFacts {
    this.sendUdp('10.0.0.1', 53, dnsQuery(name, type, more), 5353)
    const [packet] = this.packets()
    if (packet === undefined) throw new Error(`no answer about ${name}`)
    return readDns(packet.payload.slice(8))
  }

  /** Begins a connection from `fromPort`. */
  connect(to: string, toPort: number, fromPort = 49152): SampleConnection {
    return new SampleConnection(this, to, toPort, fromPort)
  }

  sendSegment(to: string, segment: Segment): void {
    this.sendIp(to, 6, tcp({ from: this.address, to }, segment))
  }
}

/** Guests of different names have different ones. */
function macOf(name: string): Uint8Array {
  const letters = [...new TextEncoder().encode(name)].slice(-4)
  return concat([2, 1], letters, new Uint8Array(4 - letters.length))
}

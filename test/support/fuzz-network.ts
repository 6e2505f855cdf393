// A network with a guest on it that means harm, and one that only wants its echo: for the unit tests and tools/fuzz-frames.ts.

import type { Network, NetworkOptions, Port } from '../../src/netstack/network.ts'
import { DEFAULT_POLICY } from '../../src/netstack/policy.ts'
import * as make from './frames.ts'
import { FuzzGuest } from './fuzz-guest.ts'
import { FuzzOutside, type Open } from './fuzz-outside.ts'
import { randomNumbers } from './mutate.ts'

export type FuzzResult = {
  readonly frames: number
  /** Frames that the guest was sent. */
  readonly answers: number
  /** Echoes of the other guest. Every one has come back. */
  readonly echoes: number
  /** Connections, flows and questions of the outside that were open at once. */
  readonly most: Open
  /** What is still open after three hours without a frame, and the guest's end. */
  readonly left: Open
  readonly lines: readonly string[]
}

const SUBNET = { address: 0x0a000200, prefix: 24 }
const MTU = 1500
const [GATEWAY, HARM, CALM] = [0x0a000201, 0x0a000205, 0x0a000206]
const HARM_HARDWARE = Uint8Array.of(2, 0, 0, 0, 0, 5)
const CALM_HARDWARE = Uint8Array.of(2, 0, 0, 0, 0, 6)
const ECHO_EVERY = 500 // frames
const LOOK_EVERY = 10_000
const HOURS = 3 * 3_600_000
const STEP = 60_000

type Create = (options: NetworkOptions) => Network

/** What the calm guest hears: the gateway's hardware address, and echoes. */
type Ear = { gatewayHardware: Uint8Array; echoes: number; heard: (frame: Uint8Array) => void }

/**
 * Sends `runs` frames, and calls `look` now and then. Throws an Error that names the seed and the frame when something is thrown, when the calm guest's echo does not come
 * back, or when a frame comes out that is none.
 */
export function fuzzNetwork(create: Create, runs: number, seed: number, look: () => void = () => {}): FuzzResult {
  const next = randomNumbers(seed)
  const outside = new FuzzOutside(next)
  const network = create({ subnet: SUBNET, outside, random: () => next(2 ** 32) })
  let now = 1000
  let answers = 0
  network.advance(now)

  const ear = openEar()
  const calm = attach(network, 'calm', CALM_HARDWARE, ear.heard, () => false)
  const send = (port: Port, frame: Uint8Array): void => port.receive(frame, 0, frame.length)
  const question = { operation: 1, hardware: CALM_HARDWARE, address: CALM, target: GATEWAY }
  send(calm, make.ethernet(make.BROADCAST, CALM_HARDWARE, make.ARP, make.arp(question)))
  const addresses = { hardware: HARM_HARDWARE, gatewayHardware: ear.gatewayHardware, address: HARM, gateway: GATEWAY }
  const guest = new FuzzGuest(next, { ...addresses, neighbour: CALM, neighbourHardware: CALM_HARDWARE })
  const hear = (frame: Uint8Array): void => {
    answers++
    requireRight(frame)
    guest.hear(frame)
  }
  const harm = attach(network, 'harm', HARM_HARDWARE, hear, () => next(50) === 0)

  const step = (frame: number): void => {
    now += next(2000) === 0 ? next(20_000) : next(3)
    network.advance(now)
    const bytes = guest.frame()
    // Among others, and not at the beginning of its buffer: a carrier's frames never are alone.
    const at = next(3) * 64
    const among = new Uint8Array(at + bytes.length + next(64))
    among.set(bytes, at)
    harm.receive(among, at, bytes.length)
    if (next(3) === 0) outside.act()
    if (next(50) === 0) harm.ready()
    if (next(200) === 0) {
      const { outside: half, found } = outside.client()
      found(network.acceptTcp(harm, next(10), { address: '198.51.100.77', port: next(2 ** 16) }, half))
    }
    if (next(200) === 0) {
      const client = { address: '198.51.100.77', port: next(8) }
      network.acceptUdp(harm, next(10), client, new Uint8Array(next(2000)), () => {})
    }
    if (frame % ECHO_EVERY === 0) echo(calm, ear, send)
  }
  for (let frame = 0; frame < runs; frame++) {
    if (frame % LOOK_EVERY === 0) look()
    try {
      step(frame)
    } catch (cause) {
      throw new Error(`seed ${seed}, frame ${frame}`, { cause })
    }
  }
  for (const end = now + HOURS; now < end; ) network.advance((now += STEP))
  harm.detach()
  calm.detach()
  const { most, open: left, lines } = outside
  return { frames: runs, answers, echoes: ear.echoes, most, left, lines }
}

function attach(
  network: Network,
  name: string,
  mac: Uint8Array,
  hear: (frame: Uint8Array) => void,
  isFull: () => boolean,
): Port {
  // Longer than asked for, and full of what was there before.
  const room = new Uint8Array(2 ** 16).fill(0xa5)
  const carrier = {
    reserve: (length: number) => (isFull() ? undefined : room.subarray(0, length + 64)),
    commit: (length: number) => hear(room.slice(0, length)),
  }
  return network.attach({ name, mac, mtu: MTU, policy: DEFAULT_POLICY, carrier })
}

function openEar(): Ear {
  const ear: Ear = {
    gatewayHardware: new Uint8Array(6),
    echoes: 0,
    heard: (frame) => {
      requireRight(frame)
      const view = new DataView(frame.buffer)
      const type = view.getUint16(12)
      if (type === make.ARP && view.getUint16(20) === 2 && view.getUint32(28) === GATEWAY) {
        ear.gatewayHardware = frame.slice(22, 28)
      }
      const isReply = type === make.IPV4 && frame[23] === make.ICMP && frame[34] === 0
      if (isReply && view.getUint32(26) === GATEWAY && view.getUint32(38) === ear.echoes) ear.echoes++
    },
  }
  return ear
}

function echo(calm: Port, ear: Ear, send: (port: Port, frame: Uint8Array) => void): void {
  const wanted = ear.echoes + 1
  const request = make.icmp(8, 0, ear.echoes, Uint8Array.of(1, 2, 3))
  const packet = make.ipv4({ source: CALM, destination: GATEWAY, protocol: make.ICMP }, request)
  send(calm, make.ethernet(ear.gatewayHardware, CALM_HARDWARE, make.IPV4, packet))
  if (ear.echoes !== wanted) throw new Error(`echo ${wanted} of the other guest has not come back`)
}

/** No frame is longer than the MTU, and what is an IPv4 packet of the gateway's has a right header. */
function requireRight(frame: Uint8Array): void {
  if (frame.length < 14 || frame.length > MTU + 14) throw new Error(`a frame of ${frame.length} bytes comes out`)
  const isPacket = frame[12] === 8 && frame[13] === 0
  if (!isPacket || (frame[6] === 2 && frame[11] === 5)) return
  if (make.checksum(frame.subarray(14, 14 + 4 * ((frame[14] as number) & 15))) !== 0)
    throw new Error('an IP header with a wrong checksum comes out')
}

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import {
  arp,
  BROADCAST_MAC,
  be16,
  concat,
  type Ends,
  ethernet,
  GATEWAY_MAC,
  icmp,
  ipv4,
  readFrame,
  tcp,
  udp,
  word,
} from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { dhcpHeader, dnsQuery } from './sample-messages.ts'
import { echo } from './sample-world.ts'

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 0x66)
const OUT = '203.0.113.5'
const to = (address: string, from = '10.0.0.66'): Ends => ({ from, to: address })

const datagram = (ends: Ends, port: number, payload: Uint8Array, more = {}) =>
  ethernet(ipv4(ends, 17, udp(ends, 4000, port, payload), more), 0x0800, GATEWAY_MAC, MAC)
const segment = (ends: Ends, flags: number, payload = new Uint8Array(0), options: readonly number[] = []) =>
  ethernet(
    ipv4(
      ends,
      6,
      tcp(ends, { fromPort: 5000, toPort: 80, sequence: 1000, acknowledgement: 1, flags, payload, options }),
    ),
    0x0800,
    GATEWAY_MAC,
    MAC,
  )

/** One of each kind of frame that the network understands. */
const SAMPLES: readonly Uint8Array[] = [
  ethernet(arp(1, '10.0.0.66', '10.0.0.1', MAC), 0x0806, BROADCAST_MAC, MAC),
  ethernet(arp(2, '10.0.0.66', '10.0.0.2', MAC), 0x0806, GATEWAY_MAC, MAC),
  ethernet(
    ipv4(
      to('255.255.255.255', '0.0.0.0'),
      17,
      udp(to('255.255.255.255', '0.0.0.0'), 68, 67, concat(dhcpHeader(MAC), [53, 1, 1, 55, 3, 1, 3, 6, 255])),
    ),
    0x0800,
    BROADCAST_MAC,
    MAC,
  ),
  ethernet(
    ipv4(
      to('255.255.255.255', '0.0.0.0'),
      17,
      udp(to('255.255.255.255', '0.0.0.0'), 68, 67, concat(dhcpHeader(MAC), [53, 1, 3, 50, 4, 10, 0, 0, 66, 255])),
    ),
    0x0800,
    BROADCAST_MAC,
    MAC,
  ),
  datagram(to('10.0.0.1'), 53, dnsQuery('www.example.org', 1, { size: 1232 })),
  datagram(to('10.0.0.1'), 53, dnsQuery('backend.slipway.internal', 1)),
  datagram(to(OUT), 7, Uint8Array.of(1, 2, 3)),
  datagram(to('127.0.0.1'), 7, Uint8Array.of(1, 2, 3)),
  datagram(to('10.0.0.254'), 9, Uint8Array.of(1, 2, 3), { ttl: 1 }),
  datagram(to(OUT), 7, new Uint8Array(200), { fragment: 0x2000, id: 9, options: [1, 1, 1, 1] }),
  datagram(to(OUT), 7, new Uint8Array(200), { fragment: 26, id: 9 }),
  ethernet(ipv4(to('10.0.0.1'), 1, icmp(8, 0, [0, 1, 0, 1, 9, 9])), 0x0800, GATEWAY_MAC, MAC),
  ethernet(ipv4(to(OUT), 1, icmp(3, 4, new Uint8Array(28))), 0x0800, GATEWAY_MAC, MAC),
  segment(to(OUT), 2, undefined, [2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1]),
  segment(to(OUT), 24, Uint8Array.of(1, 2, 3)),
  segment(to(OUT), 17),
  segment(to('10.0.0.1'), 2),
]

type Edit = {
  readonly sample: number
  readonly bytes: readonly (readonly [at: number, value: number])[]
  readonly length: number
  readonly resum: boolean
  readonly wait: number
}

const edit: fc.Arbitrary<Edit> = fc.record({
  sample: fc.nat(SAMPLES.length - 1),
  bytes: fc.array(fc.tuple(fc.nat(120), fc.constantFrom(0, 1, 2, 16, 64, 127, 128, 255)), { maxLength: 4 }),
  length: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(80)),
  resum: fc.boolean(),
  wait: fc.constantFrom(0, 0, 0, 1, 1000, 40_000),
})

function spoil({ sample, bytes, length, resum }: Edit): Uint8Array {
  const frame = (SAMPLES[sample] as Uint8Array).slice(0, Math.min(length, 1514))
  for (const [at, value] of bytes) if (at < frame.length) frame[at] = value
  return resum ? sumAgain(frame) : frame
}

/** Makes the checksums right again, so that what was changed is looked at and not just dropped. */
function sumAgain(frame: Uint8Array): Uint8Array {
  const header = 14 + ((frame[14] ?? 0) & 15) * 4
  if (frame.length < header + 8 || header < 34 || word(frame, 12) !== 0x0800) return frame
  const sum = (from: number, end: number, start = 0): number => {
    let total = start
    for (let i = from; i < end; i += 2)
      total += ((frame[i] as number) << 8) + (i + 1 < end ? (frame[i + 1] as number) : 0)
    while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000)
    return ~total & 0xffff
  }
  frame.set([0, 0], 24)
  frame.set(be16(sum(14, header)), 24)
  const protocol = frame[23] as number
  const place = new Map([
    [1, 2],
    [6, 16],
    [17, 6],
  ]).get(protocol)
  const end = Math.min(frame.length, 14 + word(frame, 16))
  if (place === undefined || header + place + 2 > end) return frame
  frame.set([0, 0], header + place)
  const pseudo =
    protocol === 1 ? 0 : [26, 28, 30, 32].reduce((total, at) => total + word(frame, at), protocol + end - header)
  frame.set(be16(sum(header, end, pseudo)), header + place)
  return frame
}

function pair() {
  const { network, world } = sampleNetwork()
  world.udpServers.set(`${OUT}:7`, (bytes) => bytes)
  world.tcpServers.set(`${OUT}:80`, echo)
  world.names.set('www.example.org A', { kind: 'addresses', addresses: [OUT] })
  const hostile = new SampleGuest(network, 'hostile', '10.0.0.66', { mac: MAC })
  const honest = new SampleGuest(network, 'honest', '10.0.0.2')
  honest.sendArp('10.0.0.1')
  honest.take()
  return { network, world, hostile, honest }
}

/** All that an honest guest does still works, and it is left in peace. */
function requireUndisturbed({ world, honest }: ReturnType<typeof pair>): void {
  for (const frame of honest.take()) {
    // From the other guest it may have got what was addressed to it, and nothing in the name of the gateway or of itself.
    assert.ok(frame.from === '02:00:00:00:00:66' || frame.ip === undefined, JSON.stringify(frame))
    assert.ok(frame.ip === undefined || (frame.ip.from !== '10.0.0.1' && frame.ip.from !== '10.0.0.2'), frame.ip?.from)
  }
  honest.ping('10.0.0.1')
  assert.equal(honest.packets()[0]?.payload[0], 0)
  assert.deepEqual(honest.ask('www.example.org').answers, [OUT])
  honest.sendUdp(OUT, 7, Uint8Array.of(7))
  assert.deepEqual([...(honest.packets()[0]?.payload.subarray(8) ?? [])], [7])
  const connection = honest
    .connect(OUT, 80)
    .open()
    .write(Uint8Array.of(1, 2, 3))
  assert.deepEqual(connection.received, [1, 2, 3])
  assert.ok(connection.close().ended)
  assert.ok(world.flows.size <= 2 * 256)
}

describe('a network with a hostile guest', () => {
  it('is not harmed by anything that a changed frame says', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
        const sample = pair()
        const { network, world, hostile } = sample
        let now = 0
        for (const each of edits) {
          now += each.wait
          network.advance(now)
          hostile.sendFrame(spoil(each))
          // Whatever is sent to it is a right frame with right checksums.
          for (const frame of hostile.frames.splice(0)) readFrame(frame)
        }
        requireUndisturbed(sample)
        hostile.port.detach()
        sample.honest.port.detach()
        network.advance(now + 1_000_000)
        assert.deepEqual([world.flows.size, network.deadline], [0, undefined])
      }),
      { numRuns: 200 },
    )
  })

  it('is not harmed by frames of any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 100 })
    const body = fc.oneof(
      bytes,
      bytes.map((rest) => ethernet(rest, 0x0800, GATEWAY_MAC, MAC)),
      bytes.map((rest) => ethernet(rest, 0x0806, BROADCAST_MAC, MAC)),
      bytes
        .map((rest) =>
          ethernet(
            concat([0x45, 0], be16(20 + rest.length), [0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 66, 10, 0, 0, 1], rest),
            0x0800,
            GATEWAY_MAC,
            MAC,
          ),
        )
        .map(sumAgain),
    )
    fc.assert(
      fc.property(fc.array(body, { maxLength: 20 }), (frames) => {
        const sample = pair()
        for (const frame of frames) sample.hostile.sendFrame(frame)
        requireUndisturbed(sample)
      }),
      { numRuns: 200 },
    )
  })

  it('is not harmed by any frame that is cut or has one byte changed', () => {
    const sample = pair()
    for (const frame of SAMPLES) {
      for (let length = 0; length < frame.length; length++) sample.hostile.sendFrame(frame.subarray(0, length))
      for (let at = 0; at < frame.length; at++) {
        for (const value of [0, 1, 0x7f, 0xff]) {
          const changed = frame.slice()
          changed[at] = value
          sample.hostile.sendFrame(changed)
          sample.hostile.sendFrame(sumAgain(changed))
        }
      }
      for (const sent of sample.hostile.frames.splice(0)) readFrame(sent)
    }
    sample.network.advance(10_000)
    requireUndisturbed(sample)
  })

  it('counts each frame that leads to nothing under one reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (frame) => {
        const { hostile } = pair()
        hostile.sendFrame(frame)
        const dropped = Object.values(hostile.port.statistics.dropped).reduce((sum, count) => sum + count, 0)
        assert.deepEqual([dropped, hostile.port.statistics.received.frames], [1, 1])
      }),
    )
  })

  it('does not fill the log: a line for each kind of event at most', () => {
    const { network, world, hostile } = pair()
    for (let i = 0; i < 8; i++) {
      network.advance(i * 1000)
      for (const frame of SAMPLES) {
        for (let at = 0; at < frame.length; at += 3) {
          const changed = frame.slice()
          changed[at] = i
          hostile.sendFrame(sumAgain(changed))
        }
      }
      hostile.frames.length = 0
    }
    assert.ok(world.lines.length < 20, world.lines.join('\n'))
    assert.equal(new Set(world.lines).size, world.lines.length)
  })

  it('keeps what it may of three thousand of everything, and no more', () => {
    const { network, world, hostile } = pair()
    world.silent = []
    for (let i = 0; i < 3000; i++) {
      const port = 1024 + (i % 60_000)
      hostile.sendUdp(OUT, 7, Uint8Array.of(1), port)
      hostile.sendUdp('10.0.0.1', 53, dnsQuery('www.example.org', 1), port)
      hostile.sendIp(OUT, 17, new Uint8Array(64), { fragment: 0x2000, id: i })
      hostile.sendSegment(OUT, { fromPort: port, toPort: 80, sequence: 1, acknowledgement: 0, flags: 2 })
      hostile.frames.length = 0
    }
    assert.equal(world.flows.size, 256)
    assert.equal(world.silent.length, 64)
    assert.ok(network.describe(hostile.port).length <= 2048, String(network.describe(hostile.port).length))
    world.silent = undefined
    hostile.port.detach()
    assert.equal(world.flows.size, 0)
  })
})

// A guest that means harm, on a network that it shares with another one. That one must not notice; nor may the process that has the network grow
// without bounds, or end.

import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'vitest'
import { parseIpv4 } from '../../src/base/ipv4.ts'
import { FuzzGuest } from '../support/fuzz-guest.ts'
import * as make from '../support/frames.ts'
import { type Lab, openLab, type Started, WORLD } from '../support/lab.ts'
import { randomNumbers } from '../support/mutate.ts'
import { isAlive, statusOf } from '../support/processes.ts'
import { attachSlipway, configure } from '../support/subjects.ts'
import {
  askGateway,
  GATEWAY,
  GUEST,
  HARDWARE,
  NEIGHBOUR,
  NEIGHBOUR_HARDWARE,
  segmentOf,
  sendFrames,
  syn,
} from './_frames.ts'
import { NETWORK, NODE, PEER, startWorld } from './_suite.ts'

const MIB = 1024 // KiB
/** What the process may have more than before, whatever a guest does: its tables and buffers are full then. */
const MOST_GROWTH = 256 * MIB
const URL = `http://${WORLD}:8000`
const WORLD_ADDRESS = parseIpv4(WORLD) as number

describe('a guest that means harm', NETWORK, () => {
  let lab: Lab
  let servers: Started
  let network: Started
  afterEach(async () => await lab?.close())

  const open = async (wrap: readonly string[] = []): Promise<void> => {
    lab = await openLab()
    servers = await startWorld(lab)
    const attached = await attachSlipway(lab, [{ place: 'guest' }, { place: 'neighbour' }], wrap)
    for (const [i, place] of (['guest', 'neighbour'] as const).entries()) {
      const it = attached[i]
      assert.ok(it !== undefined)
      await configure(lab, place, it, 1500)
      network = it.process
    }
  }
  const memory = (): number => Number(statusOf(network.pid, 'VmRSS').replace(' kB', ''))
  const page = async (): Promise<string> =>
    await lab.succeed('neighbour', ['curl', '--silent', '--show-error', '--max-time', '10', `${URL}/page`])

  /** The other guest gets its pages and its echoes as long as the harm lasts, and after. */
  const harmless = async (harm: Promise<unknown>): Promise<void> => {
    const over = harm.then(() => true)
    do {
      assert.equal(await page(), '<p>A page.</p>\n')
      const ping = ['ping', '-q', '-c', '5', '-i', '0.02', '-w', '5', '10.0.2.1']
      const said = await lab.succeed('neighbour', ping)
      const [, received, longest] = / (\d+) received.* = [0-9.]+\/[0-9.]+\/([0-9.]+)\//s.exec(said) ?? []
      assert.ok(Number(received) >= 5 && Number(longest) < 2000, said)
    } while (!(await Promise.race([over, Promise.resolve(false)])))
    assert.ok(isAlive(network.pid))
  }
  const bounded = async (harm: () => Promise<unknown>): Promise<void> => {
    await page()
    const before = memory()
    await harmless(harm())
    assert.ok(memory() - before < MOST_GROWTH, `from ${before} to ${memory()} KiB`)
  }

  it('leaves connections half open by the thousand', async () => {
    await open()
    const gateway = await askGateway(lab)
    // To servers, to closed ports, and where nobody answers.
    const targets = [WORLD_ADDRESS, WORLD_ADDRESS, parseIpv4('198.51.100.77') as number]
    const syns = function* (): Generator<Uint8Array> {
      for (let i = 0; i < 30_000; i++)
        yield syn(gateway, targets[i % 3] as number, [8000, 1, 80][i % 3] as number, 1 + i)
    }
    await bounded(async () => await sendFrames(lab, 'guest', syns(), { seconds: 3, keep: 0 }))
  })

  it('sends fifty thousand frames of every kind of nonsense', async () => {
    await open()
    const gatewayHardware = await askGateway(lab)
    const addresses = { hardware: HARDWARE, gatewayHardware, address: GUEST, gateway: GATEWAY }
    const neighbour = { neighbour: NEIGHBOUR, neighbourHardware: NEIGHBOUR_HARDWARE }
    const guest = new FuzzGuest(randomNumbers(20_261_126), { ...addresses, ...neighbour })
    const frames = function* (): Generator<Uint8Array> {
      for (let i = 0; i < 50_000; i++) {
        const frame = guest.frame()
        if (frame.length >= 14 && frame.length <= 1514) yield frame // what the interface itself takes
      }
    }
    await bounded(async () => await sendFrames(lab, 'guest', frames(), { seconds: 1, keep: 0 }))
  })

  it('floods names, ports and addresses with datagrams', async () => {
    await open()
    const gateway = await askGateway(lab)
    const frames = function* (): Generator<Uint8Array> {
      for (let i = 0; i < 30_000; i++) {
        const isQuestion = i % 3 === 0
        const destination = isQuestion ? GATEWAY : WORLD_ADDRESS
        const ends = { source: GUEST, destination }
        const payload = isQuestion ? make.dnsQuery(i & 0xffff, `name${i}.slipway.example`, 1) : new Uint8Array(100)
        const datagram = make.udp(ends, 1024 + (i % 60_000), isQuestion ? 53 : 7007, payload)
        yield make.ethernet(gateway, HARDWARE, make.IPV4, make.ipv4({ ...ends, protocol: make.UDP }, datagram))
      }
    }
    await bounded(async () => await sendFrames(lab, 'guest', frames(), { seconds: 1, keep: 0 }))
  })

  it('claims the addresses of the other one and of the gateway', async () => {
    await open()
    const gateway = await askGateway(lab)
    await page()
    const claims = function* (): Generator<Uint8Array> {
      for (let i = 0; i < 2000; i++) {
        const address = i % 2 === 0 ? NEIGHBOUR : GATEWAY
        const claim = { operation: 1 + (i % 2), hardware: HARDWARE, address, target: i % 4 < 2 ? NEIGHBOUR : address }
        yield make.ethernet(make.BROADCAST, HARDWARE, make.ARP, make.arp(claim))
        const ends = { source: address, destination: WORLD_ADDRESS }
        const packet = make.ipv4({ ...ends, protocol: make.UDP }, make.udp(ends, 1, 7007, Uint8Array.of(1)))
        yield make.ethernet(gateway, i % 3 === 0 ? NEIGHBOUR_HARDWARE : HARDWARE, make.IPV4, packet)
      }
    }
    await harmless(sendFrames(lab, 'guest', claims(), { keep: 0 }))
  })

  it('asks for what its host must not give, in every spelling', async () => {
    await open()
    await lab.start('host', [NODE, PEER, 'serve', '0.0.0.0'], 'READY')
    const gateway = await askGateway(lab)
    const refused = [
      '127.0.0.1',
      '127.255.255.254',
      '0.0.0.0',
      '0.0.0.1',
      '169.254.169.254',
      '198.51.100.2',
      '10.0.2.1',
    ]
    const odd = ['224.0.0.1', '240.0.0.1', '255.255.255.255', '10.0.2.255']
    const targets = [...refused, ...odd, WORLD].map((text) => parseIpv4(text) as number)
    const syns = targets.map((destination, i) => syn(gateway, destination, 8000, 2000 + i))
    const { frames } = await sendFrames(lab, 'guest', syns, { seconds: 2 })
    const { syn: SYN, ack } = make.FLAGS
    const open_ = frames.map(segmentOf).filter((segment) => segment?.flags === (SYN | ack))
    // The last one is there to see that it would have been seen.
    assert.deepEqual([...new Set(open_.map((segment) => segment?.source))], [WORLD_ADDRESS])
  })

  it('asks a name server that never answers', async () => {
    await open()
    // In the place of the one that does.
    await lab.succeed('world', [
      '/bin/sh',
      '-c',
      'for it in /proc/[0-9]*; do grep -sq ^dnsmasq "$it/comm" && kill "${it#/proc/}"; done; true',
    ])
    await lab.start('world', [NODE, PEER, 'mute', '53'], 'READY')
    const gateway = await askGateway(lab)
    const questions = function* (): Generator<Uint8Array> {
      const ends = { source: GUEST, destination: GATEWAY }
      for (let i = 0; i < 10_000; i++) {
        const type = [1, 28, 16][i % 3] as number
        const datagram = make.udp(ends, 1024 + i, 53, make.dnsQuery(i, `name${i}.slipway.example`, type))
        yield make.ethernet(gateway, HARDWARE, make.IPV4, make.ipv4({ ...ends, protocol: make.UDP }, datagram))
      }
    }
    await bounded(async () => await sendFrames(lab, 'guest', questions(), { seconds: 1, keep: 0 }))
    assert.equal(await lab.succeed('neighbour', ['dig', '+short', 'guest']), '10.0.2.100\n')
  })

  it('opens more connections than its host has descriptors', async () => {
    await open(['prlimit', '--nofile=300:300'])
    const held = await lab.start('guest', [NODE, PEER, 'hold', WORLD, '7007', '2000'], 'held')
    const stand = Number(/held (\d+)/.exec(held.said())?.[1])
    assert.equal(stand, 150) // half of them
    assert.equal(await page(), '<p>A page.</p>\n')
    assert.match(await lab.succeed('neighbour', ['dig', '+short', 'guest']), /^10\.0\.2\.100\n$/)
    await held.stop('SIGKILL')
    assert.equal(await page(), '<p>A page.</p>\n')
    assert.equal(await lab.succeed('guest', ['curl', '-sS', '-m', '10', `${URL}/page`]), '<p>A page.</p>\n')
  })

  it('takes nothing of what it has asked for, and sends to who takes nothing', async () => {
    await open()
    await bounded(async () => {
      const script = `for i in 1 2 3 4; do curl -s -m 4 --limit-rate 1k ${URL}/bytes/1000000000 >/dev/null & done
for i in 1 2 3 4; do curl -s -m 4 -T /dev/zero http://${WORLD}:7011/ & done; wait`
      await lab.run('guest', ['/bin/sh', '-c', script])
    })
    assert.ok(isAlive(servers.pid))
  })
})

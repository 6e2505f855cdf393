// What a guest does on a network that leads outward, whoever's network it is: Linux's own TCP/IP and programs of others. Run for each subject, and for a
// network that is known to work as well as for ours, so that a test is known to ask for what can be had.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { HOST, type Lab, openLab, type Started, UNREACHABLE, WORLD } from '../support/lab.ts'
import { needs } from '../support/needs.ts'
import { eventually } from '../support/processes.ts'
import { type Attached, configure, type Subject } from '../support/subjects.ts'

export const NODE = process.execPath
export const PEER = join(import.meta.dirname, 'peer.mjs')
const PROGRAMS = [
  'ip',
  'unshare',
  'nsenter',
  'prlimit',
  'mount',
  'bash',
  'busybox',
  'python3',
  'curl',
  'dig',
  'ping',
  'iperf3',
  'dnsmasq',
]
export const NETWORK = needs({ host: ['linux', 'root', 'tap'], commands: PROGRAMS })

/** SHA-256 of the first MiB and so on of the stream of peer.mjs, by `openssl enc -aes-128-ctr` of zeros. */
const DIGESTS = new Map([
  [2 ** 20, 'cbe2b262041a8db47d844bcaccfaa76de692ca1410e9920198b250445175e1b8'],
  [4 * 2 ** 20, '3c9c545bcd11565eae5691a3fa5b6dd46a6dddc2bb3a0b88881e5db132a32856'],
  [16 * 2 ** 20, '04257f2c06bb2404d0a64584ceb92e782d5a5e281c5436876fc11ad1b4993547'],
  [64 * 2 ** 20, 'f30fb789a9f52beedf72cacba5240bcd34e513150a201daab9f24dde4051556d'],
  [2 ** 30, 'a110c53382d90198328a45c24dfc98a504911e2abf65c16d6c879ae958528cbd'],
])

/** The servers of the world: peer.mjs, iperf3, and names. */
export async function startWorld(lab: Lab): Promise<Started> {
  const servers = await lab.start('world', [NODE, PEER, 'serve'], 'READY')
  await lab.start('world', ['iperf3', '--server', '--forceflush'], 'listening')
  const records = [
    '--host-record=www.slipway.example,198.51.100.80,2001:db8::80',
    '--host-record=only6.slipway.example,2001:db8::81',
    '--txt-record=www.slipway.example,a text',
  ]
  const words = [
    '--conf-file=/dev/null',
    '--keep-in-foreground',
    '--user=root',
    '--pid-file',
    '--no-resolv',
    '--no-hosts',
  ]
  await lab.start('world', ['dnsmasq', ...words, '--log-facility=-', '--local=/slipway.example/', ...records])
  return servers
}

/** Downloads so many bytes with curl and compares their digest. */
export async function download(lab: Lab, url: string, bytes: number): Promise<void> {
  const script = 'set -o pipefail; curl --silent --show-error --max-time 100 "$1" | sha256sum'
  const printed = await lab.succeed('guest', ['bash', '-c', script, 'bash', `${url}/bytes/${bytes}`], { patience: 110 })
  assert.equal(printed.slice(0, 64), DIGESTS.get(bytes))
}

/** Uploads as many. */
export async function upload(lab: Lab, url: string, bytes: number): Promise<void> {
  const printed = await lab.succeed('guest', [NODE, PEER, 'upload', `${url}/digest`, `${bytes}`], { patience: 110 })
  const line = `${bytes} ${DIGESTS.get(bytes)}\n`
  assert.equal(printed.trimEnd(), `${line}${line}`.trimEnd())
}

/** Echoes on connections of their own: all have to come back. */
export async function connectMany(lab: Lab, to: string, count: number, atOnce: number): Promise<void> {
  const words = ['connect', to, '7007', count, atOnce].map(String)
  assert.match(await lab.succeed('guest', [NODE, PEER, ...words]), new RegExp(`^succeeded ${count}\nseconds .*\n$`))
}

type Transfer = {
  end: {
    sum_sent: { bits_per_second: number }
    sum_received: { bits_per_second: number }
    sum?: { lost_percent: number }
  }
  error?: string
}

/** For its server to have done with the one before (ms); it takes one client at a time. */
const IPERF_PAUSE = 200
const IPERF_TRIES = 25

/** Bits a second that arrived. */
export async function iperf(lab: Lab, ...words: readonly string[]): Promise<Transfer['end']> {
  for (let tries = 1; ; tries++) {
    const printed = await lab.succeed('guest', ['iperf3', '--json', '--client', WORLD, ...words])
    const { end, error } = JSON.parse(printed) as Transfer
    if (error === undefined) return end
    assert.ok(error.includes('busy') && tries < IPERF_TRIES, error)
    await new Promise((resolve) => setTimeout(resolve, IPERF_PAUSE))
  }
}

/** `declined`: tests that this network does not pass, by title. */
export function describeOutward(subject: Subject, declined: readonly string[] = []): void {
  const wanted = needs({ host: ['linux', 'root', 'tap'], commands: [...PROGRAMS, ...subject.commands] })
  describe(`Linux as a guest of ${subject.name}`, wanted, () => {
    let lab: Lab
    let attached: Attached
    let said = (): string => ''
    const url = `http://${WORLD}:8000`
    const guest = async (...words: readonly string[]): Promise<string> => await lab.succeed('guest', words)
    const dig = async (...words: readonly string[]): Promise<string> =>
      await guest('dig', '+short', '+timeout=3', '+tries=2', ...words)

    const tests: [title: string, test: () => Promise<void>][] = []
    const check = (...each: (typeof tests)[number]): void => void tests.push(each)
    const talk = async (host: string, port: number, how: 'end' | 'late' | 'reset', bytes: number): Promise<string> =>
      await guest(NODE, PEER, 'talk', host, `${port}`, how, `${bytes}`)

    beforeAll(async () => {
      lab = await openLab()
      said = (await startWorld(lab)).said
      attached = await subject.attach(lab, { mtu: 1500 })
      await configure(lab, 'guest', attached, 1500)
    })
    afterAll(async () => await lab?.close())

    check('fetches a page, and another over the same connection', async () => {
      const each = ['--write-out', '%{num_connects} connections\n']
      const page = '<p>A page.</p>\n'
      const printed = await guest('curl', '--silent', '--show-error', ...each, `${url}/page`, `${url}/page`)
      assert.equal(printed, `${page}1 connections\n${page}0 connections\n`)
    })

    check('is seen by the world as its host', async () => {
      assert.equal(await guest('curl', '--silent', `${url}/client`), `${HOST}\n`)
    })

    check('fetches and sends a megabyte whole', async () => {
      await download(lab, url, 2 ** 20)
      await upload(lab, url, 2 ** 20)
    })

    check('resolves names to addresses and texts, and addresses to names', async () => {
      assert.equal(await dig('www.slipway.example', 'A'), '198.51.100.80\n')
      assert.equal(await dig('www.slipway.example', 'TXT'), '"a text"\n')
      assert.equal(await dig('-x', '198.51.100.80'), 'www.slipway.example.\n')
    })

    check('resolves names to IPv6 addresses', async () => {
      assert.equal(await dig('www.slipway.example', 'AAAA'), '2001:db8::80\n')
    })

    check('is told that there is no such name, and none of that kind', async () => {
      assert.match(await guest('dig', 'nobody.slipway.example', 'A'), /status: NXDOMAIN/)
      assert.match(await guest('dig', 'only6.slipway.example', 'A'), /status: NOERROR.*ANSWER: 0/s)
    })

    check('pings the gateway, and the world through it', async () => {
      // Of the host's network alone: who may ping without privileges.
      await lab.succeed('host', ['/bin/sh', '-c', 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range'])
      for (const address of [attached.gateway, WORLD]) {
        assert.match(await guest('ping', '-q', '-c', '3', '-i', '0.05', '-w', '5', address), / 3 received/)
      }
    })

    check('gets back datagrams of all sizes, also those that need fragments', async () => {
      const sizes = [0, 1, 512, 1472, 1473, 4000, 9000]
      const printed = await guest(NODE, PEER, 'udp', WORLD, '7007', ...sizes.map(String))
      assert.equal(printed, sizes.map((size) => `${size} echoed\n`).join(''))
    })

    check('says that it sends no more, and still gets the answer', async () => {
      const digest = createHash('sha256').update('x'.repeat(1000)).digest('hex')
      assert.equal(await talk(WORLD, 7008, 'end', 1000), `${digest}\nend\n`)
    })

    check('may still send after the other side has said that it sends no more', async () => {
      assert.equal(await talk(WORLD, 7009, 'late', 100_000), 'bye\nend\n')
      await eventually('the bytes after the end', () => said().includes('half: 100000 bytes'))
    })

    check('sees a reset as a reset', async () => {
      assert.equal(await talk(WORLD, 7010, 'end', 10), 'ECONNRESET\n')
    })

    check('resets, and the world sees that', async () => {
      assert.equal(await talk(WORLD, 7012, 'reset', 0), 'hello\n')
      await eventually('the reset', () => said().includes('watched: ECONNRESET'))
    })

    check('is refused where nobody listens', async () => {
      assert.equal(await talk(WORLD, 7999, 'end', 0), 'ECONNREFUSED\n')
    })

    check('is told of what cannot be reached', async () => {
      assert.equal(await talk(UNREACHABLE, 80, 'end', 0), 'EHOSTUNREACH\n')
    })

    check('makes ten thousand connections, and a thousand at once', async () => {
      await connectMany(lab, WORLD, 500, 1)
      await connectMany(lab, WORLD, 8500, 20)
      await connectMany(lab, WORLD, 1000, 1000)
    })

    for (const [title, test] of tests.filter(([title]) => !declined.includes(title))) it(title, test)
  })
}

// Echo requests through the kernel's own sockets for them, in a network of the test's own, where everybody may send some and then nobody.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, it } from 'vitest'
import { needs } from '../../../test/support/needs.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Says what was permitted and who has replied, for each group of requests. */
const PROGRAM = `
  const { writeFileSync } = await import('node:fs')
  const { importTypeScript } = await import('./tools/run.mjs')
  const [{ openPinger }] = await importTypeScript(['src/host/network/ping.ts'])
  const may = (range) => writeFileSync('/proc/sys/net/ipv4/ping_group_range', range)
  const soon = () => new Promise((resolve) => setTimeout(resolve, 200))
  const replied = []
  const open = () => openPinger((deliver) => deliver())
  const ping = (pinger, to, size, name) => pinger.ping(to, new Uint8Array(size), () => replied.push(name))
  const results = {}

  may('0 2147483647')
  const pinger = open()
  results.sent = [ping(pinger, '127.0.0.1', 0, 'a'), ping(pinger, '127.0.0.2', 56, 'b'), ping(pinger, '127.0.0.1', 60000, 'c')]
  await soon()
  results.replied = replied.splice(0).sort()
  results.lost = [ping(pinger, '192.0.2.1', 8, 'unreachable'), ping(pinger, '255.255.255.255', 8, 'broadcast')]
  await soon()
  results.ofLost = replied.splice(0)
  for (let i = 0; i < 1000; i++) ping(pinger, '127.0.0.1', 8, i)
  await soon()
  results.flood = replied.splice(0).length
  ping(pinger, '127.0.0.1', 8, 'after')
  await soon()
  results.afterFlood = replied.splice(0)
  ping(pinger, '127.0.0.1', 8, 'late')
  pinger.close()
  await soon()
  results.afterClose = [ping(pinger, '127.0.0.1', 8, 'closed'), replied.length]
  may('1 0')
  const forbidden = open()
  results.forbidden = [ping(forbidden, '127.0.0.1', 8, 'x'), ping(forbidden, '127.0.0.1', 8, 'y')]
  forbidden.close()
  console.log(JSON.stringify(results))`

type Results = {
  readonly sent: boolean[]
  readonly replied: string[]
  readonly lost: boolean[]
  readonly ofLost: string[]
  readonly flood: number
  readonly afterFlood: string[]
  readonly afterClose: [boolean, number]
  readonly forbidden: boolean[]
}

const available = needs({ host: ['linux', 'root'], commands: ['ip', 'unshare'] })

describe('openPinger()', available, () => {
  let results: Results
  beforeAll(() => {
    if (available.skip === true) return
    const script = 'ip link set lo up; exec "$1" -e "$2"'
    const words = ['--net', '/bin/sh', '-ec', script, 'sh', process.execPath, `(async () => {${PROGRAM}})()`]
    const { stdout, stderr } = spawnSync('unshare', words, { cwd: ROOT, encoding: 'utf8' })
    assert.equal(stderr, '')
    results = JSON.parse(stdout) as Results
  }, 60_000) // it makes a bundle first, which a busy machine takes long for

  it('says who has replied, and to which request', () => {
    assert.deepEqual(
      [results.sent, results.replied],
      [
        [true, true, true],
        ['a', 'b', 'c'],
      ],
    )
  })
  it('says nothing about who does not reply', () => {
    assert.deepEqual([results.lost, results.ofLost], [[true, true], []])
  })
  it('takes more at once than the kernel has room for replies', () => {
    assert.ok(results.flood > 100, `${results.flood} of 1000`)
    assert.deepEqual(results.afterFlood, ['after'])
  })
  it('neither asks nor hears anybody once it is closed', () => {
    assert.deepEqual(results.afterClose, [false, 0])
  })
  it('says that nobody may where nobody may', () => {
    assert.deepEqual(results.forbidden, [false, false])
  })
})

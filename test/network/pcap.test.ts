// What is recorded of a network is what other programs read.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Lab, openLab, WORLD } from '../support/lab.ts'
import { needs } from '../support/needs.ts'
import { configure, slipway } from '../support/subjects.ts'
import { NETWORK, startWorld } from './_suite.ts'

describe('a recorded network', NETWORK, () => {
  let lab: Lab
  let file = ''
  beforeAll(async () => {
    lab = await openLab()
    await startWorld(lab)
    file = join(lab.directory, 'guest.pcap')
    const attached = await slipway({ pcap: file }).attach(lab, { mtu: 1500 })
    await configure(lab, 'guest', attached, 1500)
    await lab.succeed('guest', ['curl', '-sS', `http://${WORLD}:8000/page`])
    await lab.succeed('guest', ['dig', '+short', 'www.slipway.example'])
    await attached.process.stop()
  })
  afterAll(async () => await lab?.close())

  it('is read by tcpdump, whole and in order', needs({ commands: ['tcpdump'] }), async () => {
    const { status, stdout, stderr } = await lab.run('host', ['tcpdump', '-nn', '-vv', '-tt', '-A', '-r', file])
    assert.equal(status, 0, stderr)
    assert.doesNotMatch(stderr, /truncated/)
    assert.match(stdout, /ARP, .*Request who-has 10\.0\.2\.1 tell 10\.0\.2\.100/)
    assert.match(stdout, /Flags \[S\].*Flags \[S\.\].*GET \/page.*HTTP\/1\.1 200 OK.*Flags \[F\.\]/s)
    assert.match(stdout, /A\? www\.slipway\.example.*A 198\.51\.100\.80/s)
    // Both ways: without offloading, Linux computes its own.
    const checked = stdout.split('\n').filter((line) => / cksum 0x[0-9a-f]+ \((in)?correct/.test(line))
    assert.ok(checked.length > 8 && checked.every((line) => line.includes('(correct)')), stdout)
    const times = [...stdout.matchAll(/^(\d+\.\d+) /gm)].map(([, time]) => Number(time))
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    assert.ok(Math.abs((times[0] ?? 0) - Date.now() / 1000) < 60)
  })
})

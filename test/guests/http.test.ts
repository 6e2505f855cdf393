// The HTTP guest and its TCP, against Linux's own: clients of every kind, wires that lose and mix up frames.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { needs } from '../support/needs.ts'
import { type Outcome, pattern, runStation, type Station, STATION_NEEDS } from './_station.ts'

const REQUESTS = join(import.meta.dirname, 'requests.py')
const SITE = 'http://10.0.0.2'
const QUIT = `curl -sS ${SITE}/quit`
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** The server, which must still be there when the commands are done, and end as it is asked to. */
function serve(commands: string, more: Partial<Station> = {}): Outcome {
  const station = { guest: 'http', words: ['--ipv4=10.0.0.2/24'], commands: `${commands}\n${QUIT}`, ...more }
  const outcome = runStation(station)
  assert.deepEqual(
    [outcome.ending, /^goodbye$/m.test(outcome.output), outcome.guest.endsWith('SUCCESS\n')],
    ['0', true, true],
    `${outcome.output}\n${outcome.guest}`,
  )
  return outcome
}

const ask = (scenario: string): string => `python3 ${REQUESTS} ${scenario}`

describe('the HTTP guest', needs({ ...STATION_NEEDS, commands: [...STATION_NEEDS.commands, 'curl', 'ping'] }), () => {
  it('has its pages, and says what it does not have', () => {
    const { output, guest } = serve(`
curl -sS ${SITE}/ | grep floats
curl -sS ${SITE}/count ${SITE}/count
curl -sS --local-port 4321 ${SITE}/client
curl -sSI ${SITE}/
curl -sS -o "$DIR/none" -w '%{http_code}\\n' ${SITE}/nothing`)
    assert.match(output, /floats[^]*\n1\n2\n10\.0\.0\.1:4321\nHTTP\/1\.1 200 OK\r\n[^]*\n404\n/)
    assert.match(output, /Content-Length: 163\r\n\r\n404/) // a head without its body
    assert.match(guest, /\n7 requests\nSUCCESS\n$/)
  })

  const ways: [why: string, more: Partial<Station>][] = [
    ['with an MTU of 576', { mtu: 576 }],
    ['with an MTU of 1500', {}],
    ['with an MTU of 9000', { mtu: 9000 }],
    ['with an MTU of 65520', { mtu: 65_520 }],
    ['when frames are lost', { wire: ['--loss', '0.03'] }],
    ['when frames come in another order', { wire: ['--reorder', '0.1'] }],
    ['when frames come twice', { wire: ['--duplicate', '0.2'] }],
    ['when frames are damaged', { wire: ['--damage', '0.03'] }],
    ['when all of that happens', { wire: '--loss 0.02 --reorder 0.03 --duplicate 0.02 --damage 0.01'.split(' ') }],
  ]
  for (const [why, more] of ways) {
    it(`sends and receives what it should ${why}`, { timeout: 60_000 }, () => {
      const { output } = serve(
        `head -c 2000000 /dev/urandom >"$DIR/body"
curl -sS ${SITE}/big | sha256sum
curl -sS ${SITE}/bytes/1234567 | sha256sum
curl -sS -T "$DIR/body" ${SITE}/upload
sha256sum <"$DIR/body"
${ask('fragments')}`,
        more,
      )
      const [big, bytes, upload, body, fragments] = output.split('\n')
      assert.equal(big, `${digest(pattern(2 ** 20))}  -`)
      assert.equal(bytes, `${digest(pattern(1_234_567))}  -`)
      assert.equal(`2000000 bytes, SHA-256 ${body?.slice(0, 64)}`, upload)
      assert.equal(fragments, '0 fragments') // its segments are as long as the link takes, and no longer
    })
  }

  it('answers requests that come together, or in pieces of one byte, in their order', () => {
    const [together, pieces] = serve(ask('pipelined')).output.split('\n')
    const count = (first: number): string => Array.from({ length: 20 }, (_, i) => i + first).join(' ')
    assert.deepEqual([together, pieces], [`${count(1)} True`, `${count(21)} True`])
  })

  it('answers many requests on one connection', () => {
    assert.match(serve(ask('many')).output, /^3000 True\n/)
  })

  it('knows where a body ends', () => {
    assert.match(serve(ask('bodies')).output, /^31 HTTP\/1\.1 200 OK\n1\n/)
  })

  it('refuses what makes no sense, and goes on', () => {
    const { output } = serve(ask('bad'))
    assert.deepEqual(output.split('\n').slice(0, -2), [
      'nothing that is HTTP: 400',
      'no version: 400',
      'another version: 505',
      'no host: 400',
      'two hosts: 400',
      'two lengths: 400',
      'a length that is none: 400',
      'a blank in front of a colon: 400',
      'a header that goes on: 400',
      'a header without a name: 400',
      'a NUL: 400',
      'a control in a path: 400',
      'no path: 400',
      'chunks: 501',
      'a head that is too long: 431',
      'a line that never ends: 431',
      'a method that is not done: 405',
      'a page that is not there: 404',
      'the name of a proxy: 200',
    ])
  })

  it('serves more clients than it has connections for, one after the other', { timeout: 60_000 }, () => {
    assert.match(serve(ask('crowd')).output, /^256 served\n/)
  })

  it('has places for new clients while others keep theirs for nothing', { timeout: 60_000 }, () => {
    assert.match(serve(ask('idle')).output, /^100 True\n/)
  })

  it('waits for a client that takes nothing for a while', () => {
    assert.match(serve(ask('slow')).output, /^1048576\n0 sent in spite/)
  })

  it('serves while a thousand connections are only half open', { timeout: 60_000 }, () => {
    assert.match(serve(ask('half_open')).output, /^served True\n/)
  })

  it('forgets clients that reset their connections', () => {
    assert.match(serve(ask('rude')).output, /^done\n/)
  })

  it('lives through segments of noise', () => {
    assert.match(serve(ask('garbage')).output, /^done\n/)
  })

  it('refuses a port where nobody listens, and is pinged in fragments', () => {
    const { output } = serve(`curl -sS --max-time 5 ${SITE}:81/; ping -q -c 3 -s 20000 10.0.0.2`)
    assert.match(output, /Connection refused|Couldn't connect|Failed to connect/)
    assert.match(output, / 3 received, 0% packet loss/)
  })

  it('waits without using the processor', () => {
    // Fields 14 and 15 of /proc/PID/stat: hundredths of a second in user and kernel mode.
    const ticks = 'set -- $(cat /proc/$guest/stat); echo $((${14} + ${15}))'
    const held = `python3 -c 'import socket, time; s = socket.create_connection(("10.0.0.2", 80)); time.sleep(2)'`
    const { output } = serve(`${ticks}\n${held}\n${ticks}`)
    const [before, after] = output.split('\n').map(Number)
    assert.ok(before !== undefined && after !== undefined && after - before <= 2, output)
  })
})

// The DHCP guest against dnsmasq, and against servers that do what no good one does.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { needs } from '../support/needs.ts'
import { type Outcome, runStation, type Station, STATION_NEEDS } from './_station.ts'

const SERVERS = join(import.meta.dirname, 'servers.py')
const DNSMASQ = `dnsmasq -d --conf-file=/dev/null --interface=tap100 --bind-interfaces --user=root --no-resolv --no-hosts \\
  --dhcp-range=10.0.0.50,10.0.0.50,255.255.255.0,300 --dhcp-leasefile="$DIR/leases" --local=/example.org/ \\
  --host-record=real.example.org,192.0.2.9 --cname=alias.example.org,real.example.org >"$DIR/dnsmasq" 2>&1 &
until_said "$DIR/dnsmasq" "sockets bound"`

const get = (words: readonly string[], before: string, more: Partial<Station> = {}): Outcome =>
  runStation({ guest: 'dhcp', words, before, ready: 'lease:\\|FAILED', ...more })

describe(
  'the DHCP guest and dnsmasq',
  needs({ ...STATION_NEEDS, commands: [...STATION_NEEDS.commands, 'dnsmasq'] }),
  () => {
    it('gets a lease from dnsmasq, which knows it by its name, and asks it for the address of an alias', () => {
      const { guest, ending, output } = get(['--name=fred', '--resolve=alias.example.org'], DNSMASQ, {
        after: 'cat "$DIR/leases"',
      })
      assert.match(
        guest,
        /^lease: address 10\.0\.0\.50, mask 255\.255\.255\.0, router 10\.0\.0\.1, DNS 10\.0\.0\.1, 300 seconds, from 10\.0\.0\.1$/m,
      )
      assert.match(guest, /^service: address 10\.0\.0\.50, MAC /m)
      assert.match(guest, /^alias\.example\.org: 192\.0\.2\.9$/m)
      assert.match(output, / 10\.0\.0\.50 fred /)
      assert.equal(ending, '0')
    })

    it('says that a name is unknown', () => {
      const { guest, ending } = get(['--resolve=none.example.org'], DNSMASQ)
      assert.match(guest, /^none\.example\.org: unknown name$/m)
      assert.equal(ending, '2')
    })

    it('gets its lease over a wire that loses a fifth', () => {
      const { guest, ending } = get(['--resolve=real.example.org'], DNSMASQ, {
        wire: ['--loss', '0.2'],
      })
      assert.match(guest, /^real\.example\.org: 192\.0\.2\.9$/m)
      assert.equal(ending, '0')
    })
  },
)

describe('the DHCP guest and a server with a plan', needs(STATION_NEEDS), () => {
  /** What the server has heard, what the guest said, and how it ended. */
  function withPlan(plan: string, words: readonly string[], more: Partial<Station> = {}) {
    const before = `python3 ${SERVERS} leases ${plan} >"$DIR/server" 2>&1 & until_said "$DIR/server" READY`
    const { output, guest, ending } = get(words, before, {
      after: 'cat "$DIR/server"',
      ...more,
    })
    return { heard: output.split('\n').filter((line) => line.includes(' from ')), guest, ending }
  }

  it('asks again when nobody answers', () => {
    const { heard, ending } = withPlan('nothing offer=10.0.0.66 nothing ack=10.0.0.66', [])
    assert.deepEqual(heard, [
      'discover from 0.0.0.0 wants - as dhcp',
      'discover from 0.0.0.0 wants - as dhcp',
      'request from 0.0.0.0 wants 10.0.0.66 as dhcp',
      'request from 0.0.0.0 wants 10.0.0.66 as dhcp',
    ])
    assert.equal(ending, '0')
  })

  it('renews its lease when half of it has gone, and is there meanwhile', needs({ commands: ['ping'] }), () => {
    const { heard, guest, ending } = withPlan('offer=10.0.0.66,6 ack=10.0.0.66,6', ['--renew=1'], {
      commands: 'ping -q -c 4 -i 0.2 -w 10 10.0.0.66 | grep 4.received || kill $guest',
    })
    assert.deepEqual(heard.slice(2), ['request from 10.0.0.66 wants - as dhcp'])
    assert.equal(guest.match(/^lease: address 10\.0\.0\.66,/gm)?.length, 2)
    assert.equal(ending, '0')
  })

  it('begins anew when its lease is refused', () => {
    const plan = 'offer=10.0.0.66,6 ack=10.0.0.66,6 refuse offer=10.0.0.67 ack=10.0.0.67'
    const { heard, guest } = withPlan(plan, ['--renew=1'])
    assert.deepEqual(heard.slice(2), [
      'request from 10.0.0.66 wants - as dhcp',
      'discover from 0.0.0.0 wants - as dhcp',
      'request from 0.0.0.0 wants 10.0.0.67 as dhcp',
    ])
    assert.match(guest, /^lease: address 10\.0\.0\.67,/m)
  })

  it('begins anew when its lease has run out without an answer', () => {
    const plan = 'offer=10.0.0.66,8 ack=10.0.0.66,8 nothing nothing offer=10.0.0.67 ack=10.0.0.67'
    const { heard, guest } = withPlan(plan, ['--renew=1'])
    assert.deepEqual(
      heard.slice(2).map((line) => line.split(' ').slice(0, 3).join(' ')),
      ['request from 10.0.0.66', 'request from 10.0.0.66', 'discover from 0.0.0.0', 'request from 0.0.0.0'],
    )
    assert.match(guest, /^lease: address 10\.0\.0\.67,/m)
  })

  it('lives through answers that are cut off and changed', () => {
    const { guest, ending } = withPlan('garbage offer=10.0.0.66 ack=10.0.0.66', [])
    assert.match(guest, /^lease: address 10\.0\.0\.66,/m)
    assert.equal(ending, '0')
  })
})

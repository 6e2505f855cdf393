import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { formatCidr } from '../base/ipv4.ts'
import { parseRoutes } from './routes.ts'

const TABLE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t00000080\t0500080A\t0003\t0\t0\t0\t00000080\t0\t0\t0
down0\t0000000A\t00000000\t0000\t0\t0\t0\t000000FF\t0\t0\t0
wg0\t0100A8C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`

describe('parseRoutes()', () => {
  it('lists destinations that are up, but for that of all the rest', () => {
    assert.deepEqual(parseRoutes(TABLE).map(formatCidr), ['192.0.2.0/24', '128.0.0.0/1', '192.168.0.1/32'])
  })

  it('takes what is no line of a table for none', () => {
    for (const text of ['', 'a\tb\n', TABLE.replaceAll('\t', ' '), 'x\tXYZ\t0\t0001\t0\t0\t0\tFF\n']) {
      assert.deepEqual(parseRoutes(text), [])
    }
  })

  it('takes whatever a line is cut to for a route or for none', () => {
    for (let length = 0; length < TABLE.length; length++) assert.ok(parseRoutes(TABLE.slice(0, length)).length <= 3)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Device } from '../artefact/manifest.ts'
import { parseBlockFlag, parseNetFlag } from './flag.ts'
import { assignPorts } from './published.ts'
import { MAX_PUBLISHED, parsePublication, type Publication } from './publish.ts'
import type { Wire, WiredDevice } from './wire.ts'

const ORIGIN = { layer: 'command line' } as const
const port = (text: string): Publication => parsePublication(text, '-p', ORIGIN)

function wired(...wires: readonly Wire[]): readonly WiredDevice[] {
  return wires.map((wire, i) => {
    const device: Device = { name: wire.device, type: wire.type, handle: i + 1 }
    return { device, wire }
  })
}

const net = (flag: string) => parseNetFlag(flag, ORIGIN)
const SHOP = wired(parseBlockFlag('storage=a.img', ORIGIN), net('front=tap:t'), net('service=user'), net('admin=user'))

/** Host ports by device. */
function portsOf(devices: readonly WiredDevice[]): Record<string, number[]> {
  const found = devices.flatMap(({ device, wire }) => {
    if (wire.type !== 'net' || wire.carrier.kind !== 'user') return []
    return [[device.name, wire.carrier.publish.map(({ hostPort }) => hostPort)] as const]
  })
  return Object.fromEntries(found)
}

describe('assignPorts()', () => {
  it('gives a port to the first device on a network of ours, or to the one that is named', () => {
    const devices = assignPorts(SHOP, [port('1:80'), port('admin=2:80'), port('service=3:80')])
    assert.deepEqual(portsOf(devices), { service: [1, 3], admin: [2] })
    assert.deepEqual(
      devices.map(({ device }) => device.name),
      ['storage', 'front', 'service', 'admin'],
    )
  })

  it('keeps what a wire brings along, and changes nothing when it is asked again', () => {
    const [service] = wired(net('service=user'))
    assert.ok(service?.wire.type === 'net' && service.wire.carrier.kind === 'user')
    const carrier = { ...service.wire.carrier, publish: [port('1:80')] }
    const once = assignPorts([{ device: service.device, wire: { ...service.wire, carrier } }], [port('2:80')])
    assert.deepEqual(portsOf(once), { service: [1, 2] })
    assert.deepEqual(assignPorts(once, []), once)
  })

  const unsuited: readonly (readonly [why: string, devices: readonly WiredDevice[], text: string, error: object])[] = [
    [
      'a port where no device is on such a network',
      wired(net('service=tap:t')),
      '8080:80',
      { message: /tcp port 80 .* no net device is on a network/, advice: 'wire one to it: --net service=user' },
    ],
    [
      'a port of a guest without a network',
      [],
      '53:53/udp',
      { message: /udp port 53/, advice: 'it has no net device' },
    ],
    [
      'a device that is wired to something else',
      SHOP,
      'front=8080:80',
      { message: /the device "front" is not on a network/, advice: 'those that are: service, admin' },
    ],
    ['a mistyped device', SHOP, 'servcie=1:80', { message: /no device "servcie"/, advice: 'did you mean service=?' }],
  ]
  for (const [why, devices, text, error] of unsuited) {
    it(`refuses ${why}`, () => {
      assert.throws(() => assignPorts(devices, [port(text)]), { name: 'WiringError', code: 'UNSUITED', ...error })
    })
  }

  const conflicts: readonly (readonly [one: string, other: string])[] = [
    ['8080:80', '8080:81'],
    ['8080:80', 'admin=8080:80'],
    ['8080:80', '0.0.0.0:8080:80'],
    ['[::1]:8080:80', '[::]:8080:80'],
  ]
  for (const [one, other] of conflicts) {
    it(`refuses ${one} together with ${other}`, () => {
      const error = { name: 'WiringError', code: 'CONFLICT', message: /cannot both be published/ }
      assert.throws(() => assignPorts(SHOP, [port(one), port(other)]), error)
    })
  }

  it('takes one number for both protocols, for two addresses, and any free port as often as is wanted', () => {
    const texts = ['8080:80', '8080:80/udp', '127.0.0.2:8080:80', '[::1]:8080:80', '0:80', '0:80']
    assert.equal(portsOf(assignPorts(SHOP, texts.map(port)))['service']?.length, texts.length)
  })

  it('refuses more than there are descriptors for', () => {
    const many = Array.from({ length: MAX_PUBLISHED + 1 }, (_, i) => port(`${1000 + i}:80`))
    assert.equal(portsOf(assignPorts(SHOP, many.slice(1)))['service']?.length, MAX_PUBLISHED)
    assert.throws(() => assignPorts(SHOP, many), { code: 'CONFLICT', message: /257 ports/ })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { echo } from './sample-world.ts'

const text = (bytes: Uint8Array | readonly number[]): string => String.fromCharCode(...bytes)
const bytes = (string: string): Uint8Array => new TextEncoder().encode(string)

describe('createNetwork()', () => {
  it('gives a guest a lease, a gateway that answers, a name, and a way out', () => {
    const { network, world } = sampleNetwork()
    world.names.set('www.example.org A', { kind: 'addresses', addresses: ['203.0.113.5'] })
    world.tcpServers.set('203.0.113.5:80', echo)
    world.udpServers.set('203.0.113.5:7', (datagram) => datagram)
    const guest = new SampleGuest(network, 'web')

    assert.equal(guest.lease().yourAddress, '10.0.0.2')
    guest.sendArp('10.0.0.1')
    assert.deepEqual([...(guest.take()[0]?.payload.subarray(8, 14) ?? [])], [0x02, 0, 0x53, 0x6c, 0x69, 0x70])
    assert.deepEqual(guest.ask('www.example.org').answers, ['203.0.113.5'])
    guest.ping('203.0.113.5')
    assert.deepEqual(
      guest.packets().map(({ from, payload }) => [from, payload[0]]),
      [['203.0.113.5', 0]],
    )
    guest.sendUdp('203.0.113.5', 7, bytes('hello'))
    assert.deepEqual(
      guest.packets().map(({ payload }) => text(payload.subarray(8))),
      ['hello'],
    )

    const connection = guest.connect('203.0.113.5', 80).open()
    assert.ok(connection.established)
    assert.equal(text(connection.write(bytes('GET /')).received), 'GET /')
    assert.ok(connection.close().ended)
    assert.deepEqual(world.asked, ['203.0.113.5', '203.0.113.5:7', '203.0.113.5:80'])
  })
})

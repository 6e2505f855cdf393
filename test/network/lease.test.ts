// Guests that ask for everything by DHCP, and find each other by name: udhcpc, dig, ping and curl of others.

import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Lab, openLab, type Place, WORLD } from '../support/lab.ts'
import { attachSlipway, lease } from '../support/subjects.ts'
import { NETWORK, NODE, PEER, startWorld } from './_suite.ts'

describe('two guests of one network', NETWORK, () => {
  let lab: Lab
  let complained = (): string => ''
  const leases = new Map<Place, string>()
  beforeAll(async () => {
    lab = await openLab()
    await startWorld(lab)
    const [attached] = await attachSlipway(lab, [{ place: 'guest' }, { place: 'neighbour', mtu: 1400 }])
    complained = attached?.process.complained ?? complained
    for (const place of ['guest', 'neighbour'] as const) leases.set(place, await lease(lab, place))
  })
  afterAll(async () => await lab?.close())
  const addressOf = (place: Place): string => /^lease ([0-9.]+)/.exec(leases.get(place) ?? '')?.[1] ?? ''

  it('get a lease of their own, with a router, a name server and the MTU', () => {
    assert.match(leases.get('guest') ?? '', /^lease 10\.0\.2\.\d+\/24 router 10\.0\.2\.1 dns 10\.0\.2\.1 mtu 1500 /)
    assert.match(leases.get('neighbour') ?? '', /^lease 10\.0\.2\.\d+\/24 router 10\.0\.2\.1 dns 10\.0\.2\.1 mtu 1400 /)
    assert.notEqual(addressOf('guest'), addressOf('neighbour'))
  })

  it('get the same one again', async () => {
    await lab.succeed('guest', ['ip', 'address', 'flush', 'dev', 'net0'])
    assert.equal(await lease(lab, 'guest'), leases.get('guest'))
  })

  it('find each other by name, whatever the case', async () => {
    assert.equal(await lab.succeed('guest', ['dig', '+short', 'neighbour']), `${addressOf('neighbour')}\n`)
    assert.equal(await lab.succeed('neighbour', ['dig', '+short', 'GUEST', 'A']), `${addressOf('guest')}\n`)
    assert.equal(
      await lab.succeed('guest', ['dig', '+short', '-x', addressOf('neighbour')]),
      'neighbour.slipway.internal.\n',
    )
  })

  it('ping each other, and fetch pages from each other', async () => {
    const ping = ['ping', '-q', '-c', '3', '-i', '0.01', '-W', '2', addressOf('neighbour')]
    assert.match(await lab.succeed('guest', ping), / 0% packet loss/)
    await lab.start('neighbour', [NODE, PEER, 'serve'], 'READY')
    const url = `http://${addressOf('neighbour')}:8000/client`
    assert.equal(await lab.succeed('guest', ['curl', '-sS', '-m', '5', url]), `${addressOf('guest')}\n`)
  })

  it('resolve what their host resolves', async () => {
    assert.equal(await lab.succeed('neighbour', ['dig', '+short', 'www.slipway.example']), '198.51.100.80\n')
    const none = await lab.succeed('neighbour', ['dig', 'www.slipway.example', 'AAAA'])
    assert.match(none, /status: NOERROR.*ANSWER: 0/s) // the network has no IPv6
  })

  it('do not ping the world where their host lets nobody, which the operator is told once', async () => {
    for (let i = 0; i < 2; i++) {
      const { status } = await lab.run('guest', ['ping', '-q', '-c', '2', '-i', '0.1', '-W', '1', WORLD])
      assert.equal(status, 1)
    }
    assert.equal(complained().match(/ping_group_range/g)?.length, 1, complained())
  })
})

// Published ports: clients on the host's loopback and in the world reach servers of a guest, which is Linux.

import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { HOST, type Lab, openLab, type Started, WORLD } from '../support/lab.ts'
import { eventually } from '../support/processes.ts'
import { attachSlipway, lease } from '../support/subjects.ts'
import { NETWORK, NODE, PEER } from './_suite.ts'

const PUBLISH = [
  { hostPort: 8080, guestPort: 8000 },
  { address: '0.0.0.0', hostPort: 8081, guestPort: 8000 },
  { address: '0.0.0.0', hostPort: 7007, guestPort: 7007 },
  { address: '0.0.0.0', hostPort: 7007, guestPort: 7007, protocol: 'udp' },
  { hostPort: 7012, guestPort: 7012 },
  { hostPort: 7099, guestPort: 7099 },
] as const

describe('a published port', NETWORK, () => {
  let lab: Lab
  let network: Started | undefined
  let said = (): string => ''
  const curl = async (place: 'host' | 'world', url: string): Promise<string> =>
    await lab.succeed(place, ['curl', '--silent', '--show-error', '--max-time', '20', url])

  beforeAll(async () => {
    lab = await openLab()
    const [attached] = await attachSlipway(lab, [{ place: 'guest', publish: PUBLISH }])
    network = attached?.process
    // The first client comes before the guest has an address, let alone a server.
    const early = curl('host', 'http://127.0.0.1:8080/page')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await lease(lab, 'guest')
    await new Promise((resolve) => setTimeout(resolve, 300))
    said = (await lab.start('guest', [NODE, PEER, 'serve'], 'READY')).said
    assert.equal(await early, '<p>A page.</p>\n')
  })
  afterAll(async () => await lab?.close())

  it('is seen by the guest as used by the gateway, for clients on loopback', async () => {
    assert.equal(await curl('host', 'http://127.0.0.1:8080/client'), '10.0.2.1\n')
  })

  it('is seen by the guest as used by the client itself, for clients in the world', async () => {
    assert.equal(await curl('world', `http://${HOST}:8081/client`), `${WORLD}\n`)
  })

  it('is bound to loopback unless another address is given', async () => {
    const { status, stderr } = await lab.run('world', ['curl', '-sS', '--max-time', '5', `http://${HOST}:8080/page`])
    assert.equal(status, 7, stderr) // "Failed to connect to host"
  })

  it('carries a thousand connections at once', async () => {
    const words = ['connect', HOST, '7007', '1000', '1000']
    assert.match(await lab.succeed('world', [NODE, PEER, ...words]), /^succeeded 1000\n/)
  })

  it('carries datagrams both ways', async () => {
    const sizes = ['1', '1472', '4000']
    const expected = sizes.map((size) => `${size} echoed\n`).join('')
    assert.equal(await lab.succeed('world', [NODE, PEER, 'udp', HOST, '7007', ...sizes]), expected)
    assert.equal(await lab.succeed('host', [NODE, PEER, 'udp', '127.0.0.1', '7007', ...sizes]), expected)
  })

  it('passes a reset on to the guest', async () => {
    assert.equal(await lab.succeed('host', [NODE, PEER, 'talk', '127.0.0.1', '7012', 'reset', '0']), 'hello\n')
    await eventually('the reset', () => said().includes('watched: ECONNRESET'))
  })

  it('is free again when the process that has the network is killed, and the guest has no interface any more', async () => {
    await network?.stop('SIGKILL')
    const { stderr } = await lab.run('guest', ['ip', 'link', 'show', 'net0'])
    assert.match(stderr, /does not exist/)
    const { status } = await lab.run('host', ['curl', '-sS', '--max-time', '5', 'http://127.0.0.1:8080/page'])
    assert.equal(status, 7)
  })
})

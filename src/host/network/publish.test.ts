import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, it } from 'vitest'
import { needs } from '../../../test/support/needs.ts'
import { eventually } from '../../../test/support/processes.ts'
import type { Endpoint } from '../../netstack/outside.ts'
import { listenTcp, listenUdp } from './publish.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const anywhere = { address: '127.0.0.1', hostPort: 0 }
const nobody = (): void => assert.fail('nobody was expected')
const unfailing = (error: unknown): void => assert.fail(String(error))

describe('listenTcp()', () => {
  it('accepts clients with their own address, and reads nothing from them by itself', async () => {
    const clients: [Endpoint, Socket][] = []
    const listening = await listenTcp(anywhere, (...client) => clients.push(client), unfailing)
    closers.push(listening.close)
    const client = connect(listening.hostPort, '127.0.0.1')
    closers.push(() => client.destroy())
    await once(client, 'connect')
    const { localPort } = client
    client.write('early')
    await eventually('it is accepted', () => clients.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const [[endpoint, socket] = []] = clients
    assert.deepEqual(endpoint, { address: '127.0.0.1', port: localPort })
    assert.equal(socket?.bytesRead, 0)
    socket?.destroy()
  })

  it('does not take a port that is taken, nor an address that is not ours', async () => {
    const { hostPort, close } = await listenTcp(anywhere, nobody, unfailing)
    closers.push(close)
    await assert.rejects(listenTcp({ address: '127.0.0.1', hostPort }, nobody, unfailing), {
      name: 'HostError',
      code: 'IN_USE',
      message: `cannot listen on 127.0.0.1:${hostPort}/tcp: the port is taken`,
    })
    await assert.rejects(listenTcp({ address: '192.0.2.77', hostPort: 0 }, nobody, unfailing), {
      name: 'HostError',
      code: 'NOT_FOUND',
    })
  })

  it('says what to do about a port that needs privileges', needs({ host: ['not-root'] }), async () => {
    await assert.rejects(listenTcp({ address: '127.0.0.1', hostPort: 1 }, nobody, unfailing), {
      name: 'HostError',
      code: 'NOT_PERMITTED',
    })
  })

  it('gives the port back when it is closed, although a client is still there', async () => {
    const sockets: Socket[] = []
    const { hostPort, close } = await listenTcp(anywhere, (_, socket) => sockets.push(socket), unfailing)
    const client = connect(hostPort, '127.0.0.1')
    closers.push(() => client.destroy())
    await once(client, 'connect')
    await eventually('it is accepted', () => sockets.length > 0)
    close()
    const again = await listenTcp({ address: '127.0.0.1', hostPort }, nobody, unfailing)
    again.close()
    assert.equal(sockets[0]?.destroyed, false)
    sockets[0]?.destroy()
  })
})

describe('listenUdp()', () => {
  it('hands on datagrams with their sender, who gets the replies', async () => {
    const heard: string[] = []
    const listening = await listenUdp(
      anywhere,
      ({ address, port }, datagram, reply) => {
        heard.push(`${address} ${port} ${Buffer.from(datagram).toString()}`)
        reply(Buffer.from('to you'))
      },
      unfailing,
    )
    closers.push(listening.close)
    const client = createSocket('udp4')
    closers.push(() => client.close())
    client.send('from me', listening.hostPort, '127.0.0.1')
    const [answer] = (await once(client, 'message')) as [Buffer]
    assert.equal(answer.toString(), 'to you')
    assert.deepEqual(heard, [`127.0.0.1 ${client.address().port} from me`])
  })

  it('does not take a port that is taken, and gives it back', async () => {
    const { hostPort, close } = await listenUdp(anywhere, nobody, unfailing)
    await assert.rejects(listenUdp({ address: '127.0.0.1', hostPort }, nobody, unfailing), {
      name: 'HostError',
      code: 'IN_USE',
      message: `cannot listen on 127.0.0.1:${hostPort}/udp: the port is taken`,
    })
    close()
    close()
    closers.push((await listenUdp({ address: '127.0.0.1', hostPort }, nobody, unfailing)).close)
  })

  it('does not fall over a client that is gone, nor over a reply that comes too late', async () => {
    let reply: (datagram: Uint8Array) => void = nobody
    const { hostPort, close } = await listenUdp(anywhere, (_client, _datagram, back) => (reply = back), unfailing)
    const client = createSocket('udp4')
    client.send('hello', hostPort, '127.0.0.1')
    await eventually('the datagram has come', () => reply !== nobody)
    client.close()
    for (let i = 0; i < 3; i++) {
      reply(Buffer.from('anybody?'))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    close()
    reply(Buffer.from('late'))
  })
})

// What a guest may not reach, tried by Linux in every spelling that it can be made to send.

import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { HOST, type Lab, openLab, WORLD } from '../support/lab.ts'
import { attachSlipway, configure, type GuestOrder } from '../support/subjects.ts'
import { NETWORK, NODE, PEER, startWorld } from './_suite.ts'

/** The host's own web server answers on every address that it has; another one only on loopback, with another port. */
const NAME = 'host.slipway.internal'

function describeGuest(
  title: string,
  order: GuestOrder,
  test: (reach: (url: string) => Promise<boolean>, lab: () => Lab) => void,
): void {
  describe(title, NETWORK, () => {
    let lab: Lab
    beforeAll(async () => {
      lab = await openLab()
      await startWorld(lab)
      await lab.start('host', [NODE, PEER, 'serve', '0.0.0.0'], 'READY')
      await lab.start('host', ['busybox', 'httpd', '-f', '-p', '127.0.0.1:8001', '-h', lab.directory], undefined)
      await lab.succeed('host', [
        '/bin/sh',
        '-c',
        'ip address add 169.254.169.254/32 dev lo; ip address add 10.9.9.9/32 dev lo; echo inside >page',
      ])
      const [attached] = await attachSlipway(lab, [{ place: 'guest', ...order }])
      assert.ok(attached !== undefined)
      await configure(lab, 'guest', attached, 1500)
      // Linux keeps such packets to itself unless it is told to send them.
      const gateway = attached.gateway
      const routes = `for it in all net0; do echo 1 >/proc/sys/net/ipv4/conf/$it/route_localnet; done
ip address del 127.0.0.1/8 dev lo; ip route add 127.0.0.0/8 via ${gateway} src 10.0.2.100`
      await lab.succeed('guest', ['/bin/sh', '-c', routes])
    })
    afterAll(async () => await lab?.close())
    const reach = async (url: string): Promise<boolean> => {
      const { status } = await lab.run('guest', ['curl', '--silent', '--output', '/dev/null', '--max-time', '4', url])
      return status === 0
    }
    test(reach, () => lab)
  })
}

const OWN = ['127.0.0.1', '127.1.2.3', '169.254.169.254', HOST, '10.9.9.9']

describeGuest('a guest without any permission', {}, (reach) => {
  for (const address of OWN) {
    it(`does not reach its host at ${address}`, async () =>
      assert.equal(await reach(`http://${address}:8000/page`), false))
  }
  it("reaches what listens on all of the host's addresses by the name of the host", async () => {
    assert.equal(await reach(`http://${NAME}:8000/page`), true)
  })
  it('does not reach what listens on loopback alone by that name', async () => {
    assert.equal(await reach(`http://${NAME}:8001/page`), false)
  })
  it('reaches the world', async () => assert.equal(await reach(`http://${WORLD}:8000/page`), true))
})

// What shows that the guest does ask for them, and that somebody is there.
const EVERYTHING = { allowHostLoopback: true, allow: [{ address: 0, prefix: 0 }] }
describeGuest('a guest that may do everything', { policy: EVERYTHING }, (reach) => {
  for (const address of OWN) {
    it(`reaches its host at ${address}`, async () => assert.equal(await reach(`http://${address}:8000/page`), true))
  }
})

describeGuest('a guest with allow-host-loopback', { policy: { allowHostLoopback: true } }, (reach) => {
  it('reaches what listens on loopback alone by the name of the host', async () => {
    assert.equal(await reach(`http://${NAME}:8001/page`), true)
  })
  it('still does not reach metadata addresses', async () => {
    assert.equal(await reach('http://169.254.169.254:8000/page'), false)
  })
})

describeGuest('a guest with no-internet', { policy: { internet: false } }, (reach) => {
  it('does not reach the world', async () => assert.equal(await reach(`http://${WORLD}:8000/page`), false))
  it('reaches its host by name', async () => assert.equal(await reach(`http://${NAME}:8000/page`), true))
})

describeGuest('a guest with no-host', { policy: { host: false } }, (reach) => {
  it('reaches the world', async () => assert.equal(await reach(`http://${WORLD}:8000/page`), true))
  it('does not reach its host by name', async () => assert.equal(await reach(`http://${NAME}:8000/page`), false))
})

const ALLOWED = { policy: { internet: false, allow: [{ address: 0xc6336401, prefix: 32 }] } }
describeGuest('a guest with no-internet and one network allowed', ALLOWED, (reach) => {
  it('reaches that', async () => assert.equal(await reach(`http://${WORLD}:8000/page`), true))
  it('reaches nothing else', async () => assert.equal(await reach('http://198.51.100.80:8000/page'), false))
})

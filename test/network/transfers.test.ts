// Many bytes, over lines of all sizes and over bad ones: curl, sha256sum and iperf3 on Linux.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { afterEach, describe, it } from 'vitest'
import { type Lab, openLab, WORLD } from '../support/lab.ts'
import { attachSlipway, configure, type GuestOrder, slipway } from '../support/subjects.ts'
import { download, iperf, NETWORK, startWorld, upload } from './_suite.ts'

const [MIB, GIB] = [2 ** 20, 2 ** 30]
const WIRE = join(import.meta.dirname, '../support/lossy-wire.py')
const URL = `http://${WORLD}:8000`

describe('what is sent and received', NETWORK, () => {
  let lab: Lab
  afterEach(async () => await lab?.close())
  const open = async (mtu: number, order: GuestOrder = {}): Promise<void> => {
    lab = await openLab()
    await startWorld(lab)
    await configure(lab, 'guest', await slipway(order).attach(lab, { mtu }), mtu)
  }

  it('is the same after a gigabyte each way', { timeout: 120_000 }, async () => {
    await open(1500)
    await download(lab, URL, GIB)
    await upload(lab, URL, GIB)
  })

  for (const mtu of [576, 9000, 65_520]) {
    it(`is the same with an MTU of ${mtu}`, async () => {
      await open(mtu)
      await download(lab, URL, 64 * MIB)
      await upload(lab, URL, 64 * MIB)
    })
  }

  it('is the same over a wire that loses, reorders, doubles and damages frames', async () => {
    lab = await openLab()
    await startWorld(lab)
    // The network's interface stays where the wire is, which leads on to the guest.
    const [attached] = await attachSlipway(lab, [{ place: 'neighbour' }])
    assert.ok(attached !== undefined)
    const quiet = 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set net0 up'
    await lab.succeed('neighbour', ['/bin/sh', '-c', quiet])
    const worse = ['--loss=0.01', '--reorder=0.05', '--duplicate=0.02', '--damage=0.01']
    const wire = await lab.start('neighbour', ['python3', '-u', WIRE, ...worse, 'wire', 'net0'], 'READY')
    await lab.move('wire', 'guest', 'neighbour')
    await lab.succeed('guest', ['ip', 'link', 'set', 'wire', 'name', 'net0', 'address', '02:00:00:00:00:05'])
    await configure(lab, 'guest', attached, 1500)
    await download(lab, URL, 4 * MIB)
    await upload(lab, URL, 4 * MIB)
    const counts = [...(await wire.stop()).stdout.matchAll(/(loss|reorder|duplicate|damage) (\d+)/g)]
    assert.ok(counts.length === 4 && counts.every(([, , count]) => Number(count) > 10), counts.join('; '))
  })

  it('is the same both ways at once', async () => {
    await open(1500)
    await Promise.all([download(lab, URL, 64 * MIB), upload(lab, URL, 64 * MIB), download(lab, URL, 64 * MIB)])
  })

  const bad: readonly (readonly [what: string, order: GuestOrder, bytes: number])[] = [
    ['one frame of a hundred is lost', { loss: 0.01 }, 16 * MIB],
    ['one frame of ten is lost', { loss: 0.1 }, MIB],
    ['frames are late and some are lost', { delay: 10, loss: 0.01 }, 4 * MIB],
    ['the line is slow', { rate: 50_000_000 }, 16 * MIB],
  ]
  for (const [what, order, bytes] of bad) {
    it(`is the same where ${what}`, async () => {
      await open(1500, order)
      await download(lab, URL, bytes)
      await upload(lab, URL, bytes)
    })
  }

  it('goes as fast as a slow line allows', async () => {
    await open(1500, { rate: 50_000_000 })
    for (const words of [[], ['--reverse']]) {
      const { sum_received: received } = await iperf(lab, '--time', '2', ...words)
      assert.ok(received.bits_per_second > 35e6 && received.bits_per_second < 52e6, `${received.bits_per_second}`)
    }
  })

  it('passes iperf3, by TCP and by UDP, each way', async () => {
    await open(1500)
    for (const words of [
      ['--parallel', '4'],
      ['--reverse', '--parallel', '4'],
    ]) {
      const { sum_received: received } = await iperf(lab, '--time', '1', ...words)
      assert.ok(received.bits_per_second > 50e6, `${received.bits_per_second}`)
    }
    for (const words of [[], ['--reverse']]) {
      const { sum } = await iperf(lab, '--udp', '--bitrate', '5M', '--time', '1', ...words)
      assert.ok(sum !== undefined && sum.lost_percent < 5, `${sum?.lost_percent} % lost`)
    }
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseCidr } from '../base/ipv4.ts'
import { AddressBook } from './addresses.ts'
import { Dns } from './dns.ts'
import { DnsStreams } from './dns-stream.ts'
import { Names } from './names.ts'
import { GuestPort } from './port.ts'
import { be16, concat } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { dnsQuery } from './sample-messages.ts'
import { Timers } from './timers.ts'

/** The name server by itself, asked by a guest of a network that it does not belong to. What it sends is not TCP's yet. */
function stream(room = Number.POSITIVE_INFINITY) {
  const { network, world } = sampleNetwork()
  const { port } = new SampleGuest(network, 'web')
  assert.ok(port instanceof GuestPort)
  const names = new Names(new AddressBook(parseCidr('10.0.0.0/24', 'subnet'), () => undefined), () => [port])
  const dns = new Dns({ names, outside: world, random: () => 0, timers: new Timers(), now: () => 0 })
  const state = { room, sent: 0, taken: 0, ended: 0 }
  const open = new DnsStreams(dns).route(port)
  assert.ok(open !== 'refused')
  const service = open({
    connected: () => undefined,
    failed: () => undefined,
    data: ({ length }) => {
      const count = Math.min(length, state.room)
      state.room -= count
      state.sent += count
      return count
    },
    taken: (count) => void (state.taken += count),
    end: () => void state.ended++,
    abort: () => undefined,
  })
  return { service, state }
}

/** `count` questions one behind the other; each is answered with as many bytes, less the two of its length. */
function questions(count: number): Uint8Array {
  const query = dnsQuery('web', 28)
  const one = concat(be16(query.length), query)
  const all = new Uint8Array(one.length * count)
  for (let at = 0; at < all.length; at += one.length) all.set(one, at)
  return all
}

describe('DnsStreams', () => {
  it('answers what lies there all at once, however much it is', () => {
    const { service, state } = stream()
    const all = questions(30_000)
    service.write(all)
    service.end()
    assert.deepEqual(state, { room: Number.POSITIVE_INFINITY, sent: all.length, taken: all.length, ended: 1 })
  })

  it('does not read on while a quarter of a megabyte of answers waits, and ends after the last', () => {
    const { service, state } = stream(10)
    const all = questions(30_000)
    service.write(all)
    service.end()
    assert.ok(state.taken > 256 * 1024 && state.taken < 257 * 1024, String(state.taken))
    assert.deepEqual([state.sent, state.ended], [10, 0])
    state.room = Number.POSITIVE_INFINITY
    service.resume()
    assert.deepEqual([state.sent, state.taken, state.ended], [all.length, all.length, 1])
  })
})

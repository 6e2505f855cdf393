import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { DEFAULT_POLICY } from './policy.ts'
import { be16, concat, udp, word } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { dnsName, dnsQuery, readDns } from './sample-messages.ts'

const [A, NS, PTR, MX, AAAA, AXFR] = [1, 2, 12, 15, 28, 252]
const [OK, MALFORMED, FAILED, UNKNOWN, UNSUPPORTED, REFUSED] = [0, 1, 2, 3, 4, 5]
const WWW = 'www.example.org'
const data = (name: string): string => dnsName(name).join('.')

function asker(policy = DEFAULT_POLICY) {
  const { network, world } = sampleNetwork()
  world.names.set(`${WWW} A`, { kind: 'addresses', addresses: ['203.0.113.5', '203.0.113.6'] })
  const guest = new SampleGuest(network, 'web', '10.0.0.2', { policy })
  guest.sendArp('10.0.0.1')
  guest.take()
  return { network, world, guest }
}

describe('Dns', () => {
  it('answers as the machine resolves', () => {
    const { world, guest } = asker()
    const answer = guest.ask('WWW.Example.org')
    assert.deepEqual(
      [answer.id, answer.code, answer.answers, answer.ttls],
      [0x4242, OK, ['203.0.113.5', '203.0.113.6'], [60, 60]],
    )
    assert.equal(answer.flags, 0x8180)
    assert.deepEqual(world.questions, [{ name: WWW, type: 'A' }])
  })

  it('says that there is no such name, and that nobody knows', () => {
    const { world, guest } = asker()
    world.names.set('broken.example.org A', { kind: 'failed' })
    assert.deepEqual([guest.ask('no.example.org').code, guest.ask('broken.example.org').code], [UNKNOWN, FAILED])
  })

  it('leaves out of an answer what is no IPv4 address', () => {
    const { world, guest } = asker()
    const addresses = ['::1', 'nonsense', '127.0.0.1', '::ffff:10.0.0.1', '1.2.3', '203.0.113.9']
    world.names.set('odd.example.org A', { kind: 'addresses', addresses })
    assert.deepEqual(guest.ask('odd.example.org').answers, ['127.0.0.1', '203.0.113.9'])
  })

  it('has no IPv6 addresses, without asking anybody', () => {
    const { world, guest } = asker()
    for (const name of [WWW, 'host.slipway.internal', 'web']) {
      const { code, answers } = guest.ask(name, AAAA)
      assert.deepEqual([code, answers], [OK, []])
    }
    assert.deepEqual(world.questions, [])
  })

  it('knows the gateway, the machine and the guests, whatever the machine says', () => {
    const { network, world, guest } = asker()
    const other = new SampleGuest(network, 'Backend', '10.0.0.9')
    assert.deepEqual([guest.ask('backend').code, guest.ask('backend').answers], [OK, []])
    other.sendArp('10.0.0.1')
    const names = ['gateway.slipway.internal', 'host.slipway.internal', 'backend', 'BACKEND.slipway.internal', 'web']
    assert.deepEqual(
      names.map((name) => guest.ask(name).answers.join()),
      ['10.0.0.1', '10.0.0.254', '10.0.0.9', '10.0.0.9', '10.0.0.2'],
    )
    const { flags, ttls } = guest.ask('backend')
    assert.deepEqual([flags, ttls], [0x8580, [5]])
    assert.deepEqual([guest.ask('slipway.internal').code, guest.ask('nobody.slipway.internal').code], [OK, UNKNOWN])
    assert.deepEqual(guest.ask('web', MX).answers, [])
    other.port.detach()
    assert.equal(guest.ask('backend.slipway.internal').code, UNKNOWN)
    assert.deepEqual(world.questions, [])
  })

  it('answers with every guest of a name that several have', () => {
    const { network, guest } = asker()
    for (const address of ['10.0.0.5', '10.0.0.6']) {
      const mac = Uint8Array.of(2, 5, 5, 5, 5, Number(address.at(-1)))
      new SampleGuest(network, 'twin', address, { mac }).sendArp('10.0.0.1')
    }
    assert.deepEqual(guest.ask('twin').answers, ['10.0.0.5', '10.0.0.6'])
  })

  it('knows the names of addresses', () => {
    const { world, guest } = asker()
    world.names.set('5.113.0.203.in-addr.arpa PTR', { kind: 'names', names: [WWW, 'second.example.org.', 'a..b'] })
    const ask = (name: string): string => {
      const { code, answers } = guest.ask(`${name}.in-addr.arpa`, PTR)
      return code === OK ? answers.join(' ') : String(code)
    }
    assert.equal(ask('1.0.0.10'), data('gateway.slipway.internal'))
    assert.equal(ask('254.0.0.10'), data('host.slipway.internal'))
    assert.equal(ask('2.0.0.10'), data('web.slipway.internal'))
    assert.equal(ask('77.0.0.10'), String(UNKNOWN))
    assert.equal(ask('5.113.0.203'), `${data(WWW)} ${data('second.example.org')}`)
    assert.equal(ask('6.113.0.203'), String(UNKNOWN))
    assert.deepEqual(
      world.questions.map(({ name }) => name),
      ['5.113.0.203.in-addr.arpa', '6.113.0.203.in-addr.arpa'],
    )
  })

  it('passes on questions of other types as they are, but for their number', () => {
    const { world, guest } = asker()
    world.relay = (query, answer) => {
      const response = concat(query, [0xc0, 12, ...be16(MX), 0, 1, 0, 0, 0, 9, 0, 4, 0, 10, 0xc0, 12])
      response.set([0x81, 0x80], 2)
      response[7] = 1
      answer(response)
    }
    assert.deepEqual(guest.ask(WWW, MX).answers, ['0.10.192.12'])
    const [relayed] = world.relayed
    assert.ok(relayed !== undefined && word(relayed, 0) !== 0x4242)
    assert.deepEqual(relayed.subarray(2), dnsQuery(WWW, MX).subarray(2))
    assert.equal(guest.ask('_x._udp.local', PTR).code, OK)
    assert.equal(world.questions.length, 0)
  })

  it('takes no answer that is to another question', () => {
    const { world, guest } = asker()
    world.relay = (query, answer) => answer(concat([9, 9, 0x81, 0x80], query.subarray(4)))
    assert.equal(guest.ask(WWW, MX).code, FAILED)
    world.relay = (_, answer) => answer(undefined)
    assert.equal(guest.ask(WWW, MX).code, FAILED)
  })

  it('asks nobody about names that no host has', () => {
    const { world, guest } = asker()
    for (const name of ['a b', '\u001b[31m', 'a/b']) assert.equal(guest.ask(name).code, UNKNOWN)
    assert.deepEqual(world.questions, [])
  })

  const refused: [why: string, code: number, query: Uint8Array][] = [
    ['another operation', UNSUPPORTED, dnsQuery(WWW, A, { flags: 0x2800 })],
    ['another class', REFUSED, dnsQuery('version.bind', 16, { class: 3 })],
    ['a whole zone', REFUSED, dnsQuery(WWW, AXFR)],
    ['half a question', MALFORMED, dnsQuery(WWW, A).subarray(0, 20)],
    ['two questions', MALFORMED, concat(dnsQuery(WWW, A).fill(2, 5, 6), dnsName(WWW), [0, 1, 0, 1])],
  ]
  for (const [why, code, query] of refused) {
    it(`refuses ${why}`, () => {
      const { world, guest } = asker()
      guest.sendUdp('10.0.0.1', 53, query, 5353)
      assert.equal(readDns(guest.packets()[0]?.payload.slice(8) ?? new Uint8Array(12)).code, code)
      assert.deepEqual([world.questions, world.relayed], [[], []])
    })
  }

  it('does not answer answers, nor what is shorter than a header', () => {
    const { guest } = asker()
    guest.sendUdp('10.0.0.1', 53, dnsQuery(WWW, A, { flags: 0x8180 }), 53)
    guest.sendUdp('10.0.0.1', 53, new Uint8Array(11), 53)
    assert.deepEqual([guest.take(), guest.port.statistics.dropped['bad packet']], [[], 2])
  })

  it('cuts what is longer than 512 bytes, or than the asker or a frame can take', () => {
    const { world, guest } = asker()
    const many = (count: number) => Array.from({ length: count }, (_, i) => `203.0.113.${i}`)
    world.names.set('many.example.org A', { kind: 'addresses', addresses: many(40) })
    const plain = guest.ask('many.example.org')
    assert.deepEqual([plain.truncated, plain.answers.length, plain.code], [true, 0, OK])
    const large = guest.ask('many.example.org', A, { size: 1232 })
    assert.deepEqual([large.truncated, large.answers.length, large.additionals], [false, 40, 1])
    assert.equal(guest.ask('many.example.org', A, { size: 0 }).truncated, true)
    world.relay = (query, answer) =>
      answer(concat(query.subarray(0, 2), [0x81, 0x80], query.subarray(4), new Uint8Array(1500)))
    assert.equal(guest.ask(WWW, NS, { size: 4096 }).truncated, true)
  })

  it('gives no more addresses than 64', () => {
    const { world, guest } = asker()
    const addresses = Array.from({ length: 100 }, (_, i) => `203.0.113.${i}`)
    world.names.set('many.example.org A', { kind: 'addresses', addresses })
    assert.equal(guest.ask('many.example.org', A, { size: 4096 }).answers.length, 64)
  })

  it('lets a guest wait for 64 answers at a time, for twenty seconds, and harms no other', () => {
    const { network, world, guest } = asker()
    const other = new SampleGuest(network, 'other', '10.0.0.9')
    world.silent = []
    for (let i = 0; i < 70; i++) guest.sendUdp('10.0.0.1', 53, dnsQuery(WWW, A, { id: i }), 5353)
    const early = guest.packets().map(({ payload }) => readDns(payload.slice(8)))
    assert.deepEqual(
      early.map(({ id, code }) => [id, code]),
      [64, 65, 66, 67, 68, 69].map((id) => [id, FAILED]),
    )
    assert.deepEqual(world.lines, [
      'guest "web": has 64 questions to the name server open; more are refused until some are answered',
    ])
    other.sendUdp('10.0.0.1', 53, dnsQuery(WWW, A), 5353)
    assert.deepEqual(other.take(), [])

    // One is answered, and makes room for one.
    world.silent[0]?.()
    assert.deepEqual(
      guest.packets().map(({ payload }) => readDns(payload.slice(8)).answers.length),
      [2],
    )
    guest.sendUdp('10.0.0.1', 53, dnsQuery(WWW, A), 5353)
    assert.deepEqual(guest.take(), [])

    assert.equal(network.deadline, 20_000)
    network.advance(20_000)
    assert.equal(guest.packets().filter(({ payload }) => readDns(payload.slice(8)).code === FAILED).length, 64)
    // What comes later is not heard.
    for (const answer of world.silent) answer()
    assert.deepEqual(guest.take(), [])
    world.silent = undefined
    assert.equal(guest.ask(WWW).answers.length, 2)
  })

  it('forgets the questions of a guest that is gone', () => {
    const { network, world, guest } = asker()
    world.silent = []
    guest.sendUdp('10.0.0.1', 53, dnsQuery(WWW, A), 5353)
    guest.port.detach()
    for (const answer of world.silent) answer()
    network.advance(30_000)
    assert.deepEqual([guest.take(), network.deadline], [[], undefined])
  })

  it('gives the addresses of names that the policy would not let anybody reach', () => {
    const { world, guest } = asker({ ...DEFAULT_POLICY, host: false })
    world.names.set('loopback.example.org A', { kind: 'addresses', addresses: ['127.0.0.1'] })
    const names = ['loopback.example.org', 'host.slipway.internal']
    assert.deepEqual(
      names.map((name) => guest.ask(name).answers.join()),
      ['127.0.0.1', '10.0.0.254'],
    )
  })

  it('asks nobody outside for a guest that is to reach nobody there, whatever else it may reach', () => {
    const allow = [{ address: 0xcb007100, prefix: 24 }]
    const { world, guest } = asker({ ...DEFAULT_POLICY, internet: false, allow })
    const questions: [name: string, type: number, code: number][] = [
      [WWW, A, REFUSED],
      [WWW, MX, REFUSED],
      ['5.113.0.203.in-addr.arpa', PTR, REFUSED],
      ['host.slipway.internal', A, OK],
      ['web', A, OK],
      ['254.0.0.10.in-addr.arpa', PTR, OK],
    ]
    for (const [name, type, code] of questions) assert.equal(guest.ask(name, type).code, code, name)
    assert.deepEqual([world.questions, world.relayed], [[], []])
    assert.deepEqual(world.lines, [
      'guest "web": asks for names of the outside, and no-internet is set: only those of this network are known',
    ])
  })
})

describe('the name server over TCP', () => {
  const framed = (query: Uint8Array): Uint8Array => concat(be16(query.length), query)
  const answersOf = (received: readonly number[]) => {
    const answers = []
    for (let rest = Uint8Array.from(received); rest.length > 0; rest = rest.slice(2 + word(rest, 0))) {
      answers.push(readDns(rest.subarray(2, 2 + word(rest, 0))))
    }
    return answers
  }

  it('answers each question of a connection, also in pieces, and ends after the last', () => {
    const { world, guest } = asker()
    const addresses = Array.from({ length: 60 }, (_, i) => `203.0.113.${i}`)
    world.names.set('many.example.org A', { kind: 'addresses', addresses })
    const connection = guest.connect('10.0.0.1', 53).open()
    const bytes = concat(...[1, 2, 3].map((id) => framed(dnsQuery('many.example.org', A, { id }))))
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [2, 30],
      [30, bytes.length],
    ] as const)
      connection.write(bytes.subarray(from, to))
    const answers = answersOf(connection.received)
    assert.deepEqual(
      answers.map(({ id, answers: all, truncated }) => [id, all.length, truncated]),
      [1, 2, 3].map((id) => [id, 60, false]),
    )
    assert.ok(!connection.ended)
    assert.ok(connection.close().ended)
  })

  it('answers a thousand questions of one connection', () => {
    const { guest } = asker()
    const connection = guest.connect('10.0.0.1', 53).open()
    const bytes = concat(...Array.from({ length: 40 }, (_, id) => framed(dnsQuery('web', A, { id }))))
    for (let i = 0; i < 25; i++) connection.write(bytes)
    assert.equal(answersOf(connection.received).length, 1000)
  })

  it('waits for answers that take long before it ends', () => {
    const { world, guest } = asker()
    world.silent = []
    const connection = guest.connect('10.0.0.1', 53).open()
    connection.write(framed(dnsQuery(WWW, A))).close()
    assert.ok(!connection.ended)
    world.silent[0]?.()
    connection.run()
    assert.deepEqual([answersOf(connection.received)[0]?.answers.length, connection.ended], [2, true])
  })

  it('reads more only when some of 32 open questions are answered', () => {
    const { world, guest } = asker()
    world.silent = []
    const connection = guest.connect('10.0.0.1', 53).open()
    for (let id = 0; id < 40; id++) connection.write(framed(dnsQuery(WWW, A, { id })))
    assert.equal(world.silent.length, 32)
    for (const answer of world.silent.splice(0, 3)) answer()
    assert.equal(world.silent.length, 32)
    for (let left = world.silent.splice(0); left.length > 0; left = world.silent.splice(0))
      for (const answer of left) answer()
    assert.equal(answersOf(connection.run().received).length, 40)
  })

  it('serves 64 connections of a guest at a time, which make room when they end, are reset, or are no DNS', () => {
    const { network, world, guest } = asker()
    const other = new SampleGuest(network, 'db', '10.0.0.3')
    const connect = (i: number) => guest.connect('10.0.0.1', 53, 20_000 + i).open()
    const connections = Array.from({ length: 64 }, (_, i) => connect(i))
    assert.ok(connections.every(({ reset }) => !reset))
    assert.ok(connect(64).reset && connect(65).reset)
    assert.deepEqual(world.lines, ['guest "web": has 64 connections to the name server open; more are refused'])
    assert.ok(!other.connect('10.0.0.1', 53).open().reset)
    connections[0]?.close()
    connections[1]?.write(framed(new Uint8Array(5)))
    assert.ok(!connect(66).reset && !connect(67).reset)
    assert.ok(connect(68).reset)
    assert.equal(answersOf(connections[2]?.write(framed(dnsQuery(WWW, A))).received ?? []).length, 1)
  })

  const bad: [why: string, bytes: Uint8Array][] = [
    ['a question of 4097 bytes', Uint8Array.of(0x10, 0x01)],
    ['an answer', framed(dnsQuery(WWW, A, { flags: 0x8180 }))],
    ['a message shorter than a header', framed(new Uint8Array(5))],
    ['an empty message', framed(new Uint8Array(0))],
  ]
  for (const [why, bytes] of bad) {
    it(`resets a connection with ${why}`, () => {
      const { guest } = asker()
      assert.ok(guest.connect('10.0.0.1', 53).open().write(bytes).reset)
    })
  }

  it('is at the gateway alone', () => {
    const { guest } = asker()
    assert.ok(guest.connect('10.0.0.254', 53).open().reset)
    guest.sendIp('10.0.0.254', 17, udp({ from: '10.0.0.2', to: '10.0.0.254' }, 5353, 53, dnsQuery(WWW, A)))
    assert.equal(guest.packets()[0]?.protocol, 1)
  })
})

// How names of guests are resolved: who is asked, in which order, and that nobody who does not answer holds others up. The machine's own resolver
// and its name servers are replaced where they would have to be slow or silent.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import type { DnsAnswer } from '../../netstack/outside.ts'
import { hostsFile, parseHosts } from './hosts-file.ts'
import { machineParts, machineResolver, type ResolverParts } from './resolve.ts'

const directory = mkdtempSync(join(tmpdir(), 'slipway-resolve-'))
afterAll(() => rmSync(directory, { recursive: true }))

const silence = new Promise<never>(() => {})
const systemError = (code: string): Error => Object.assign(new Error(code), { code })

type Servers = ResolverParts['servers']

/** Name servers that know one address, and say ENOTFOUND for all else. */
function servers(known: Readonly<Record<string, string[]>> = {}): Servers {
  const answer = (name: string, done: (error: Error | null, found: string[]) => void): void => {
    const found = known[name]
    setImmediate(() => (found === undefined ? done(systemError('ENOTFOUND'), []) : done(null, found)))
  }
  return () => ({ resolve4: answer, resolve6: answer, reverse: answer }) as unknown as ReturnType<Servers>
}

function parts(more: Partial<ResolverParts>): ResolverParts {
  return { lookup: async () => await silence, hosts: { addressesOf: () => undefined }, servers: servers(), ...more }
}

const addresses = (...list: string[]): DnsAnswer => ({ kind: 'addresses', addresses: list })

describe('machineResolver()', () => {
  it('resolves as this machine does', async () => {
    const resolve = machineResolver(machineParts())
    assert.deepEqual(await resolve({ name: 'localhost', type: 'A' }), addresses('127.0.0.1'))
    const named = await resolve({ name: '1.0.0.127.in-addr.arpa', type: 'PTR' })
    assert.ok(named.kind === 'names' && named.names.length > 0, JSON.stringify(named))
  })

  it('asks for the family that is asked for, and never says that a name is unknown for want of an IPv6 address', async () => {
    const asked: string[] = []
    const resolve = machineResolver(
      parts({
        lookup: async (name, family) => {
          asked.push(`${name} ${family}`)
          if (family === 6) throw systemError('ENOTFOUND')
          return ['192.0.2.1']
        },
      }),
    )
    assert.deepEqual(await resolve({ name: 'a.example', type: 'A' }), addresses('192.0.2.1'))
    assert.deepEqual(await resolve({ name: 'a.example', type: 'AAAA' }), addresses())
    assert.deepEqual(asked, ['a.example 4', 'a.example 6'])
  })

  const failures: [code: string, answer: DnsAnswer][] = [
    ['ENOTFOUND', { kind: 'unknown' }],
    ['EAI_AGAIN', { kind: 'failed' }],
    ['EAI_FAIL', { kind: 'failed' }],
  ]
  for (const [code, answer] of failures) {
    it(`takes ${code} for ${answer.kind}`, async () => {
      const resolve = machineResolver(parts({ lookup: async () => await Promise.reject(systemError(code)) }))
      assert.deepEqual(await resolve({ name: 'a.example', type: 'A' }), answer)
    })
  }

  it('leaves two of the four threads to others: what comes on top asks the hosts file and the name servers', async () => {
    let threads = 0
    const resolve = machineResolver(
      parts({
        lookup: async () => {
          threads++
          return await silence
        },
        hosts: { addressesOf: (name) => (name === 'here' ? ['192.0.2.7', '2001:db8::7'] : undefined) },
        servers: servers({ 'there.example': ['192.0.2.8'] }),
      }),
    )
    void resolve({ name: 'slow-1.example', type: 'A' })
    void resolve({ name: 'slow-2.example', type: 'A' })
    assert.deepEqual(await resolve({ name: 'here', type: 'A' }), addresses('192.0.2.7'))
    assert.deepEqual(await resolve({ name: 'here', type: 'AAAA' }), addresses('2001:db8::7'))
    assert.deepEqual(await resolve({ name: 'there.example', type: 'A' }), addresses('192.0.2.8'))
    assert.deepEqual(await resolve({ name: 'nowhere.example', type: 'A' }), { kind: 'unknown' })
    assert.equal(threads, 2)
  })

  it('does not wait for a thread that hangs where the name servers know', async () => {
    const resolve = machineResolver(parts({ servers: servers({ 'there.example': ['192.0.2.8'] }) }))
    assert.deepEqual(await resolve({ name: 'there.example', type: 'A' }), addresses('192.0.2.8'))
  })

  it('says that nobody answers where nobody does, and at once for more questions than it can remember', async () => {
    const mute = { resolve4: () => {}, resolve6: () => {}, reverse: () => {} } as unknown as ReturnType<Servers>
    const resolve = machineResolver(parts({ servers: () => mute }))
    const start = performance.now()
    const many = Array.from({ length: 512 }, (_, i) => resolve({ name: `n${i}.example`, type: 'A' }))
    assert.deepEqual(await resolve({ name: 'one-too-many.example', type: 'A' }), { kind: 'failed' })
    assert.ok(performance.now() - start < 4000) // the others are given up after 4.5 s
    for (const answer of await Promise.all(many)) assert.deepEqual(answer, { kind: 'failed' })
  })

  it('does not fail itself where what it asks throws', async () => {
    const fails = (): never => {
      throw new Error('broken')
    }
    const resolve = machineResolver(parts({ lookup: fails, hosts: { addressesOf: fails } }))
    assert.deepEqual(await resolve({ name: 'a.example', type: 'A' }), { kind: 'failed' })
  })

  it('answers a pointer that is none without asking anybody', async () => {
    const resolve = machineResolver(parts({}))
    for (const name of ['1.2.3.in-addr.arpa', '1.2.3.400.in-addr.arpa', 'a.example', '1.2.3.4.in-addr.arpa.x']) {
      assert.deepEqual(await resolve({ name, type: 'PTR' }), { kind: 'unknown' })
    }
  })
})

describe('parseHosts()', () => {
  it('takes every name of a line, without regard to case, and leaves comments and what is no address out', () => {
    const text = [
      '127.0.0.1 localhost LocalHost.localdomain # self',
      '#192.0.2.1 commented',
      '\t192.0.2.2\tdb  db.example',
      'x.y.z.w nobody',
      '2001:db8::2 db',
      '',
    ]
    assert.deepEqual(
      [...parseHosts(text.join('\n'))],
      [
        ['localhost', ['127.0.0.1']],
        ['localhost.localdomain', ['127.0.0.1']],
        ['db', ['192.0.2.2', '2001:db8::2']],
        ['db.example', ['192.0.2.2']],
      ],
    )
  })
})

describe('hostsFile()', () => {
  it('notices when the file is changed, replaced or gone, and keeps what it knows while it cannot be read', () => {
    const path = join(directory, 'hosts')
    const hosts = hostsFile(path)
    assert.equal(hosts.addressesOf('a'), undefined)
    writeFileSync(path, '192.0.2.1 a\n')
    assert.deepEqual(hosts.addressesOf('a'), ['192.0.2.1'])
    writeFileSync(`${path}.new`, '192.0.2.2 a\n')
    renameSync(`${path}.new`, path)
    assert.deepEqual(hosts.addressesOf('a'), ['192.0.2.2'])
    rmSync(path)
    mkdirSync(path) // there, and not to be read
    assert.deepEqual(hosts.addressesOf('a'), ['192.0.2.2'])
    rmdirSync(path)
    assert.equal(hosts.addressesOf('a'), undefined)
  })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { needs } from '../../../test/support/needs.ts'
import { ownAddresses } from './own-addresses.ts'

const ROOT = join(import.meta.dirname, '../../..')

describe('ownAddresses()', needs({ host: ['linux'] }), () => {
  it('names the addresses of this machine but for loopback and link-local ones', () => {
    const known = Object.values(networkInterfaces()).flatMap((each = []) => each)
    const wanted = known.filter(({ internal, address }) => !internal && !/^(169\.254\.|fe[89ab])/.test(address))
    const own = ownAddresses()()
    for (const { address } of wanted) assert.ok(own.includes(address), address)
    for (const address of own) assert.doesNotMatch(address, /^(127\.|169\.254\.|::1$|fe[89ab])/)
    assert.equal(new Set(own).size, own.length)
  })

  it('looks again after a second', () => {
    let now = 0
    const own = ownAddresses(() => now)
    const first = own()
    now = 999
    assert.equal(own(), first)
    now = 1000
    assert.notEqual(own(), first)
    assert.deepEqual(own(), first)
  })

  it('names first what faces outward', needs({ commands: ['ip'] }), () => {
    const { stdout } = spawnSync('ip', ['-json', 'route', 'show', 'default'], { encoding: 'utf8' })
    const [route] = JSON.parse(stdout) as { dev: string }[]
    const [first] = ownAddresses()()
    const outward = networkInterfaces()[route?.dev ?? '']?.map(({ address }) => address)
    // Without a way out there is nothing that faces there.
    assert.ok(outward === undefined || outward.includes(first ?? ''), `${first} is not of ${route?.dev}`)
  })

  it(
    'names those of interfaces that nothing is plugged into, and networks that are on the loopback interface',
    needs({
      host: ['linux', 'root'],
      commands: ['ip', 'unshare'],
    }),
    () => {
      // Up but not running, as a bridge that no container uses: Node.js does not list it, and whoever sends to it reaches this machine.
      const script = `
      set -e
      ip tuntap add idle mode tap; ip link set idle up
      ip address add 172.31.0.1/24 dev idle; ip address add 169.254.7.7/16 dev idle
      ip link set lo up; ip address add 10.88.0.1/16 dev lo; ip route add local 198.51.100.0/24 dev lo
      exec "$1" -e "$2"`
      const program = `
      const { importTypeScript } = await import('./tools/run.mjs')
      const [{ ownAddresses }] = await importTypeScript(['src/host/network/own-addresses.ts'])
      console.log(JSON.stringify(ownAddresses()()))`
      const words = ['--net', '/bin/sh', '-c', script, 'sh', process.execPath, `(async () => {${program}})()`]
      const { stdout, stderr } = spawnSync('unshare', words, { cwd: ROOT, encoding: 'utf8' })
      assert.equal(stderr, '')
      const own = JSON.parse(stdout) as string[]
      assert.deepEqual(own.toSorted(), ['10.88.0.0/16', '10.88.0.1', '172.31.0.1', '198.51.100.0/24'])
    },
  )

  it('stays with what it knows where no descriptor is left to look with', needs({ commands: ['prlimit'] }), () => {
    const program = `
      const { importTypeScript } = await import('./tools/run.mjs')
      const [{ ownAddresses }] = await importTypeScript(['src/host/network/own-addresses.ts'])
      const fs = process.getBuiltinModule('node:fs')
      let now = 0
      const own = ownAddresses(() => now)
      const before = own()
      const open = []
      try { for (;;) open.push(fs.openSync('/dev/null')) } catch {}
      now = 5000
      const after = own()
      for (const descriptor of open) fs.closeSync(descriptor)
      console.log(before.length > 0, JSON.stringify(before) === JSON.stringify(after))`
    const words = ['--nofile=100:100', process.execPath, '-e', `(async () => {${program}})()`]
    const { stdout, stderr } = spawnSync('prlimit', words, { cwd: ROOT, encoding: 'utf8' })
    assert.deepEqual([stdout, stderr], ['true true\n', ''])
  })

  it('knows the file that the kernel lists its addresses in', () => {
    assert.match(readFileSync('/proc/self/net/fib_trie', 'utf8'), /\|-- 127\.0\.0\.1\n\s+\/32 host LOCAL/)
  })
})

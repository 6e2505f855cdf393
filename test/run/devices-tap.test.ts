// Guests on TAP interfaces, pinged by the kernel's own network and the real ping: the networks of Solo5's conformance tests. Each test has a network
// namespace of its own, so nothing of it is left and nothing outside is touched.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { composeToFile } from '../../src/run/compose.ts'
import { guestPath, SLIPWAY } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const NODE = process.execPath
const PATIENCE = 15 // seconds: a guest that waits for a ping that was lost would wait for ever
const ROOT_AND_PING = needs({ host: ['linux', 'x86-64', 'root'], commands: ['ip', 'ping', 'unshare', 'mount'] })

let directory = ''
let files = 0
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-tap-'))
  chmodSync(directory, 0o755)
})
afterAll(() => rmSync(directory, { recursive: true }))

type Tap = { readonly name: string; readonly address: string; readonly mtu?: number; readonly user?: string }

const TAP100: Tap = { name: 'tap100', address: '10.0.0.1/24' }
const TAP101: Tap = { name: 'tap101', address: '10.1.0.1/24' }

const setUp = ({ name, address, mtu = 1500, user = 'root' }: Tap): string =>
  `ip tuntap add ${name} mode tap user ${user}; ip address add ${address} dev ${name}; ip link set ${name} mtu ${mtu} up`

/**
 * Starts the guest where the interfaces are, waits until it is ready, runs the commands of a shell, and returns all output, with the guest's status
 * in the last line. What /sys says of interfaces is of the namespace in which it was mounted, hence the mount.
 */
function inNamespace(taps: readonly Tap[], guest: readonly string[], commands: string): string {
  const output = join(directory, `output-${files++}`)
  // Some machines keep /dev/net/tun for root alone, which is nothing to do with who may use an interface.
  const script = `set -e; mount -t tmpfs none /dev/net; mknod -m 666 /dev/net/tun c 10 200; mount -t sysfs none /sys; ip link set lo up; ${taps.map(setUp).join('; ')}
"$@" >"${output}" 2>&1 & guest=$!
until grep -q READY "${output}"; do kill -0 $guest || { cat "${output}"; exit 1; }; sleep 0.02; done
${commands}
set +e; { sleep ${PATIENCE}; kill -KILL $guest; } & wait $guest; status=$?; cat "${output}"; echo "guest ended with $status"`
  const args = [
    '--net',
    '--mount',
    '--pid',
    '--fork',
    '--mount-proc',
    '--kill-child',
    '/bin/sh',
    '-c',
    script,
    'sh',
    ...guest,
  ]
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 50_000, killSignal: 'SIGKILL' })
  return `${stdout}${stderr}`
}

const run = (name: string, taps: Readonly<Record<string, string>>, ...words: string[]): string[] => {
  const flags = Object.entries(taps).flatMap(([device, wire]) => ['--net', `${device}=${wire}`])
  return [NODE, SLIPWAY, 'run', '--mem', '2M', ...flags, guestPath(name), '--', ...words]
}

/** A launcher that anybody may start. */
function keep(name: string, net: Readonly<Record<string, string>>, ...words: string[]): string {
  const file = join(directory, `launcher-${files++}`)
  composeToFile(guestPath(name), file, { net, args: words })
  return file
}

/** Every text is in the output, and no ping was lost. */
function assertOutput(output: string, ...texts: (string | RegExp)[]): void {
  for (const text of texts) {
    assert.ok(typeof text === 'string' ? output.includes(text) : text.test(output), `no ${text} in ${output}`)
  }
  assert.doesNotMatch(output, /[1-9]\d*% packet loss/)
}

describe('a guest on a TAP interface', ROOT_AND_PING, () => {
  it('ends a guest whose interface is deleted, and none for the end of another', () => {
    const guest = [NODE, SLIPWAY, 'run', '--net', 'service=tap:tap100', guestPath('net')]
    const output = inNamespace(
      [TAP100, TAP101],
      guest,
      'ip link del tap101; sleep 1; kill -0 $guest; ip link del tap100',
    )
    assert.match(output, /slipway: net device "service": its other end is gone, so the guest is ended/)
    assert.match(output, /guest ended with 129$/m) // SIGHUP
  })

  it('answers 100000 pings', () => {
    const guest = run('net', { service: 'tap:tap100' }, 'limit')
    const output = inNamespace([TAP100], guest, 'ping -fq -w 10 -c 100000 10.0.0.2')
    assertOutput(output, ' 100000 received', '100000 echoes\nSUCCESS\n', 'guest ended with 0')
  })

  it('answers 10000 pings whose contents it looks at', () => {
    const guest = run('net', { service: 'tap:tap100' }, 'verify')
    const output = inNamespace([TAP100], guest, 'ping -fq -w 10 -c 10000 -p deadbeef 10.0.0.2')
    assertOutput(output, ' 10000 received', '10000 echoes\nSUCCESS\n', 'guest ended with 0')
  })

  it('sees contents that are others', () => {
    const guest = run('net', { service: 'tap:tap100' }, 'verify')
    const output = inNamespace([TAP100], guest, 'ping -q -c 1 -W 1 -p deadbeee 10.0.0.2 || true')
    assert.ok(output.includes('FAILED: an echo carries the pattern'), output)
  })

  it('answers 50000 pings on each of two networks at once', () => {
    const guest = run('net-2if', { service0: 'tap:tap100', service1: 'tap:tap101' })
    const commands = 'ping -fq -w 10 -c 50000 10.0.0.2 & one=$!; ping -fq -w 10 -c 50000 10.1.0.2; wait $one'
    const output = inNamespace([TAP100, TAP101], guest, commands)
    assertOutput(output, /( 50000 received[^]*){2}/, '50000 and 50000 echoes\nSUCCESS\n', 'guest ended with 0')
  })

  it('has the MTU of its interface, and can send and receive as much', () => {
    const tap = { ...TAP100, mtu: 9000 }
    assertOutput(inNamespace([tap], run('net-mtu', { service: 'tap:tap100' }), ':'), 'MTU is 9000', 'SUCCESS', 'with 0')
    const guest = run('net-mtu', { service: 'tap:tap100' }, 'echo')
    const output = inNamespace([tap], guest, 'ping -q -c 1 -M do -s 8972 10.0.0.2')
    assertOutput(output, ' 1 received', 'MTU is 9000', 'SUCCESS', 'guest ended with 0')
  })

  it('has the MAC address that it was given, by which others know it', () => {
    const guest = run('net', { service: 'tap:tap100,mac=02:00:00:00:be:ef' })
    const output = inNamespace([TAP100], guest, 'ping -q -c 1 10.0.0.2; ip neighbour; kill $guest')
    assertOutput(
      output,
      'MAC 02:00:00:00:be:ef',
      /10\.0\.0\.2 dev tap100 lladdr 02:00:00:00:be:ef/,
      'guest ended with 143',
    )
  })

  it('sees no frame of another network', () => {
    const guest = run('net', { service: 'tap:tap100' }, 'quit')
    const commands = 'ping -q -c 1 -W 1 -I tap101 10.0.0.2 || ping -q -c 1 -p 71756974 10.0.0.2'
    assert.match(inNamespace([TAP100, TAP101], guest, commands), /\b1 echoes\nSUCCESS\nguest ended with 0/)
  })

  it('waits without using the processor', () => {
    const launcher = keep('net', { service: 'tap:tap100,mtu=1500' })
    // Fields 14 and 15 of /proc/PID/stat: hundredths of a second in user and kernel mode.
    const commands = 'sleep 1; set -- $(cat /proc/$guest/stat); echo "ticks ${14} ${15}"; kill $guest'
    const output = inNamespace([TAP100], [launcher], commands)
    assertOutput(output, /ticks [01] [012]\n/, 'guest ended with 143')
  })

  it('is started by a user who may use the interface and nothing else', needs({ commands: ['setpriv'] }), () => {
    const launcher = keep('net', { service: 'tap:tap100,mtu=1500' }, 'limit', '100')
    const guest = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', launcher]
    const output = inNamespace([{ ...TAP100, user: '65534' }], guest, 'ping -fq -w 10 -c 100 10.0.0.2')
    assertOutput(output, ' 100 received', '100 echoes\nSUCCESS\n', 'guest ended with 0')
  })
})

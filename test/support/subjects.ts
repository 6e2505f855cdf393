// User-mode networks that give Linux's own TCP/IP, in the guest of a lab, a way out over a TAP interface.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Policy } from '../../src/netstack/policy.ts'
import type { ConnectOptions, PublishOptions } from '../../src/run/user-network.ts'
import type { Lab, Place, Started } from './lab.ts'

export type Attached = {
  /** Where the guest reaches what listens on the host's own loopback. */
  readonly loopback: string
  readonly gateway: string
  readonly nameServer: string
  /** The guest's address with its prefix. */
  readonly address: string
  readonly process: Started
}

export type Subject = {
  readonly name: string
  /** Programs that it needs besides those of every lab. */
  readonly commands: readonly string[]
  /** Makes the interface in the guest and starts the network behind it. The interface has no address yet. */
  readonly attach: (lab: Lab, options: { readonly mtu: number }) => Promise<Attached>
}

export const INTERFACE = 'net0'

/** libslirp behind a TAP interface, as rootless containers use it. */
export const slirp4netns: Subject = {
  name: 'slirp4netns',
  commands: ['slirp4netns'],
  attach: async (lab, { mtu }) => {
    const network = `/proc/${lab.holder('guest').inside}/ns/net`
    const script = 'exec slirp4netns --netns-type=path --mtu="$1" --ready-fd=3 "$2" "$3" 3>&1 >/dev/null 2>&1'
    const words = [`${mtu}`, network, INTERFACE]
    const process = await lab.start('host', ['/bin/sh', '-c', script, 'sh', ...words], '1')
    return { loopback: '10.0.2.2', gateway: '10.0.2.2', nameServer: '10.0.2.3', address: '10.0.2.100/24', process }
  },
}

/** What test/support/network.mjs is asked for, for each guest. */
export type GuestOrder = Omit<ConnectOptions, 'name' | 'mac' | 'policy'> & {
  readonly policy?: Partial<Policy>
  readonly publish?: readonly PublishOptions[]
}

const PROGRAM = join(import.meta.dirname, 'network.mjs')
const LIBRARY = join(import.meta.dirname, '../../dist/index.js')
const SUBNET = '10.0.2.0/24'
/** The gateway has the first address, and host.slipway.internal the last. */
const [GATEWAY, LOOPBACK] = ['10.0.2.1', '10.0.2.254']

/** Our own, with one guest. */
export function slipway(order: GuestOrder = {}): Subject {
  return {
    name: 'slipway',
    commands: [],
    attach: async (lab, { mtu }) => {
      const [attached] = await attachSlipway(lab, [{ place: 'guest', mtu, ...order }])
      return attached as Attached
    },
  }
}

/** One network of ours for several guests, who are called as their places. `wrap` is put in front of the command. */
export async function attachSlipway(
  lab: Lab,
  guests: readonly (GuestOrder & { readonly place: Place })[],
  wrap: readonly string[] = [],
): Promise<Attached[]> {
  const each = guests.map(({ place, ...guest }, i) => {
    return { name: place, tap: `${INTERFACE}${i}`, mac: `02:00:00:00:00:0${i + 5}`, ...guest }
  })
  const words = [process.execPath, PROGRAM, LIBRARY, JSON.stringify({ subnet: SUBNET, guests: each })]
  const started = await lab.start('host', [...wrap, ...words], 'READY')
  for (const [i, { place }] of guests.entries()) {
    const { tap = '', mac = '' } = each[i] ?? {}
    await lab.move(tap, place)
    await lab.succeed(place, ['ip', 'link', 'set', tap, 'name', INTERFACE, 'address', mac])
  }
  return guests.map((_, i) => {
    const address = `10.0.2.${100 + i}/24`
    return { loopback: LOOPBACK, gateway: GATEWAY, nameServer: GATEWAY, address, process: started }
  })
}

/** Address, route and name server as a static guest has them. */
export async function configure(lab: Lab, place: Place, attached: Attached, mtu: number): Promise<void> {
  const { address, gateway, nameServer } = attached
  writeFileSync(lab.resolver(place), `nameserver ${nameServer}\noptions timeout:2 attempts:2\n`)
  const script = 'ip address add "$1" dev "$4"; ip link set "$4" mtu "$3" up; ip route add default via "$2"'
  await lab.succeed(place, ['/bin/sh', '-ec', script, 'sh', address, gateway, `${mtu}`, INTERFACE])
}

const LEASE = `[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
ip route add default via "$router"
for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
echo "lease $ip/$mask router $router dns $dns mtu $mtu time $lease server $serverid domain $domain"
`

/** The same by DHCP: what the server has said. */
export async function lease(lab: Lab, place: Place): Promise<string> {
  const script = `${lab.directory}/lease`
  writeFileSync(script, `#!/bin/sh -e\n${LEASE}`, { mode: 0o755 })
  await lab.succeed(place, ['ip', 'link', 'set', INTERFACE, 'up'])
  // In the foreground, until there is a lease. The MTU is what it does not ask for by itself.
  const words = ['-f', '-q', '-n', '-t', '10', '-T', '1', '-O', 'mtu', '-i', INTERFACE, '-s', script]
  const said = await lab.succeed(place, ['busybox', 'udhcpc', ...words])
  const line = /^lease .*$/m.exec(said)?.[0]
  assert.ok(line !== undefined, said)
  return line
}

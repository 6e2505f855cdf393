// What is behind each wire: sizes, MTUs, kinds, identities. Looks only: nothing is opened for writing, made or changed.

import { accessSync, type BigIntStats, constants, fstatSync, lstatSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { HostError, WiringError } from '../base/errors.ts'
import type { Cidr } from '../base/ipv4.ts'
import { quote } from '../base/quote.ts'
import type { BlockFacts, ResourceFacts, TapFacts } from '../wiring/facts.ts'
import { type DiskWire, isInterfaceName, type NetWire, type Wire } from '../wiring/wire.ts'
import { deviceNumbers } from './device-numbers.ts'
import { attempt } from './errors.ts'
import { kindOf } from './files.ts'
import { userCarrier } from './network/user-carrier.ts'
import { readRoutes } from './routes.ts'
import { typeOfListener, typeOfSocket } from './unix-sockets.ts'

/** What changes where resources are looked for. */
export type Circumstances = {
  /** For a launcher that is started some other time and perhaps elsewhere. */
  readonly later: boolean
  /** The subnet of the network that devices wired to `user` join; each has one of its own if not given. */
  readonly joins: Cidr | undefined
}

/**
 * By the name of each wire's device, but for what is baked in. With `later`, for a launcher that is started some other time and perhaps elsewhere: who listens at a
 * socket need not be there yet, nor an interface whose MTU the wire says. Throws HostError or WiringError UNSUITED for what is not there or
 * cannot serve.
 */
export function gatherResources(
  wires: readonly Wire[],
  circumstances: Circumstances,
): ReadonlyMap<string, ResourceFacts> {
  const facts = new Map<string, ResourceFacts>()
  for (const wire of wires) {
    if (wire.type === 'net') facts.set(wire.device, lookAtNet(wire, circumstances))
    else if (wire.medium === 'disk') facts.set(wire.device, lookAtDisk(wire))
  }
  return facts
}

/** Its directory is what can be known of it. */
function nothingYet(path: string, problem: string): BlockFacts {
  const { dev, ino } = attempt(problem, () => statSync(dirname(path), { bigint: true }))
  return { kind: 'block', form: 'file', size: 0, device: dev, inode: ino, missing: true }
}

const MAKE_DISK = 'make one with: slipway block create PATH SIZE'

function lookAtDisk({ device, path, readOnly, copiesBaked }: DiskWire): BlockFacts {
  const problem = `block device ${quote(device)}: ${quote(path)}`
  const stats = attempt(problem, () => statSync(path, { bigint: true, throwIfNoEntry: false }))
  if (stats === undefined) {
    // The name is taken then, for a copy as for a disk that somebody makes.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
      const advice = 'remove it, or name the file itself'
      throw new HostError('NOT_FOUND', `${problem} is a link that leads nowhere`, { advice })
    }
    if (copiesBaked) return nothingYet(path, problem)
    throw new HostError('NOT_FOUND', `${problem}: no such file`, { advice: MAKE_DISK })
  }
  if (!stats.isFile() && !stats.isBlockDevice()) {
    throw new HostError('NOT_A_FILE', `${problem} is ${kindOf(stats)}`, {
      advice: 'wire a disk image or a block device',
    })
  }
  attempt(problem, () => accessSync(path, constants.R_OK | (readOnly ? 0 : constants.W_OK)))
  const form = stats.isFile() ? 'file' : 'device'
  const size = form === 'file' ? Number(stats.size) : sizeOfDisk(stats, problem)
  if (!Number.isSafeInteger(size)) {
    throw new WiringError('UNSUITED', `${problem} has more than ${Number.MAX_SAFE_INTEGER} bytes`, 'wire a smaller one')
  }
  const disk = form === 'device' ? stats.rdev : undefined
  return { kind: 'block', form, size, device: stats.dev, inode: stats.ino, disk }
}

/** In sectors of 512 bytes whatever the disk's own are (Linux, Documentation/ABI/stable/sysfs-block). */
function sizeOfDisk({ rdev }: BigIntStats, problem: string): number {
  const [major, minor] = deviceNumbers(rdev)
  const text = attempt(`${problem}: its size is not known`, () =>
    readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8'),
  )
  return Number(text) * 512
}

function lookAtNet({ device, carrier, mtu }: NetWire, { later, joins }: Circumstances): ResourceFacts {
  const about = `net device ${quote(device)}`
  switch (carrier.kind) {
    case 'tap':
      // Its kind and state are for the launcher to see.
      if (later && mtu !== undefined) return { kind: 'tap', interface: carrier.interface, mtu }
      return lookAtTap(carrier.interface, about)
    case 'unix':
      return later ? { kind: 'seqpacket', socket: carrier.path } : lookAtSocket(carrier.path, about)
    case 'descriptor':
      return lookAtDescriptor(carrier.descriptor, about)
    case 'user': {
      const { kind: socket, maxMtu } = userCarrier()
      return { kind: 'user', socket, maxMtu, routes: readRoutes(), joins }
    }
  }
}

/** IFF_UP of linux/if.h, as /sys/class/net shows it. */
const IFF_UP = 1n

function lookAtTap(name: string, about: string): TapFacts {
  const problem = `${about}: the interface ${quote(name)}`
  if (!interfaceNames(problem).has(name)) {
    throw new HostError('NOT_FOUND', `${problem} does not exist`, {
      advice: `make it, as root: ip tuntap add ${name} mode tap user NAME && ip link set ${name} up`,
    })
  }
  const read = (file: string): string => readFileSync(`/sys/class/net/${name}/${file}`, 'utf8').trim()
  const [mtu, flags, kind] = attempt(`${problem} is not described in /sys (of another network namespace?)`, () => [
    Number(read('mtu')),
    BigInt(read('flags')),
    kindOfInterface(read),
  ])
  if (kind !== 'tap') throw new WiringError('UNSUITED', `${problem} is no TAP interface`, 'wire one that is')
  if ((flags & IFF_UP) === 0n) {
    throw new WiringError('UNSUITED', `${problem} is down`, `as root: ip link set ${name} up`)
  }
  return { kind: 'tap', interface: name, mtu }
}

/** Of this process's network namespace, whichever one /sys was mounted in. */
function interfaceNames(problem: string): ReadonlySet<string> {
  const text = attempt(problem, () => readFileSync('/proc/self/net/dev', 'utf8'))
  return new Set([...text.matchAll(/^\s*(\S+):/gm)].map(([, name]) => name as string))
}

const IFF_TAP = 2

function kindOfInterface(read: (file: string) => string): 'tap' | 'other' {
  try {
    return (Number(read('tun_flags')) & IFF_TAP) === 0 ? 'other' : 'tap'
  } catch {
    return 'other' // only TUN and TAP interfaces have that file
  }
}

function lookAtSocket(path: string, about: string): ResourceFacts {
  const problem = `${about}: ${quote(path)}`
  const stats = attempt(problem, () => statSync(path, { bigint: true }))
  if (!stats.isSocket()) {
    throw new HostError('NOT_A_FILE', `${problem} is ${stats.isFile() ? 'a file' : kindOf(stats)}, not a socket`)
  }
  const type = typeOfListener(path, stats)
  if (type !== undefined && type !== 'seqpacket') {
    const advice = 'frames need a socket of type SOCK_SEQPACKET'
    throw new WiringError('UNSUITED', `${problem}: whoever listens there has a socket of type ${type}`, advice)
  }
  return { kind: 'seqpacket', socket: `${stats.dev}:${stats.ino}` }
}

/** The character device that every TAP descriptor is an opened instance of: 10, 200. */
const TUN_DEVICE = [10n, 200n] as const

function lookAtDescriptor(descriptor: number, about: string): ResourceFacts {
  const problem = `${about}: descriptor ${descriptor}`
  const stats = attempt(`${problem} is not open`, () => fstatSync(descriptor, { bigint: true }))
  const [major, minor] = deviceNumbers(stats.rdev)
  if (stats.isCharacterDevice() && major === TUN_DEVICE[0] && minor === TUN_DEVICE[1]) {
    const info = attempt(problem, () => readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))
    const name = /^iff:\s*(\S+)$/m.exec(info)?.[1]
    if (name === undefined || !isInterfaceName(name)) {
      throw new WiringError('UNSUITED', `${problem} is attached to no interface whose name can be used`)
    }
    return lookAtTap(name, about)
  }
  // Sockets of another network namespace are not listed: the launcher asks the descriptor itself.
  if (stats.isSocket() && (typeOfSocket(stats.ino) ?? 'seqpacket') === 'seqpacket') {
    return { kind: 'seqpacket', socket: `${stats.dev}:${stats.ino}` }
  }
  throw new WiringError(
    'UNSUITED',
    `${problem} is neither a socket of type SOCK_SEQPACKET nor a TAP interface`,
    'pass on one end of socketpair(AF_UNIX, SOCK_SEQPACKET), or /dev/net/tun after TUNSETIFF',
  )
}

// What a guest's network can be joined to without being root, and namespaces to try things in. No interface is made.

import { existsSync } from 'node:fs'
import { type UserCarrier, userCarrier } from '../network/user-carrier.ts'
import { isDriverLoaded, tryDevice } from './kvm.ts'
import { hasCapability } from './memory.ts'
import { type Observation, type Probe, type Read, readNumber, readSystem } from './probe.ts'
import { findProgram, runProgram } from './programs.ts'

const TUN = '/dev/net/tun'
const CAP_NET_ADMIN = 12n

export type TapSight = { readonly there: boolean; readonly refusal?: string }

export function judgeTap({ there, refusal }: TapSight, read: Read): Observation {
  const load = 'modprobe tun; in a container, hand /dev/net/tun in'
  if (!there) return { status: 'missing', detail: `no ${TUN}`, advice: load }
  if (!isDriverLoaded(read, 'tun')) {
    const detail = `${TUN} has no driver; opening it might load one, so it was not tried`
    return { status: 'unknown', detail, advice: load }
  }
  if (refusal !== undefined) return { status: 'missing', detail: `${TUN} cannot be opened (${refusal})`, advice: load }
  if (hasCapability(read, CAP_NET_ADMIN)) return { status: 'ok', detail: 'interfaces can be made and used' }
  const advice = 'have each made by root for you: ip tuntap add IFACE mode tap user USER'
  return { status: 'limited', detail: 'interfaces can be used, not made (no CAP_NET_ADMIN)', advice }
}

function lookAtTap(): Observation {
  const there = existsSync(TUN)
  if (!there || !isDriverLoaded(readSystem, 'tun')) return judgeTap({ there }, readSystem)
  const tried = tryDevice(TUN, () => undefined) // nothing is attached to an interface before it is asked for
  return judgeTap({ there, ...('refusal' in tried ? tried : {}) }, readSystem)
}

/** ICMP sockets are for groups in a range (icmp(7)); guests' pings leave through them where nobody is root. */
export function judgePing(read: Read, groups: readonly number[]): Observation {
  const [, low, high] = /^(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ping_group_range') ?? '') ?? []
  if (low === undefined) return { status: 'unknown', detail: 'net.ipv4.ping_group_range cannot be read' }
  const detail = `net.ipv4.ping_group_range is ${low} ${high}`
  if (groups.some((group) => group >= Number(low) && group <= Number(high))) return { status: 'ok', detail }
  const advice = "sysctl net.ipv4.ping_group_range='0 2147483647'"
  const nobody = Number(low) > Number(high) // the kernel's own setting
  return { status: 'limited', detail: `${detail}: ${nobody ? 'for nobody' : 'not for this user'}`, advice }
}

/** `tried` is the status of a program in a namespace of its own, undefined where there was none to try with. */
export function judgeNamespaces(read: Read, root: boolean, tried: number | undefined): Observation {
  const most = readNumber(read, '/proc/sys/user/max_user_namespaces')
  if (most === undefined) return { status: 'missing', detail: 'the kernel has none' }
  if (tried === 0) return { status: 'ok', detail: 'can be made' }
  const settings: readonly (readonly [path: string, forbids: number, name: string])[] = [
    ['/proc/sys/user/max_user_namespaces', 0, 'user.max_user_namespaces'],
    ['/proc/sys/kernel/unprivileged_userns_clone', 0, 'kernel.unprivileged_userns_clone'],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', 1, 'kernel.apparmor_restrict_unprivileged_userns'],
  ]
  const [path, value, name] = settings.find(([path, forbids]) => readNumber(read, path) === forbids) ?? []
  if (path !== undefined && (!root || path.includes('max_'))) {
    return { status: 'missing', detail: `forbidden by ${name}=${value}`, advice: 'guests need none; tests do' }
  }
  if (tried !== undefined) return { status: 'missing', detail: 'refused (a container or a security module?)' }
  return { status: 'unknown', detail: 'no setting forbids them; there is no unshare to try with' }
}

async function tryNamespace(): Promise<Observation> {
  const path = findProgram('unshare')
  const tried = path === undefined ? undefined : await runProgram(path, ['--user', '--map-root-user', 'true'])
  return judgeNamespaces(readSystem, process.getuid?.() === 0, tried?.status)
}

/** Needs nothing of the machine but Node.js; how fast it is depends on what its frames travel over. */
export function judgeUserNetwork({ kind, maxMtu }: UserCarrier): Observation {
  if (kind === 'seqpacket')
    return { status: 'ok', detail: 'networks without root (--net NAME=user), over socket pairs' }
  const detail = `networks without root (--net NAME=user), over UDP on loopback: slower, MTU at most ${maxMtu}`
  return { status: 'limited', detail, advice: 'install koffi, which is left out where npm omits optional packages' }
}

export const NETWORK: readonly Probe[] = [
  { name: 'user-network', group: 'network', linux: true, observe: () => judgeUserNetwork(userCarrier()) },
  { name: 'tap', group: 'network', linux: true, observe: lookAtTap },
  {
    name: 'ping',
    group: 'network',
    linux: true,
    observe: () => judgePing(readSystem, [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]),
  },
  { name: 'user-namespaces', group: 'sandbox', linux: true, observe: tryNamespace },
]

// What would stand in the way of opening something, told beforehand by looking: as the name of the error that the system would answer
// with. For front ends whose errors are the system's own; the launcher opens, and finds out.

import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { isInterfaceName } from '../wiring/wire.ts'
import { deviceNumbers } from './device-numbers.ts'

const IFF_UP = 1
const IFF_TAP = 2
const IFF_MULTI_QUEUE = 0x100
const CAP_NET_ADMIN = 12n
const MAX_INTERFACE = 15 // IFNAMSIZ less its NUL
const NOBODY = -1 // an interface without an owner is everybody's

/** `capacity` is where lseek(2) would find the end, in bytes; undefined where it finds none. */
export type ImageLook = { readonly obstacle: string } | { readonly capacity: number | undefined }

/** An image to be opened for reading and writing. */
export function lookAtImage(path: string): ImageLook {
  try {
    const stats = statSync(path, { bigint: true })
    if (stats.isDirectory()) return { obstacle: 'EISDIR' }
    if (stats.isSocket()) return { obstacle: 'ENXIO' }
    accessSync(path, constants.R_OK | constants.W_OK)
    if (stats.isFIFO()) return { capacity: undefined }
    if (stats.isFile()) return { capacity: Number(stats.size) }
    if (stats.isCharacterDevice()) return { capacity: 0 }
    const [major, minor] = deviceNumbers(stats.rdev)
    // In sectors of 512 bytes whatever the disk's own are (Linux, Documentation/ABI/stable/sysfs-block).
    return { capacity: Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8')) * 512 }
  } catch (error) {
    return { obstacle: codeOf(error) }
  }
}

/**
 * A TAP interface to be attached to, with the checks of drivers/net/tun.c (tun_set_iff, tun_attach) in their order. undefined where
 * nothing is known to be in the way.
 */
export function obstacleToTap(name: string): string | undefined {
  if (Buffer.byteLength(name) > MAX_INTERFACE) return 'ENAMETOOLONG'
  if (!isInterfaceName(name) || !hasInterface(name)) return 'ENOENT'
  const read = (file: string): number => Number(readFileSync(`/sys/class/net/${name}/${file}`, 'utf8'))
  try {
    if ((read('flags') & IFF_UP) === 0) return 'ENETDOWN'
  } catch {
    return undefined // of another network namespace than /sys: planning says so
  }
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch (error) {
    return codeOf(error)
  }
  try {
    const flags = read('tun_flags')
    if ((flags & IFF_TAP) === 0 || (flags & IFF_MULTI_QUEUE) !== 0) return 'EINVAL'
  } catch {
    return 'EINVAL' // only TUN and TAP interfaces have that file
  }
  if (!mayAttach(read('owner'), read('group'))) return 'EPERM'
  // A TAP interface that is up has its carrier from whoever is attached to it.
  return read('carrier') === 1 ? 'EBUSY' : undefined
}

function hasInterface(name: string): boolean {
  const text = readFileSync('/proc/self/net/dev', 'utf8')
  return text.split('\n').some((line) => line.trimStart().startsWith(`${name}:`))
}

function mayAttach(owner: number, group: number): boolean {
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])]
  if ((owner === NOBODY || owner === process.geteuid?.()) && (group === NOBODY || groups.includes(group))) return true
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${effective}`) & (1n << CAP_NET_ADMIN)) !== 0n
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EIO'
}

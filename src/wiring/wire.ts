// A wire: the host resource that the operator gives to one declared device. As flags and wiring files say it; whether it fits the
// guest and the machine is for planning to find out. Pure.

import type { Device } from '../artefact/manifest.ts'
import type { Mac } from './mac.ts'
import type { WireOrigin } from './origin.ts'
import type { Publication } from './publish.ts'
import { PLAIN_USER_LINE, type UserLine } from './user-line.ts'

export type BlockWire = DiskWire | BakedWire

/** A file or a disk of the operator's. */
export type DiskWire = {
  readonly type: 'block'
  readonly medium: 'disk'
  readonly device: string
  readonly path: string
  /** Where there is no such file, it is made first, with what the artefact has baked in for the device. */
  readonly copiesBaked: boolean
  readonly sectorSize: number
  readonly readOnly: boolean
  /** Others may use the file at the same time, if they say so too. */
  readonly share: boolean
  readonly origin: WireOrigin
}

/** What the artefact has baked in for the device: read-only, and no resource of the host. */
export type BakedWire = {
  readonly type: 'block'
  readonly medium: 'baked'
  readonly device: string
  readonly sectorSize: number
  readonly origin: WireOrigin
}

export type NetWire = {
  readonly type: 'net'
  readonly device: string
  readonly carrier: Carrier
  readonly mac: Mac | undefined
  /** Bytes of a frame without its 14-byte header. */
  readonly mtu: number | undefined
  /** A second device of the guest may use the same path. */
  readonly share: boolean
  readonly origin: WireOrigin
}

/** What frames travel over. */
export type Carrier =
  | { readonly kind: 'tap'; readonly interface: string }
  /** Inherited; 3 or more. */
  | { readonly kind: 'descriptor'; readonly descriptor: number }
  /** A socket of type SOCK_SEQPACKET that somebody listens on. */
  | { readonly kind: 'unix'; readonly path: string }
  /** A network that Slipway itself is for as long as the guest runs. */
  | UserLine

export type Wire = BlockWire | NetWire

export type Wiring = {
  /** At most one for a device. */
  readonly wires: readonly Wire[]
  /** Who wants every net device that has no wire to be on a network of Slipway's own. Nobody, if not given. */
  readonly autoWire?: WireOrigin | undefined
  /** What is baked in is left alone where no wire names it. */
  readonly withoutBaked?: boolean | undefined
  /** Ports to publish besides those that wires bring along. */
  readonly publish?: readonly Publication[] | undefined
}

/** A declared device together with its wire, which is of the same type. */
export type WiredDevice = { readonly device: Device; readonly wire: Wire }

export const NO_WIRES: Wiring = { wires: [] }

export const DEFAULT_SECTOR_SIZE = 512
/** A power of two that fits the 16 bits which the manifest has for it. */
export const SECTOR_SIZES: readonly number[] = [512, 1024, 2048, 4096, 8192, 16384, 32768]
export const DEFAULT_MTU = 1500
/** What IPv4 demands of every link (RFC 791), and what fits the 16 bits which the manifest has. */
export const MIN_MTU = 68
export const MAX_MTU = 65535
/** 1024 descriptors are what a process usually may have (RLIMIT_NOFILE). */
export const MAX_DESCRIPTOR = 1023
/** IFNAMSIZ less its NUL. */
const MAX_INTERFACE = 15
/** sun_path less its NUL. */
const MAX_SOCKET_PATH = 107
/** PATH_MAX less its NUL. */
const MAX_PATH = 4095

/** What is wrong with a path that a launcher shall open, or undefined. Bytes, since that is what the kernel counts. */
export function problemOfPath(path: string, kind: 'file' | 'socket'): string | undefined {
  const most = kind === 'file' ? MAX_PATH : MAX_SOCKET_PATH
  const { length } = new TextEncoder().encode(path)
  if (length === 0) return 'is empty'
  if (path.includes('\0')) return 'contains a NUL'
  // What Node.js puts in place of bytes that are no UTF-8: the path would name another file.
  if (path.includes('\ufffd')) return 'is not valid UTF-8, or has a U+FFFD in it'
  return length > most ? `has ${length} bytes, at most ${most} are possible` : undefined
}

/**
 * As the kernel takes them (dev_valid_name): 1 to 15 bytes, no slash, colon or white space, neither `.` nor `..`. Of those only letters, digits
 * and common signs, because messages have them in commands to copy; and no `%`, with which the kernel would make a name up.
 */
export function isInterfaceName(name: string): boolean {
  return name.length <= MAX_INTERFACE && /^[A-Za-z0-9_.@+=,-]+$/.test(name) && name !== '.' && name !== '..'
}

/** What `NAME=user` means, without a word more. */
export function userWire(device: string, origin: WireOrigin): NetWire {
  return { type: 'net', device, carrier: PLAIN_USER_LINE, mac: undefined, mtu: undefined, share: false, origin }
}

/** What a device is wired to that the artefact brings along, and nobody has said anything about. */
export function bakedWire(device: string): BakedWire {
  return { type: 'block', medium: 'baked', device, sectorSize: DEFAULT_SECTOR_SIZE, origin: { layer: 'baked' } }
}

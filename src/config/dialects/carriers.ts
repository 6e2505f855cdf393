// How a text gets to a guest, and how much of one: the room that each has on the way. One table, printed in docs/reference/dialects.md. Pure.

import { ConfigError, UsageError } from '../../base/errors.ts'
import type { DialectName } from '../document.ts'

/**
 * `cmdline`: what a boot loader, tender or machine monitor calls the command line. `module`: a multiboot module, QEMU's -initrd. `xenstore`: a value
 * in XenStore. `file`: a file of the guest's root file system or boot medium.
 */
export const CARRIERS = ['cmdline', 'module', 'xenstore', 'file'] as const
export type CarrierName = (typeof CARRIERS)[number]

/** What starts a guest: a PC's boot loader or QEMU, Firecracker, Xen, a Solo5 tender. */
export const PLATFORMS = ['pc', 'firecracker', 'xen', 'solo5'] as const
export type Platform = (typeof PLATFORMS)[number]

export interface Room {
  readonly dialect: DialectName
  readonly platform: Platform
  readonly carrier: CarrierName
  /** Bytes of UTF-8, without the NUL behind them: one among them would end the text, so none is ever written. */
  readonly most: number
  /** Who has so much room; docs/discoveries/rumprun.md and command-lines.md say more. */
  readonly source: string
}

/** A PV guest's start information has 1024 bytes with the NUL. */
const PV_LINE = 1023
/** A message to XenStore has 4096 bytes, of which the path of the value takes 32 (`/local/domain/65535/rumprun/cfg` and its NUL). */
const XENSTORE_VALUE = 4096 - 32
/** The room of Solo5's bindings, and of Unikraft's, without the NUL. */
const SOLO5_LINE = 8191
/** A kernel of Linux's for x86 keeps 2048 bytes with the NUL, and so does Firecracker for every guest. */
const LINUX_LINE = 2047

const MODULE = 'a module of 4095 bytes halts the guest'
const MULTIBOOT =
  'BMK_MULTIBOOT_CMDLINE_SIZE, 4096 bytes with the NUL; under QEMU, kernel path and blank are among them'
const ROOT_FILE = 'CFGMAXSIZE, 64 KiB of a file that _RUMPRUN_ROOTFSCFG names'
const VALUE = 'XENSTORE_PAYLOAD_MAX, 4096 bytes with the path of the value'
const START_INFO = 'MAX_GUEST_CMDLINE of the Xen ABI, 1024 bytes with the NUL'
const BINDINGS = 'the bindings of Solo5, 8192 bytes with the NUL'
const UNIKRAFT = 'MAX_CMDLINE_SIZE of Unikraft, 8192 bytes with the NUL'
const EFI_FILE = 'the .cmdl file stands for the command line'
const FIRECRACKER = 'Firecracker, 2048 bytes with the NUL'
const KERNEL = 'COMMAND_LINE_SIZE of Linux for x86, 2048 bytes with the NUL'

const room = (dialect: DialectName, platform: Platform, carrier: CarrierName, most: number, source: string): Room => {
  return { dialect, platform, carrier, most, source }
}

/** The usual way comes first for each dialect, and for each platform of a dialect. */
export const ROOMS: readonly Room[] = [
  ...(['rumprun-legacy', 'rumprun'] as const).flatMap((dialect) => [
    room(dialect, 'pc', 'module', 4094, MODULE),
    room(dialect, 'pc', 'cmdline', 4095, MULTIBOOT),
    room(dialect, 'pc', 'file', 65_536, ROOT_FILE),
    room(dialect, 'xen', 'xenstore', XENSTORE_VALUE, VALUE),
    room(dialect, 'xen', 'cmdline', PV_LINE, START_INFO),
    room(dialect, 'xen', 'file', 65_536, ROOT_FILE),
  ]),
  room('rumprun-legacy', 'solo5', 'cmdline', SOLO5_LINE, BINDINGS),
  ...(['mirage', 'solo5'] as const).flatMap((dialect) => [
    room(dialect, 'solo5', 'cmdline', SOLO5_LINE, BINDINGS),
    room(dialect, 'pc', 'cmdline', SOLO5_LINE, BINDINGS),
    room(dialect, 'xen', 'cmdline', SOLO5_LINE, BINDINGS),
  ]),
  room('unikraft', 'pc', 'cmdline', SOLO5_LINE, UNIKRAFT),
  room('unikraft', 'pc', 'file', SOLO5_LINE, EFI_FILE),
  room('unikraft', 'firecracker', 'cmdline', LINUX_LINE, FIRECRACKER),
  room('unikraft', 'xen', 'cmdline', PV_LINE, START_INFO),
  room('linux', 'pc', 'cmdline', LINUX_LINE, KERNEL),
  room('linux', 'firecracker', 'cmdline', LINUX_LINE, FIRECRACKER),
  room('linux', 'xen', 'cmdline', PV_LINE, START_INFO),
]

/**
 * The room that such guests have. Without a carrier or a platform, the usual one. Throws UsageError for a way that does not lead to them.
 *
 * @example
 * ```ts
 * roomFor('rumprun', undefined, 'cmdline').most // 4095
 * ```
 */
export function roomFor(dialect: DialectName, platform: Platform | undefined, carrier: CarrierName | undefined): Room {
  const own = ROOMS.filter((each) => each.dialect === dialect)
  const here = own.filter((each) => platform === undefined || each.platform === platform)
  if (here.length === 0) {
    const advice = `known are ${[...new Set(own.map((each) => each.platform))].join(', ')}`
    throw new UsageError('BAD_ARGUMENT', `there are no ${dialect} guests on the platform ${platform}`, advice)
  }
  const found = here.find((each) => carrier === undefined || each.carrier === carrier)
  if (found !== undefined) return found
  const advice = `use one of ${[...new Set(here.map((each) => each.carrier))].join(', ')}`
  throw new UsageError('BAD_ARGUMENT', `a ${dialect} guest reads nothing from the carrier ${carrier} there`, advice)
}

/** Throws ConfigError LIMIT for a text that is too long, with what would take it. `taken` are bytes that something else needs. */
export function requireRoom(bytes: number, { dialect, platform, carrier, most }: Room, taken = 0): void {
  const over = bytes + taken - most
  if (over <= 0) return
  const others = ROOMS.filter((each) => each.dialect === dialect && each.platform === platform && each.most >= bytes)
  const names = others.map((each) => each.carrier).filter((name) => name !== carrier)
  const advice =
    names.length === 0 ? 'put long settings into a file that the guest reads' : `use the carrier ${names.join(' or ')}`
  const besides = taken === 0 ? '' : `, of which ${taken} are taken`
  const problem = `the text has ${bytes} bytes, ${over} too many: ${carrier} holds ${most}${besides}`
  throw new ConfigError('LIMIT', { words: `the ${dialect} dialect` }, problem, advice)
}

// What a launcher does, from its bytes alone: its own records, the boot information and the filter are what is executed, so they are what
// is told. Nothing in the file is believed; one that could behave in another way than it is described is refused. Pure.

import { type LauncherReport, LAUNCHER_SCHEMA_VERSION, type ReportedRange } from '../../artefact/launcher-report.ts'
import type { Source } from '../../base/reader.ts'
import { GUEST_LOWEST } from '../../wiring/plan.ts'
import { BOOT_INFO } from './boot-info.ts'
import { type BootInformation, decodeBootInfo } from './describe-boot.ts'
import { describeDevices } from './describe-devices.ts'
import { describeFilter } from './describe-filter.ts'
import { followRecords } from './describe-follow.ts'
import type { Range } from './describe-map.ts'
import { openLauncher } from './describe-memory.ts'
import { type LauncherProcess, refuseUnless } from './describe-process.ts'
import { describeRecords } from './describe-records.ts'

/**
 * Reads a launcher that `compose` has made. Throws FormatError, and nothing else, whatever the bytes are: BAD_MAGIC for a file that is no
 * launcher, UNSUPPORTED for one of another version, BAD_VALUE for one that is not what it seems.
 *
 * @example
 * ```ts
 * describeLauncher(sourceOf(compose('hello.spt'))).memorySize // 536870912
 * ```
 */
export function describeLauncher(source: Source): LauncherReport {
  const launcher = openLauncher(source)
  const process = followRecords(launcher)
  const boot = readBoot(process)
  const map = process.map.merged()
  const memory = requireMemory(process, boot, map)
  const devices = describeDevices(process, boot)
  return {
    schema: 'slipway.launcher',
    schemaVersion: LAUNCHER_SCHEMA_VERSION,
    target: 'spt',
    name: process.name,
    memorySize: boot.memorySize,
    heapAccess: accessOf(memory.protection),
    entry: `0x${process.enter?.entry.toString(16)}`,
    commandLine: boot.commandLine,
    image: imageOf(process),
    devices,
    descriptors: { epoll: boot.epoll, timer: boot.timer, status: process.status ?? null },
    parent: process.parent ?? null,
    watcher: process.watched,
    memoryMap: map.map(describeRange),
    filter: describeFilter(process, devices, boot),
    records: describeRecords(launcher),
  }
}

function readBoot(process: LauncherProcess): BootInformation {
  const { boot, enter } = process
  if (enter === undefined) throw new TypeError('records without an end') // openLauncher has made sure of it
  refuseUnless(enter, boot !== undefined, 'enters a guest without boot information')
  return decodeBootInfo(boot)
}

/** The registers and the map are what the boot information promises. */
function requireMemory(process: LauncherProcess, boot: BootInformation, map: readonly Range[]): Range {
  const enter = process.enter as NonNullable<LauncherProcess['enter']>
  const { argument, stack, entry } = enter
  const { memorySize } = boot
  const guest = map.filter(({ start }) => start >= GUEST_LOWEST && start < memorySize)
  const whole = process.map.between(GUEST_LOWEST, memorySize) !== undefined && guest.at(-1)?.end === memorySize
  refuseUnless(enter, whole, `enters a guest whose ${memorySize} bytes of memory are not mapped`)
  refuseUnless(enter, map.every(isInPlace), 'enters a guest with memory that it should not have')
  const hasBoot = map.some(({ start, region }) => start === BOOT_INFO && region === 'boot information')
  refuseUnless(enter, hasBoot && argument === BigInt(BOOT_INFO), 'enters a guest that cannot find its boot information')
  refuseUnless(enter, stack === BigInt(memorySize - 8), 'enters a guest with another stack')
  const code = map.find(({ start, end }) => entry >= start && entry < end)
  refuseUnless(enter, code?.region === 'image' || code?.region === 'memory', 'enters a guest outside of its memory')
  const heap = guest.find(({ region }) => region === 'memory')
  refuseUnless(enter, heap !== undefined, 'enters a guest without memory')
  return heap

  function isInPlace({ region, end }: Range): boolean {
    return OWN.has(region) || end <= memorySize
  }
}

/** What lies where nothing of the guest's can: each has been looked at when it was mapped. */
const OWN: ReadonlySet<Range['region']> = new Set(['launcher', 'part', 'handler stack'])

function imageOf({ image }: LauncherProcess): LauncherReport['image'] {
  if (image === undefined) return { from: 'launcher', path: null }
  return { from: image.how === 'file' ? 'file' : 'descriptor', path: image.path ?? null }
}

function describeRange({ start, end, protection, region }: Range): ReportedRange {
  const what = region === 'staged' ? 'launcher' : region // no staged page is left when a guest is entered
  return { start: hex(start), end: hex(end), access: accessOf(protection), what }
}

function accessOf(protection: number): string {
  const bit = (mask: number, letter: string): string => ((protection & mask) === 0 ? '-' : letter)
  return bit(1, 'r') + bit(2, 'w') + bit(4, 'x')
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}

// What the system calls of a launcher that are about memory do to its process. A call that is used in another way than our composer uses
// it is refused. Pure.

import { LAUNCHER_BASE, LAUNCHER_SPACE, pageUp } from '../../launcher/address-space.ts'
import {
  MADV_DONTNEED,
  MADV_NOHUGEPAGE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  type SystemCallName,
} from '../../launcher/system-calls.ts'
import { BOOT_INFO } from './boot-info.ts'
import type { Range } from './describe-map.ts'
import { type FoundCall, type LauncherProcess, refuseUnless } from './describe-process.ts'

export type Step = (process: LauncherProcess, record: FoundCall) => void

/** 64 KiB are staged in front of the image; boot information is less than that. */
const MAX_BOOT = 0x1_0000

export const MAPPING: Partial<Record<SystemCallName, Step>> = {
  munmap(process, record) {
    const [start = 0n, length = 0n] = record.args
    const end = start + length
    const setup = process.memory.segments[0]
    const isSetup = setup !== undefined && start === BigInt(setup.start) && end === BigInt(pageUp(setup.end))
    const isGuest = end <= LAUNCHER_BASE
    const isAbove = start >= LAUNCHER_BASE + LAUNCHER_SPACE
    refuseUnless(record, end > start && (isSetup || isGuest || isAbove), 'unmaps what others need')
    process.map.remove(Number(start), pageUp(Number(end)))
  },

  mmap(process, record) {
    const [start = 0n, length = 0n, protection = 0n, flags = 0n, file = 0n] = record.args
    const pages = process.guestPages(start, length, record)
    const fixed = (Number(flags) & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0
    const isPlain = flags <= 0xffff_ffffn && (Number(flags) & MAP_PRIVATE) !== 0 && record.demand === start
    refuseUnless(record, fixed && isPlain, 'maps memory whose place or use cannot be told')
    const anonymous = (Number(flags) & MAP_ANONYMOUS) !== 0
    if (!anonymous) process.useImage(file, record)
    set(process, record, { ...pages, protection: access(record, protection), region: anonymous ? 'memory' : 'image' })
  },

  mremap(process, record) {
    const [from = 0n, length = 0n, newLength, flags, to = 0n] = record.args
    const pages = process.guestPages(to, length, record)
    const moves = newLength === length && flags === BigInt(MREMAP_MAYMOVE | MREMAP_FIXED) && record.demand === to
    refuseUnless(record, moves, 'moves memory whose place cannot be told')
    const end = from + BigInt(pages.end - pages.start)
    const found = from < LAUNCHER_BASE + LAUNCHER_SPACE ? undefined : process.map.between(Number(from), Number(end))
    const [source, ...others] = found ?? []
    refuseUnless(record, source !== undefined && others.length === 0, 'moves what is not staged')
    const isBoot = to === BigInt(BOOT_INFO)
    if (isBoot) {
      refuseUnless(record, length <= MAX_BOOT, 'moves more than boot information')
      process.boot = process.untouched(from, Number(length), record)
    }
    process.map.remove(source.start, source.end)
    set(process, record, { ...pages, protection: source.protection, region: isBoot ? 'boot information' : 'image' })
  },

  mprotect(process, record) {
    const [start = 0n, length = 0n, protection = 0n] = record.args
    for (const range of guestRanges(process, record, start, length)) {
      set(process, record, { ...range, protection: access(record, protection) })
    }
  },

  pread64(process, record) {
    const [file, start = 0n, length = 0n] = record.args
    process.useImage(file, record)
    for (const range of guestRanges(process, record, start, length)) {
      refuseUnless(record, range.region !== 'boot information', 'overwrites the boot information')
      set(process, record, { ...range, region: 'image' })
    }
  },

  madvise(_, record) {
    const { args, anchor } = record
    const isStack = args[2] === BigInt(MADV_DONTNEED) && anchor === 'stack-page'
    const isMemory = args[2] === BigInt(MADV_NOHUGEPAGE) && anchor === 'absolute'
    refuseUnless(record, isStack || isMemory, 'gives an advice that could empty memory')
  },
}

function guestRanges(process: LauncherProcess, record: FoundCall, start: bigint, length: bigint): readonly Range[] {
  const pages = process.guestPages(start, length, record)
  const ranges = process.map.between(pages.start, pages.end)
  refuseUnless(record, ranges !== undefined, 'is about memory that is not mapped')
  return ranges
}

function set(process: LauncherProcess, record: FoundCall, range: Range): void {
  record.reader.check(process.map.set(range), 'LIMIT', 0, `record[${record.index}]`, 'cuts memory into too many parts')
}

function access(record: FoundCall, protection: bigint): number {
  refuseUnless(record, protection <= 7n, 'asks for an access that does not exist')
  return Number(protection)
}

// What the system calls of a launcher that are about memory do to its process. A call that is used in another way than our composer uses
// it is refused. Pure.

import {
  HANDLER_STACK,
  HANDLER_STACK_SIZE,
  LAUNCHER_BASE,
  LAUNCHER_SPACE,
  PAGE,
  PARTS,
  pageUp,
} from '../../launcher/address-space.ts'
import {
  MADV_DONTNEED,
  MADV_NOHUGEPAGE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
  PROT_WRITE,
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
    const setup = process.memory.segments.find((segment) => segment.start === LAUNCHER_BASE)
    const isSetup = setup !== undefined && start === BigInt(setup.start) && end === BigInt(pageUp(setup.end))
    const isGuest = end <= HANDLER_STACK
    const isAbove = start >= LAUNCHER_BASE + LAUNCHER_SPACE
    refuseUnless(record, end > start && (isSetup || isGuest || isAbove), 'unmaps what others need')
    process.map.remove(Number(start), pageUp(Number(end)))
  },

  mmap(process, record) {
    const [start = 0n, length = 0n, protection = 0n, flags = 0n, file = 0n] = record.args
    if (start >= PARTS && start < LAUNCHER_BASE) return mapPart(process, record)
    if (start === BigInt(HANDLER_STACK)) return mapHandlerStack(process, record)
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

/** Between guest memory and the launcher, where nothing else lies and nothing unmaps it again. */
function mapPart(process: LauncherProcess, record: FoundCall): void {
  const [start = 0n, length = 0n, protection, flags, file, offset = 0n] = record.args
  const plain = protection === BigInt(PROT_READ) && flags === BigInt(MAP_PRIVATE | MAP_FIXED_NOREPLACE)
  refuseUnless(record, plain && record.demand === start, 'maps a part whose place or use cannot be told')
  const pages = [start, length, offset].every((value) => value % BigInt(PAGE) === 0n)
  const fits = length > 0n && length <= BigInt(LAUNCHER_BASE) - start && offset <= BigInt(Number.MAX_SAFE_INTEGER)
  const [from, end] = [Number(start), Number(start + length)]
  refuseUnless(record, pages && fits && !process.map.hasAny(from, end), 'maps a part over something else')
  process.useImage(file, record)
  process.parts.set(from, { in: 'artefact', offset: Number(offset), size: Number(length) })
  set(process, record, { start: from, end, protection: PROT_READ, region: 'part' })
}

function mapHandlerStack(process: LauncherProcess, record: FoundCall): void {
  const [start, length, protection, flags] = record.args
  const kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE
  const access = PROT_READ | PROT_WRITE
  const plain = length === BigInt(HANDLER_STACK_SIZE) && protection === BigInt(access) && flags === BigInt(kind)
  refuseUnless(record, plain && record.demand === start, 'makes another stack for the handler')
  const end = HANDLER_STACK + HANDLER_STACK_SIZE
  set(process, record, { start: HANDLER_STACK, end, protection: access, region: 'handler stack' })
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

// The process that a launcher makes of itself, as far as its records have been followed: descriptors, memory, and what in them can still be
// believed to be as it is in the file. Pure.

import type { ByteReader } from '../../base/reader.ts'
import { HANDLER_STACK, LAUNCHER_BASE, LAUNCHER_SPACE, pageDown, pageUp } from '../../launcher/address-space.ts'
import type { PlacedRecord } from '../../launcher/record.ts'
import { PROT_WRITE } from '../../launcher/system-calls.ts'
import { AddressMap, type Range } from './describe-map.ts'
import type { FoundRecord, LauncherMemory, OpenLauncher } from './describe-memory.ts'

export type FoundCall = FoundRecord & { readonly kind: 'call' }
export type Enter = Extract<PlacedRecord, { kind: 'enter' }>

/** A descriptor of the process, and what its records have said about it. */
export type OpenDescriptor = {
  readonly how: 'file' | 'socket' | 'inherited' | 'epoll' | 'timer' | 'process'
  /** What has been opened, or connected to. */
  path?: string
  flags?: bigint
  interface?: string
  lock?: 'shared' | 'exclusive'
  /** Bytes, as they have been demanded. */
  capacity?: bigint
  form?: 'file' | 'device' | undefined
}

/** Where the kernel puts what it answers about a descriptor. */
export type Answer = {
  readonly address: bigint
  /** Bytes. */
  readonly size: number
  readonly kind: 'state' | 'interface'
  readonly descriptor: OpenDescriptor
}

/** A part that is mapped for a block device. Bytes, the offset those of the file that it is in. */
export type FoundPart = { readonly in: 'artefact' | 'launcher'; readonly offset: number; readonly size: number }

export class LauncherProcess {
  readonly memory: LauncherMemory
  readonly status: number | undefined
  readonly map = new AddressMap()
  readonly descriptors = new Map<number, OpenDescriptor>()
  readonly answers: Answer[] = []
  /** By their addresses. */
  readonly parts = new Map<number, FoundPart>()
  /** Where the handler of parts has its code, once it is installed, and whether it has a stack. */
  handler: bigint | undefined
  handlerStack = false
  /** What lies below has been closed, or is open on purpose. */
  closedUpTo = 3
  name = ''
  parent: number | undefined
  watched = false
  /** The working directory is `/`: a relative path would not count from where the launcher is started. */
  elsewhere = false
  /** Where the guest's image comes from, if not from the launcher itself. */
  image: OpenDescriptor | undefined
  boot: ByteReader | undefined
  filter: { readonly program: ByteReader; readonly index: number } | undefined
  enter: (FoundRecord & Enter) | undefined
  readonly #written: { readonly start: bigint; readonly end: bigint }[] = []

  constructor({ memory, status }: OpenLauncher) {
    this.memory = memory
    this.status = status
    for (const { start, end, protection, offset } of memory.segments) {
      if (start < LAUNCHER_BASE) this.parts.set(start, { in: 'launcher', offset, size: end - start })
      this.map.set({ start, end: pageUp(end), protection, region: regionOf(start) })
    }
  }

  /** The kernel fills these bytes: what the file has there counts no more, nor what was answered there before. */
  willWrite(start: bigint, length: number): void {
    const end = start + BigInt(length)
    this.#written.push({ start, end })
    const kept = this.answers.filter(({ address, size }) => address >= end || address + BigInt(size) <= start)
    this.answers.splice(0, this.answers.length, ...kept)
  }

  /** There is one file that the guest's memory is filled from: another one could go unnoticed. */
  useImage(number: bigint | undefined, record: FoundRecord): void {
    const file = this.descriptor(number, record)
    refuseUnless(record, this.image === undefined || this.image === file, 'takes memory from a second file')
    this.image = file
  }

  /** How much there is to keep in mind, which costs time with each record that follows. */
  get memories(): number {
    return this.answers.length + this.#written.length
  }

  /** Bytes that are still those of the file when a record uses them. */
  untouched(address: bigint, length: number, record: FoundRecord): ByteReader {
    const end = address + BigInt(length)
    const touched = this.#written.some((range) => range.start < end && range.end > address)
    refuseUnless(record, !touched, 'uses memory that an earlier record has changed')
    return this.memory.bytes(address, length, record.reader, fieldOf(record))
  }

  /** Code that stays, when the guest runs, as it is in the file. */
  lasting(address: bigint, length: number): ByteReader {
    const enter = this.enter as FoundRecord
    const ranges = this.map.between(Number(address), Number(address) + length)
    const stays = ranges?.every(({ region, protection }) => region === 'launcher' && (protection & PROT_WRITE) === 0)
    refuseUnless(enter, stays === true, 'counts on code that something could change')
    return this.memory.bytes(address, length, enter.reader, 'handler')
  }

  /** Text that nothing can change. */
  string(address: bigint, most: number, record: FoundRecord): string {
    const segment = this.memory.segments.find(({ start, end }) => address >= start && address < end)
    const lasting = segment !== undefined && (segment.protection & PROT_WRITE) === 0
    refuseUnless(record, lasting, 'uses a text that could change')
    return this.memory.string(address, most, record.reader, fieldOf(record))
  }

  descriptor(number: bigint | undefined, record: FoundRecord): OpenDescriptor {
    const found = this.descriptors.get(Number(number))
    refuseUnless(record, found !== undefined, `uses descriptor ${number}, which is not open`)
    return found
  }

  /** The number that a record demands of what it opens. */
  open(record: FoundCall, descriptor: OpenDescriptor): void {
    const number = typeof record.demand === 'bigint' ? Number(record.demand) : -1
    const isNew = number >= 3 && number <= MAX_NUMBER && !this.descriptors.has(number)
    refuseUnless(record, isNew, 'opens what has no number of its own')
    this.descriptors.set(number, descriptor)
  }

  /** Pages of guest memory: a record that maps anything else could change what the others mean. */
  guestPages(start: bigint, length: bigint, record: FoundRecord): { start: number; end: number } {
    const most = BigInt(HANDLER_STACK)
    const fits = start < most && length > 0n && length <= most - start
    refuseUnless(record, fits, 'is about memory that cannot be the guest’s')
    return { start: pageDown(Number(start)), end: pageUp(Number(start + length)) }
  }
}

function regionOf(start: number): Range['region'] {
  if (start < LAUNCHER_BASE) return 'part'
  return start < LAUNCHER_BASE + LAUNCHER_SPACE ? 'launcher' : 'staged'
}

const MAX_NUMBER = 0xffff // of a descriptor: four times what any limit of ours allows

export function fieldOf({ index }: FoundRecord): string {
  return `record[${index}]`
}

export function refuseUnless(record: FoundRecord, holds: boolean, problem: string): asserts holds {
  record.reader.check(holds, 'BAD_VALUE', 0, fieldOf(record), problem)
}

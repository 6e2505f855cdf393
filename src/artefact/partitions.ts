// The partition tables of raw disk images: MBR, and GPT behind it (UEFI Specification, chapter 5). Pure.

import { quote } from '../base/quote.ts'
import { type ByteReader, type Source, window } from '../base/reader.ts'
import { formatSize } from '../base/size.ts'
import type { Finding } from './finding.ts'
import type { Fact } from './identification.ts'
import { hasBytes, tryRead } from './values.ts'

const SECTOR = 512
const MAX_ENTRIES = 128
const MAX_SHOWN = 16

export interface Partitions {
  readonly table: 'MBR' | 'GPT'
  readonly facts: readonly Fact[]
  readonly findings: readonly Finding[]
}

/** undefined for what has no table that makes sense. */
export function readPartitions(source: Source): Partitions | undefined {
  if (source.size < 2 * SECTOR || !hasBytes(source, 510, '\x55\xaa')) return undefined
  return hasBytes(source, SECTOR, 'EFI PART') ? tryRead(() => readGpt(source)) : readMbr(source)
}

const MBR_TYPES: ReadonlyMap<number, string> = new Map([
  [0x01, 'FAT12'],
  [0x06, 'FAT16'],
  [0x07, 'NTFS or exFAT'],
  [0x0b, 'FAT32'],
  [0x0c, 'FAT32'],
  [0x0e, 'FAT16'],
  [0x82, 'Linux swap'],
  [0x83, 'Linux'],
  [0x8e, 'LVM'],
  [0xa9, 'NetBSD'],
  [0xef, 'EFI system'],
])

function readMbr(source: Source): Partitions | undefined {
  const r = window(source, 446, 64, 'MBR')
  const facts: Fact[] = []
  const findings: Finding[] = []
  for (let i = 0; i < 4; i++) {
    const at = i * 16
    const flag = r.u8(at, 'MBR')
    if (flag !== 0 && flag !== 0x80) return undefined // no table but code, or nothing
    const type = r.u8(at + 4, 'MBR')
    const start = r.u32(at + 8, 'MBR')
    const sectors = r.u32(at + 12, 'MBR')
    if (type === 0) continue
    if (start === 0 || sectors === 0) return undefined
    const name = MBR_TYPES.get(type) ?? `type 0x${type.toString(16)}`
    const active = flag === 0x80 ? ', active' : ''
    facts.push({ name: `partition ${i + 1}`, value: `${name}, ${formatSize(sectors * SECTOR)}${active}` })
    if ((start + sectors) * SECTOR > source.size) findings.push(beyond(`MBR[${i}]`, 446 + at + 12))
  }
  return facts.length === 0 ? undefined : { table: 'MBR', facts, findings }
}

function readGpt(source: Source): Partitions {
  const r: ByteReader = window(source, SECTOR, 92, 'GPT header')
  const start = r.u64(72, 'PartitionEntryLBA') * BigInt(SECTOR)
  const count = Math.min(r.u32(80, 'NumberOfPartitionEntries'), MAX_ENTRIES)
  const size = r.u32(84, 'SizeOfPartitionEntry')
  const facts: Fact[] = []
  const findings: Finding[] = []
  r.check(size >= 128 && size <= 4096, 'BAD_VALUE', 84, 'SizeOfPartitionEntry', `is ${size}`)
  r.check(start < BigInt(source.size), 'BAD_VALUE', 72, 'PartitionEntryLBA', `is past the end of the file`)
  const table = window(source, Number(start), count * size, 'GPT entries')
  for (let i = 0; i < count && facts.length < MAX_SHOWN; i++) {
    const at = i * size
    if (table.u64(at, 'type') === 0n && table.u64(at + 8, 'type') === 0n) continue
    const first = table.u64(at + 32, 'StartingLBA')
    const last = table.u64(at + 40, 'EndingLBA')
    const bytes = (last - first + 1n) * BigInt(SECTOR)
    const shown = bytes > 0n && bytes < 2n ** 53n ? formatSize(Number(bytes)) : 'of no sensible size'
    facts.push({ name: `partition ${i + 1}`, value: `${quote(nameOf(table.bytes(at + 56, 72, 'name')))}, ${shown}` })
    if (last * BigInt(SECTOR) >= BigInt(source.size)) findings.push(beyond(`GPT[${i}]`, Number(start) + at + 40))
  }
  return { table: 'GPT', facts, findings }
}

/** UTF-16, up to the first NUL. */
function nameOf(bytes: Uint8Array): string {
  let name = ''
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const unit = (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8)
    if (unit === 0) break
    name += String.fromCharCode(unit)
  }
  return name
}

function beyond(field: string, offset: number): Finding {
  return { severity: 'notice', code: 'TRUNCATED', field, offset, message: 'ends past the end of the file' }
}

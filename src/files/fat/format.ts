// The structures of FAT12, FAT16 and FAT32 with long names: Microsoft, “FAT: General Overview of On-Disk Format”, 1.03; long names as in its
// chapter “FAT Long Directory Entries”. Pure.

export const SECTOR = 512
export const ENTRY_SIZE = 32

export const BOOT = {
  bytesPerSector: 11,
  sectorsPerCluster: 13,
  reserved: 14,
  tables: 16,
  rootEntries: 17,
  sectors16: 19,
  media: 21,
  tableSectors16: 22,
  sectorsPerTrack: 24,
  heads: 26,
  hidden: 28,
  sectors32: 32,
  tableSectors32: 36,
  version: 42,
  rootCluster: 44,
  infoSector: 48,
  backupSector: 50,
  signature: 510,
} as const

/** The fields behind those: at 36 in FAT12 and FAT16, at 64 in FAT32. */
export const EXTENDED = { drive: 0, signature: 2, volumeId: 3, label: 7, type: 18 } as const

export function extendedAt(width: Width): number {
  return width === 32 ? 64 : 36
}

export const ENTRY = {
  name: 0,
  attributes: 11,
  caseBits: 12,
  clusterHigh: 20,
  time: 22,
  date: 24,
  cluster: 26,
  size: 28,
} as const

/** Says that a volume has a number and a label in its boot sector. */
export const EXTENDED_SIGNATURE = 0x29

/** What Windows lets a directory have. Bytes. */
export const MAX_DIRECTORY = 65_536 * ENTRY_SIZE

export const ATTRIBUTE = { readOnly: 0x01, label: 0x08, directory: 0x10, longName: 0x0f } as const
/** The part of a long name in an entry: where its thirteen UTF-16 units are. */
export const LONG = { order: 0, checksum: 13, units: [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] } as const
export const LAST_LONG = 0x40
export const MAX_LONG_PARTS = 20

export type Width = 12 | 16 | 32

/** It is the number of clusters, and nothing else, that says which of the three it is. */
export const FEWEST_16 = 4085
export const FEWEST_32 = 65525
export const MOST_32 = 0x0ffffff5

export function widthOf(clusters: number): Width {
  if (clusters < FEWEST_16) return 12
  return clusters < FEWEST_32 ? 16 : 32
}

const END_MARKS: Readonly<Record<Width, number>> = { 12: 0xff8, 16: 0xfff8, 32: 0x0ffffff8 }

/** From here on a cluster number ends a chain. */
export function endMark(width: Width): number {
  return END_MARKS[width]
}

/** Of the eleven bytes of a short name, as every part of its long name has it. */
export function checksumOf(short: Uint8Array): number {
  let sum = 0
  for (const byte of short) sum = (((sum & 1) << 7) + (sum >>> 1) + byte) & 0xff
  return sum
}

/** 1980-01-01 and the last even second of 2107. */
export const FIRST_TIME = 315_532_800
export const LAST_TIME = 4_354_819_198

const DAY = 86_400

/** Date and time as two 16-bit numbers; both 0 is no time at all. Taken as UTC: images have no time zone. */
export function encodeTime(seconds: number): { readonly date: number; readonly time: number } {
  if (seconds === 0) return { date: 0, time: 0 }
  const when = new Date(seconds * 1000)
  const date = ((when.getUTCFullYear() - 1980) << 9) | ((when.getUTCMonth() + 1) << 5) | when.getUTCDate()
  const time = (when.getUTCHours() << 11) | (when.getUTCMinutes() << 5) | (when.getUTCSeconds() >>> 1)
  return { date, time }
}

/** Days and months that do not exist are taken as the next ones that do, as everybody does. */
export function decodeTime(date: number, time: number): number {
  if (date === 0) return 0
  const days = Date.UTC(1980 + (date >>> 9), Math.max(1, (date >>> 5) & 15) - 1, Math.max(1, date & 31)) / 1000
  const inDay = (time >>> 11) * 3600 + ((time >>> 5) & 63) * 60 + (time & 31) * 2
  return days + Math.min(inDay, DAY - 2)
}

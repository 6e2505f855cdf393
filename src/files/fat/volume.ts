// A FAT image that is read: its boot sector, its table, and the chains in it. Nothing in it is believed. Pure.

import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { type Extent, partOf, sparseSource } from '../parts.ts'
import { BOOT, endMark, ENTRY, ENTRY_SIZE, SECTOR, type Width, widthOf } from './format.ts'

export type FatVolume = {
  readonly source: Source
  readonly width: Width
  /** Bytes. */
  readonly clusterSize: number
  /** The root directory. */
  readonly root: (most: number) => Source
  /**
   * Where a chain's bytes lie, `size` of them; all there are where that is undefined, at most `most`. `entry` is who names its first cluster, for errors.
   */
  readonly chain: (entry: ByteReader, first: number, size: number | undefined, most: number) => readonly Extent[]
}

/** Bytes of the table that are looked at together. */
const TABLE_WINDOW = 64 * 1024

/** Throws FormatError for what is no FAT image. */
export function openFat(source: Source): FatVolume {
  const boot: ByteReader = window(source, 0, SECTOR, 'boot sector')
  boot.check(
    boot.u16(BOOT.signature, 'boot.signature') === 0xaa55,
    'BAD_MAGIC',
    BOOT.signature,
    'boot.signature',
    'is not 0xaa55',
  )
  const sectorSize = boot.u16(BOOT.bytesPerSector, 'boot.bytesPerSector')
  boot.check(
    [512, 1024, 2048, 4096].includes(sectorSize),
    'BAD_MAGIC',
    BOOT.bytesPerSector,
    'boot.bytesPerSector',
    `is ${sectorSize}`,
  )
  const perCluster = boot.u8(BOOT.sectorsPerCluster, 'boot.sectorsPerCluster')
  boot.check(
    perCluster > 0 && (perCluster & (perCluster - 1)) === 0,
    'BAD_MAGIC',
    BOOT.sectorsPerCluster,
    'boot.sectorsPerCluster',
    `is ${perCluster}`,
  )
  const [reserved, tables] = [boot.u16(BOOT.reserved, 'boot.reserved'), boot.u8(BOOT.tables, 'boot.tables')]
  boot.check(
    reserved > 0 && tables > 0 && tables <= 4,
    'BAD_VALUE',
    BOOT.tables,
    'boot.tables',
    `is ${tables}, with ${reserved} reserved sectors`,
  )
  const tableSectors =
    boot.u16(BOOT.tableSectors16, 'boot.tableSectors') || boot.u32(BOOT.tableSectors32, 'boot.tableSectors')
  const sectors = boot.u16(BOOT.sectors16, 'boot.sectors') || boot.u32(BOOT.sectors32, 'boot.sectors')
  boot.check(
    sectors <= source.size / sectorSize,
    'TRUNCATED',
    BOOT.sectors32,
    'boot.sectors',
    `is ${sectors} of ${sectorSize} bytes, the image has ${source.size}`,
  )
  const rootEntries = boot.u16(BOOT.rootEntries, 'boot.rootEntries')
  const rootAt = (reserved + tables * tableSectors) * sectorSize
  const rootSize = rootEntries * ENTRY_SIZE
  const dataAt = rootAt + Math.ceil(rootSize / sectorSize) * sectorSize
  const clusterSize = perCluster * sectorSize
  const clusters = Math.floor((sectors * sectorSize - dataAt) / clusterSize)
  boot.check(clusters > 0, 'BAD_VALUE', BOOT.sectors32, 'boot.sectors', `is ${sectors}: nothing is left for clusters`)
  const width = rootEntries === 0 ? 32 : widthOf(clusters)
  const tableSize = tableSectors * sectorSize
  boot.check(
    ((clusters + 2) * width) / 8 <= tableSize,
    'BAD_VALUE',
    BOOT.tableSectors16,
    'boot.tableSectors',
    `is ${tableSectors}, too few for ${clusters} clusters`,
  )
  const table = new Table(partOf(source, reserved * sectorSize, tableSize, 'table'), width)
  const used = new Uint8Array(Math.ceil((clusters + 2) / 8))

  const chain: FatVolume['chain'] = (entry: ByteReader, first, size, most) => {
    const wanted = size === undefined ? Number.POSITIVE_INFINITY : Math.ceil(size / clusterSize)
    const extents: { at: number; length: number; from: number }[] = []
    let [cluster, count] = [first, 0]
    while (count < wanted) {
      const name = `cluster ${cluster}, ${count + 1} in its chain`
      entry.check(
        cluster >= 2 && cluster < clusters + 2,
        'BAD_VALUE',
        ENTRY.cluster,
        'entry.cluster',
        `leads to ${name}, of ${clusters}`,
      )
      const bit = 1 << (cluster & 7)
      // Two chains in one cluster would be two files in one place; one chain with itself would never end.
      entry.check(
        ((used[cluster >>> 3] as number) & bit) === 0,
        'BAD_VALUE',
        ENTRY.cluster,
        'entry.cluster',
        `leads to ${name}, which another has`,
      )
      used[cluster >>> 3] = (used[cluster >>> 3] as number) | bit
      const from = dataAt + (cluster - 2) * clusterSize
      const last = extents.at(-1)
      if (last !== undefined && last.from + last.length === from) last.length += clusterSize
      else extents.push({ at: count * clusterSize, length: clusterSize, from })
      count++
      cluster = table.next(cluster)
      if (cluster >= endMark(width)) break
      entry.check(
        count * clusterSize < most || size !== undefined,
        'LIMIT',
        ENTRY.cluster,
        'entry.cluster',
        `begins a directory of more than ${most} bytes`,
      )
    }
    entry.check(
      size === undefined || count === wanted,
      'TRUNCATED',
      ENTRY.size,
      'entry.size',
      `is ${size}, the chain has ${count} clusters`,
    )
    const over = size === undefined ? 0 : count * clusterSize - size
    const last = extents.at(-1)
    if (last !== undefined) last.length -= over
    return extents
  }
  const root = (most: number): Source => {
    if (width !== 32) return partOf(source, rootAt, rootSize, 'root directory')
    const extents = chain(boot, boot.u32(BOOT.rootCluster, 'boot.rootCluster'), undefined, most)
    return sparseSource(
      extents.reduce((sum, { length }) => sum + length, 0),
      extents,
      source,
      'root directory',
    )
  }
  return { source, width, clusterSize, root, chain }
}

class Table {
  readonly #source: Source
  readonly #width: Width
  #from = -1
  #bytes = new Uint8Array(0)

  constructor(source: Source, width: Width) {
    this.#source = source
    this.#width = width
  }

  next(cluster: number): number {
    const at = Math.floor((cluster * this.#width) / 8)
    const byte = (i: number): number => this.#byte(at + i)
    if (this.#width === 12) {
      const both = byte(0) | (byte(1) << 8)
      return cluster % 2 === 0 ? both & 0xfff : both >>> 4
    }
    if (this.#width === 16) return byte(0) | (byte(1) << 8)
    return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) & 0x0fffffff
  }

  #byte(at: number): number {
    const from = at - (at % TABLE_WINDOW)
    if (from !== this.#from) {
      this.#bytes = Uint8Array.from(this.#source.readAt(from, Math.min(TABLE_WINDOW, this.#source.size - from)))
      this.#from = from
    }
    return this.#bytes[at - from] as number
  }
}

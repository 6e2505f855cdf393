// How large a FAT image is, which of the three it becomes, and where everything lies in it. Pure.

import { ENTRY_SIZE, FEWEST_16, FEWEST_32, MOST_32, SECTOR, type Width, widthOf } from './format.ts'

export type Layout = {
  readonly width: Width
  /** Sectors. */
  readonly perCluster: number
  readonly reserved: number
  readonly tableSectors: number
  /** Of the root directory, where it lies in front of the clusters (FAT12 and FAT16). */
  readonly rootSectors: number
  readonly sectors: number
  /** Numbered from 2. */
  readonly clusters: number
}

export type Wanted = {
  /** Bytes of each directory but the root, and of each file. */
  readonly chains: readonly number[]
  readonly rootBytes: number
  /** Bytes that the image has at least. */
  readonly size: number
  readonly width: Width | undefined
  readonly clusterSize: number | undefined
}

const TABLES = 2
/** What everybody expects of a root directory of FAT12 and FAT16. */
const ROOT_ENTRIES = 512
const RESERVED_32 = 32
const MAX_SECTORS = 2 ** 32 - 1

/** The smallest layout with room for everything; undefined where there is none. */
export function planLayout(wanted: Wanted): Layout | undefined {
  const sizes = wanted.clusterSize === undefined ? [512, 1024, 2048, 4096, 8192, 16384, 32768] : [wanted.clusterSize]
  // Small clusters waste little, and make long tables: the first size that leaves the number of clusters moderate.
  for (const clusterSize of sizes) {
    const layout = withClusters(wanted, clusterSize)
    if (layout === undefined) continue
    if (layout.clusters <= MODERATE || clusterSize === sizes.at(-1)) return layout
  }
  return undefined
}

const MODERATE = 2 ** 20
const FEWEST: Readonly<Record<Width, number>> = { 12: 1, 16: FEWEST_16, 32: FEWEST_32 }

function withClusters({ chains, rootBytes, size, width: forced }: Wanted, clusterSize: number): Layout | undefined {
  const used = (bytes: number): number => Math.ceil(bytes / clusterSize)
  const below = chains.reduce((sum, bytes) => sum + used(bytes), 0)
  const perCluster = clusterSize / SECTOR
  const widths: readonly Width[] = forced === undefined ? [12, 16, 32] : [forced]
  for (const width of widths) {
    const needed = Math.max(below + (width === 32 ? Math.max(1, used(rootBytes)) : 0), FEWEST[width])
    const layout = grow(width, perCluster, rootBytes, needed, Math.ceil(size / SECTOR))
    if (layout !== undefined) return layout
  }
  return undefined
}

/** With at least so many clusters and sectors, as long as it stays what it is. */
function grow(width: Width, perCluster: number, rootBytes: number, needed: number, least: number): Layout | undefined {
  const reserved = width === 32 ? RESERVED_32 : 1
  const rootEntries = width === 32 ? 0 : Math.max(ROOT_ENTRIES, Math.ceil(rootBytes / ENTRY_SIZE / 16) * 16)
  if (rootEntries > 0xffff) return undefined
  const rootSectors = (rootEntries * ENTRY_SIZE) / SECTOR
  const tableSectors = (clusters: number): number => Math.ceil(((clusters + 2) * width) / 8 / SECTOR)
  const total = (clusters: number): number =>
    reserved + TABLES * tableSectors(clusters) + rootSectors + clusters * perCluster
  let clusters = needed
  if (total(clusters) < least) {
    clusters += Math.floor((least - total(clusters)) / perCluster)
    while (total(clusters) > least && clusters > needed) clusters--
  }
  // What is left over may have room for more: everybody counts the clusters there is room for, and wants a table that has them all.
  let sectors = Math.max(total(clusters), least)
  let tables = tableSectors(clusters)
  const room = (): number => Math.floor((sectors - reserved - TABLES * tables - rootSectors) / perCluster)
  while (tableSectors(room()) > tables) tables++
  sectors += Math.max(0, needed - room()) * perCluster
  clusters = room()
  if (widthOf(clusters) !== width || clusters > MOST_32 || sectors > MAX_SECTORS) return undefined
  return { width, perCluster, reserved, tableSectors: tables, rootSectors, sectors, clusters }
}

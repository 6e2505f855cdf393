// Writes a tree as FAT12, FAT16 or FAT32, whichever its size makes it: what firmware boots from, and what every system reads. Each file lies in
// one piece. Pure.

import { ConfigError } from '../../base/errors.ts'
import { ByteWriter } from '../../base/writer.ts'
import { fitTree } from '../fit.ts'
import type { WriteOptions } from '../format.ts'
import type { Capabilities } from '../losses.ts'
import { MAX_PATH } from '../name.ts'
import { copySource, countReads, type ImageOutput } from '../output.ts'
import { type Directory, EPOCH, joinPath, type RegularFile } from '../tree.ts'
import { encodeBoot, encodeInfo } from './boot.ts'
import { ATTRIBUTE, encodeTime, ENTRY, ENTRY_SIZE, FIRST_TIME, LAST_TIME, SECTOR, type Width } from './format.ts'
import { type Layout, planLayout } from './layout.ts'
import { foldCase, longEntries, problemOfFatName, shortNameOf, shortNames } from './names.ts'
import type { FatIdentity } from './identity.ts'
import { writeTable } from './table.ts'

export type FatOptions = WriteOptions & {
  /** Bytes that the image has at least: what is not used is free. */
  readonly size?: number | undefined
  /** Bits of a cluster number. The size of the image decides if it is not given; a small image with 32 becomes larger. */
  readonly width?: Width | undefined
  /** Bytes: a power of two from 512 to 32768. */
  readonly clusterSize?: number | undefined
  /** At most eleven characters of a short name. */
  readonly label?: string | undefined
  /** 32 bits. */
  readonly volumeId?: number | undefined
  /** What it was before, where nothing else is said, as far as there is room in such a one. */
  readonly identity?: FatIdentity | undefined
}

/** Modes as Linux and everybody shows them. */
export const FILE_MODE = 0o644
export const READ_ONLY_MODE = 0o444
export const DIRECTORY_MODE = 0o755

export const FAT: Capabilities = {
  maxOwner: 0,
  modeOf: ({ kind, meta }) => {
    if (kind === 'directory') return DIRECTORY_MODE
    return (meta.mode & 0o200) === 0 ? READ_ONLY_MODE : FILE_MODE
  },
  time: { first: FIRST_TIME, last: LAST_TIME, step: 2_000_000_000, unset: true },
  xattr: () => false,
  symlinks: false,
  hardLinks: false,
  devices: () => false,
  fifos: false,
  sockets: false,
  holes: false,
  maxFile: 2 ** 32 - 1,
  anyBytes: false,
  maxPath: MAX_PATH,
  problemOfName: problemOfFatName,
}

/** A file or directory with its clusters: from `first` on, one behind the other; 0 where it has none. */
type Chain = {
  readonly inode: Directory | RegularFile
  readonly bytes: number
  first: number
  readonly parent: Chain | undefined
  /** Of a directory: what is in it, by name. */
  readonly below: Map<string, Chain>
}

export function writeFat(root: Directory, output: ImageOutput, options: FatOptions = {}): void {
  const tree = withoutRootTime(fitTree('fat', FAT, root, options.allowLoss ?? new Set()), options.allowLoss)
  requireDistinct(tree, '')
  const { identity } = options
  const label = options.label === undefined ? identity?.label : labelOf(options.label)
  const chains = chainsOf(tree, label)
  const [top, ...below] = chains as [Chain, ...Chain[]]
  const wanted = {
    chains: below.map(({ bytes }) => bytes),
    rootBytes: top.bytes,
    size: options.size ?? 0,
    width: options.width,
    clusterSize: options.clusterSize,
  }
  const before = {
    ...wanted,
    width: options.width ?? identity?.width,
    clusterSize: options.clusterSize ?? identity?.clusterSize,
  }
  const layout = planLayout(before) ?? planLayout(wanted)
  if (layout === undefined) {
    throw new ConfigError(
      'INEXPRESSIBLE',
      { words: '/' },
      'has more than a FAT of these sizes can hold',
      'give another --size, or another width or size of clusters',
    )
  }
  const inClusters = layout.width === 32 ? chains : below
  const used = numberClusters(inClusters, layout)
  const volumeId = options.volumeId ?? identity?.volumeId ?? idOf(chains)
  writeReserved(output, layout, { label, volumeId, used })
  for (let copy = 0; copy < 2; copy++)
    writeTable(
      output,
      layout,
      inClusters.map(({ first, bytes }) => [first, clustersOf(bytes, layout)]),
    )
  if (layout.width !== 32) {
    const bytes = encodeDirectory(top, label)
    output.write(bytes)
    output.zeroes(layout.rootSectors * SECTOR - bytes.length)
  }
  writeClusters(output, layout, inClusters, { label, progress: options.progress })
  output.zeroes(layout.sectors * SECTOR - output.position)
}

/** The root has no entry that could have a time. */
function withoutRootTime(root: Directory, allowed: WriteOptions['allowLoss']): Directory {
  if (root.meta.mtime.seconds !== 0 && allowed?.has('mtime') !== true) {
    throw new ConfigError(
      'INEXPRESSIBLE',
      { words: '/' },
      'fat cannot hold a time of the root',
      '--allow-loss mtime goes on without',
    )
  }
  return { ...root, meta: { ...root.meta, mtime: EPOCH } }
}

/** Names that differ in the case of letters only are one name. */
function requireDistinct(directory: Directory, path: string): void {
  const folded = new Map<string, string>()
  for (const [name, inode] of directory.entries) {
    const other = folded.get(foldCase(name))
    if (other !== undefined) {
      const advice = 'rename one of them, or choose another format than fat'
      throw new ConfigError(
        'INEXPRESSIBLE',
        { words: joinPath(path, name) },
        `differs from ${other} by the case of letters only`,
        advice,
      )
    }
    folded.set(foldCase(name), name)
    if (inode.kind === 'directory') requireDistinct(inode, joinPath(path, name))
  }
}

function labelOf(label: string | undefined): Uint8Array | undefined {
  if (label === undefined || label === '') return undefined
  const bytes = new TextEncoder().encode(label.toUpperCase().padEnd(11))
  if (bytes.length === 11 && /^[A-Z0-9 _-]+$/.test(label.toUpperCase())) return bytes
  throw new ConfigError(
    'BAD_VALUE',
    { words: `--label ${label}` },
    'is no label of FAT: at most eleven letters, digits, blanks, - and _',
  )
}

/** The root first, every directory before what is in it. */
function chainsOf(root: Directory, label: Uint8Array | undefined): Chain[] {
  const chains: Chain[] = []
  const add = (inode: Directory | RegularFile, parent: Chain | undefined): Chain => {
    const bytes = inode.kind === 'file' ? inode.content.size : directoryBytes(inode, parent === undefined, label)
    const chain: Chain = { inode, bytes, first: 0, parent, below: new Map() }
    chains.push(chain)
    if (inode.kind === 'directory') {
      for (const [name, child] of inode.entries) {
        if (child.kind === 'directory' || child.kind === 'file') chain.below.set(name, add(child, chain))
      }
    }
    return chain
  }
  add(root, undefined)
  return chains
}

function directoryBytes({ entries }: Directory, isRoot: boolean, label: Uint8Array | undefined): number {
  // Its label in the root; `.` and `..` in others.
  let count = isRoot ? Number(label !== undefined) : 2
  for (const name of entries.keys()) count += 1 + (shortNameOf(name) === undefined ? Math.ceil(name.length / 13) : 0)
  return count * ENTRY_SIZE
}

function clustersOf(bytes: number, { perCluster }: Layout): number {
  return Math.ceil(bytes / (perCluster * SECTOR))
}

/** Returns how many there are in use. A directory has one at least, an empty file none. */
function numberClusters(chains: readonly Chain[], layout: Layout): number {
  let next = 2
  for (const chain of chains) {
    const count = Math.max(clustersOf(chain.bytes, layout), chain.inode.kind === 'directory' ? 1 : 0)
    chain.first = count === 0 ? 0 : next
    next += count
  }
  return next - 2
}

type Volume = { readonly label: Uint8Array | undefined; readonly volumeId: number; readonly used: number }

function writeReserved(output: ImageOutput, layout: Layout, { label, volumeId, used }: Volume): void {
  const boot = encodeBoot(layout, label, volumeId)
  output.write(boot)
  if (layout.width !== 32) return
  const info = encodeInfo(layout.clusters - used, used + 2)
  output.write(info)
  // The copy of both lies six sectors on.
  output.zeroes(4 * SECTOR)
  output.write(boot)
  output.write(info)
  output.zeroes((layout.reserved - 8) * SECTOR)
}

type Contents = {
  readonly label: Uint8Array | undefined
  readonly progress: ((bytes: number) => void) | undefined
}

function writeClusters(
  output: ImageOutput,
  layout: Layout,
  chains: readonly Chain[],
  { label, progress }: Contents,
): void {
  const clusterSize = layout.perCluster * SECTOR
  const counted = countReads(progress)
  for (const chain of chains) {
    if (chain.first === 0) continue
    if (chain.inode.kind === 'directory') output.write(encodeDirectory(chain, label))
    else {
      copySource(counted(chain.inode.content), output)
    }
    const count = Math.max(1, clustersOf(chain.bytes, layout))
    output.zeroes(count * clusterSize - chain.bytes)
  }
}

function encodeDirectory(chain: Chain, label: Uint8Array | undefined): Uint8Array {
  const { parent, bytes, below } = chain
  const writer = new ByteWriter(bytes)
  const shorts = shortNames([...below.keys()])
  let at = 0
  const put = (entry: Uint8Array): void => {
    writer.put(at, entry)
    at += entry.length
  }
  if (parent === undefined) {
    if (label !== undefined) put(new ByteWriter(ENTRY_SIZE).put(0, label).u8(ENTRY.attributes, ATTRIBUTE.label).bytes)
  } else {
    put(encodeEntry(dots(1), chain))
    // The root is cluster 0 to those in it, whatever cluster it has.
    put(encodeEntry(dots(2), parent.parent === undefined ? { ...parent, first: 0 } : parent))
  }
  for (const [name, child] of below) {
    const short = shorts.get(name) as Uint8Array
    if (shortNameOf(name) === undefined) put(longEntries(name, short))
    put(encodeEntry(short, child))
  }
  return writer.bytes
}

function dots(count: number): Uint8Array {
  return new Uint8Array(11).fill(0x20).fill(0x2e, 0, count)
}

function encodeEntry(short: Uint8Array, { inode, first, bytes }: Chain): Uint8Array {
  const { date, time } = encodeTime(inode.meta.mtime.seconds)
  const readOnly = inode.kind === 'file' && inode.meta.mode === READ_ONLY_MODE ? ATTRIBUTE.readOnly : 0
  return new ByteWriter(ENTRY_SIZE)
    .put(ENTRY.name, short)
    .u8(ENTRY.attributes, inode.kind === 'directory' ? ATTRIBUTE.directory : readOnly)
    .u16(ENTRY.clusterHigh, first >>> 16)
    .u16(ENTRY.time, time)
    .u16(ENTRY.date, date)
    .u16(ENTRY.cluster, first & 0xffff)
    .u32(ENTRY.size, inode.kind === 'directory' ? 0 : bytes).bytes
}

/** Made of sizes and times: not of chance. */
function idOf(chains: readonly Chain[]): number {
  let hash = 0x811c9dc5
  for (const { inode, bytes } of chains) {
    for (const value of [bytes, inode.meta.mtime.seconds, inode.kind === 'directory' ? inode.entries.size : 0])
      hash = Math.imul(hash ^ value, 0x01000193)
  }
  return hash >>> 0
}

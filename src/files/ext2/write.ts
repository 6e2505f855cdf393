// Writes a tree as ext2, revision 1 with what every driver since the nineties knows (types in directories, few copies of the superblock), from
// the first byte to the last. No clock and no chance: equal trees are equal images. Pure.

import { ConfigError } from '../../base/errors.ts'
import { ByteWriter } from '../../base/writer.ts'
import { fitTree } from '../fit.ts'
import type { WriteOptions } from '../format.ts'
import type { Capabilities } from '../losses.ts'
import { byteLength, bytesOf, MAX_PATH, problemOfName } from '../name.ts'
import type { ImageOutput } from '../output.ts'
import type { Directory, Inode } from '../tree.ts'
import { canHold } from './attributes.ts'
import { DataStream } from './data-stream.ts'
import { FIRST_INODE, INODE_SIZE, ROOT_INODE } from './format.ts'
import { type Geometry, type Group, planGeometry } from './geometry.ts'
import { encodeInode } from './inode.ts'
import { chooseBlockSize, type Placed, placeTree } from './place.ts'
import { encodeDescriptors, encodeSuperblock, type Identity, type Usage } from './superblock.ts'

export type BlockSize = 1024 | 2048 | 4096

export type Ext2Options = WriteOptions & {
  /** Bytes: 1024, 2048 or 4096. The smallest that serves if not given. */
  readonly blockSize?: BlockSize | undefined
  /** What it is at least, where no size of blocks is given. */
  readonly leastBlockSize?: BlockSize | undefined
  /** Bytes that the image has at least: what is not used is free. */
  readonly size?: number | undefined
  readonly label?: string | undefined
  /** Sixteen bytes; made of the tree if not given, so that two images differ. */
  readonly uuid?: Uint8Array | undefined
}

const MAX_LABEL = 16 // bytes
/** What the first drivers could read. Bytes. */
const MAX_SMALL_FILE = 2 ** 31 - 1

export const EXT2: Capabilities = {
  maxOwner: 2 ** 32 - 1,
  modeOf: ({ meta }) => meta.mode,
  time: { first: -(2 ** 31), last: 2 ** 31 - 1, step: 1_000_000_000 },
  xattr: (name, length) => canHold(name) && length <= 4096,
  symlinks: true,
  hardLinks: true,
  devices: (major, minor) => major < 2 ** 12 && minor < 2 ** 20,
  fifos: true,
  sockets: true,
  holes: true,
  maxFile: 2 ** 41 - 1, // i_blocks counts 512 bytes in 32 bits
  anyBytes: true,
  maxPath: MAX_PATH,
  problemOfName,
}

export function writeExt2(root: Directory, output: ImageOutput, options: Ext2Options = {}): void {
  const tree = fitTree('ext2', EXT2, root, options.allowLoss ?? new Set())
  const blockSize = options.blockSize ?? Math.max(chooseBlockSize(tree), options.leastBlockSize ?? 0)
  const { placed, dataBlocks, root: whole } = placeTree(tree, blockSize)
  const inodes = FIRST_INODE - 2 + placed.length // the reserved ones, of which the root is one, and the others
  const geometry = planGeometry({ blockSize, dataBlocks, inodes, size: options.size ?? 0 })
  if (geometry === undefined)
    throw new ConfigError(
      'INEXPRESSIBLE',
      { words: '/' },
      'has more than an ext2 of such blocks can hold',
      'give a larger block size',
    )
  const identity = identityOf(whole, options)
  const numbers = new Map(placed.map(({ inode, number }) => [inode, number]))
  // A block of zeroes that belongs to no group: room for a boot sector.
  output.zeroes(geometry.firstBlock * blockSize)
  const data = new DataStream(placed, numbers, geometry, options.progress)
  const used = { inodes, dataBlocks }
  const usage = usageOf(placed, geometry, used)
  for (const group of geometry.groups) {
    writeGroupHead(output, geometry, group, { used, usage, identity })
    writeInodes(output, geometry, group, placed)
    data.writeTo(output, group.length - group.overhead)
  }
}

/** What has been handed out; always the first of all there are. */
type Used = { readonly inodes: number; readonly dataBlocks: number }

function usageOf(placed: readonly Placed[], geometry: Geometry, used: Used): Usage {
  const directories = directoriesPerGroup(placed, geometry)
  const groups = geometry.groups.map((group, i) => ({
    freeBlocks: group.length - usedBlocks(group, used),
    freeInodes: geometry.inodesPerGroup - usedInodes(geometry, group, used),
    directories: directories[i] as number,
  }))
  return {
    groups,
    freeBlocks: groups.reduce((sum, { freeBlocks }) => sum + freeBlocks, 0),
    freeInodes: groups.reduce((sum, { freeInodes }) => sum + freeInodes, 0),
    attributes: placed.some(({ attributes }) => attributes !== undefined),
    largeFiles: placed.some(({ size }) => size > MAX_SMALL_FILE),
  }
}

function directoriesPerGroup(placed: readonly Placed[], { groups, inodesPerGroup }: Geometry): readonly number[] {
  const counts = groups.map(() => 0)
  for (const { inode, number } of placed) {
    const group = Math.floor((number - 1) / inodesPerGroup)
    if (inode.kind === 'directory') counts[group] = (counts[group] as number) + 1
  }
  return counts
}

type Head = { readonly used: Used; readonly usage: Usage; readonly identity: Identity }

function writeGroupHead(output: ImageOutput, geometry: Geometry, group: Group, { used, usage, identity }: Head): void {
  const { blockSize, descriptorBlocks, inodesPerGroup } = geometry
  if (group.backup) {
    const superblock = encodeSuperblock(geometry, usage, identity, group.number)
    // The first one lies 1024 bytes into its block where blocks are larger.
    if (blockSize > 1024 && group.number === 0) output.zeroes(1024)
    output.write(superblock)
    output.zeroes(blockSize - superblock.length - (blockSize > 1024 && group.number === 0 ? 1024 : 0))
    const descriptors = encodeDescriptors(geometry, usage)
    output.write(descriptors)
    output.zeroes(descriptorBlocks * blockSize - descriptors.length)
  }
  output.write(bitmap(usedBlocks(group, used), group.length, blockSize))
  output.write(bitmap(usedInodes(geometry, group, used), inodesPerGroup, blockSize))
}

/** Everything is handed out in order, so what is used comes first. */
function usedBlocks(group: Group, { dataBlocks }: Used): number {
  return group.overhead + Math.min(group.length - group.overhead, Math.max(0, dataBlocks - group.firstData))
}

function usedInodes({ inodesPerGroup }: Geometry, { number }: Group, { inodes }: Used): number {
  return Math.min(inodesPerGroup, Math.max(0, inodes - number * inodesPerGroup))
}

/** The first `set` bits, and those beyond `length`, which stand for nothing. */
function bitmap(set: number, length: number, blockSize: number): Uint8Array {
  const bytes = new Uint8Array(blockSize)
  const fill = (from: number, to: number): void => {
    for (let bit = from; bit < to; bit++) bytes[bit >>> 3] = (bytes[bit >>> 3] as number) | (1 << (bit & 7))
  }
  fill(0, set)
  fill(length, blockSize * 8)
  return bytes
}

function writeInodes(output: ImageOutput, geometry: Geometry, { number }: Group, placed: readonly Placed[]): void {
  const { inodesPerGroup, tableBlocks, blockSize } = geometry
  const table = new ByteWriter(tableBlocks * blockSize)
  // Root has number 2 and is the first; those from 11 on follow in order.
  const from = number * inodesPerGroup
  for (let i = 0; i < inodesPerGroup; i++) {
    const wanted = from + i + 1
    const index = wanted === ROOT_INODE ? 0 : wanted - FIRST_INODE + 1
    const each = wanted === ROOT_INODE || wanted >= FIRST_INODE ? placed[index] : undefined
    if (each !== undefined) table.put(i * INODE_SIZE, encodeInode(each, geometry))
  }
  output.write(table.bytes)
}

function identityOf(root: Directory, { label = '', uuid }: Ext2Options): Identity {
  const bytes = bytesOf(label)
  if (bytes.length > MAX_LABEL) {
    throw new ConfigError(
      'BAD_VALUE',
      { words: `--label ${label}` },
      `has ${bytes.length} bytes, at most ${MAX_LABEL} are possible`,
    )
  }
  if (uuid !== undefined && uuid.length !== 16) throw new RangeError('a UUID has 16 bytes')
  return { label: bytes, uuid: uuid ?? uuidOf(root) }
}

/** Made of names, kinds and sizes: not of chance, and hardly ever that of another tree. The form is that of RFC 9562, version 8. */
function uuidOf(root: Directory): Uint8Array {
  const state = new Uint32Array([0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b])
  const mix = (value: number): void => {
    for (let i = 0; i < 4; i++) state[i] = Math.imul((state[i] as number) ^ (value + i), 0x01000193 + 2 * i)
  }
  const add = (name: string, inode: Inode): void => {
    for (let i = 0; i < name.length; i++) mix(name.charCodeAt(i))
    mix(inode.meta.mtime.seconds)
    mix(inode.kind === 'file' ? inode.content.size : byteLength(inode.kind))
    if (inode.kind === 'directory') for (const [below, child] of inode.entries) add(below, child)
  }
  add('', root)
  const bytes = new Uint8Array(state.buffer.slice(0))
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes
}

// The superblock and the group descriptors of an image that is written. Pure.

import { ByteWriter } from '../../base/writer.ts'
import {
  COMPATIBLE,
  DESCRIPTOR,
  DESCRIPTOR_SIZE,
  FIRST_INODE,
  INCOMPATIBLE,
  INODE_SIZE,
  MAGIC,
  READ_ONLY,
  SUPER,
  SUPERBLOCK_SIZE,
} from './format.ts'
import type { Geometry, Group } from './geometry.ts'

export type Identity = { readonly label: Uint8Array; readonly uuid: Uint8Array }

/** How much is used, of the whole image and of each group. */
export type Usage = {
  readonly freeBlocks: number
  readonly freeInodes: number
  readonly groups: readonly { readonly freeBlocks: number; readonly freeInodes: number; readonly directories: number }[]
  readonly attributes: boolean
  readonly largeFiles: boolean
}

const CLEAN = 1
const CONTINUE_ON_ERRORS = 1
const REVISION = 1
const NEVER = 0xffff // checked after so many mounts

export function encodeSuperblock(
  geometry: Geometry,
  usage: Usage,
  { label, uuid }: Identity,
  group: number,
): Uint8Array {
  const { blockSize, blocks, groups, inodesPerGroup, blocksPerGroup, firstBlock } = geometry
  const shift = Math.log2(blockSize) - 10
  return new ByteWriter(SUPERBLOCK_SIZE)
    .u32(SUPER.inodes, groups.length * inodesPerGroup)
    .u32(SUPER.blocks, blocks)
    .u32(SUPER.freeBlocks, usage.freeBlocks)
    .u32(SUPER.freeInodes, usage.freeInodes)
    .u32(SUPER.firstDataBlock, firstBlock)
    .u32(SUPER.blockShift, shift)
    .u32(SUPER.fragmentShift, shift)
    .u32(SUPER.blocksPerGroup, blocksPerGroup)
    .u32(SUPER.fragmentsPerGroup, blocksPerGroup)
    .u32(SUPER.inodesPerGroup, inodesPerGroup)
    .u16(SUPER.maxMounts, NEVER)
    .u16(SUPER.magic, MAGIC)
    .u16(SUPER.state, CLEAN)
    .u16(SUPER.errors, CONTINUE_ON_ERRORS)
    .u32(SUPER.revision, REVISION)
    .u32(SUPER.firstInode, FIRST_INODE)
    .u16(SUPER.inodeSize, INODE_SIZE)
    .u16(SUPER.group, group)
    .u32(SUPER.compatible, usage.attributes ? COMPATIBLE.extendedAttributes : 0)
    .u32(SUPER.incompatible, INCOMPATIBLE.fileType)
    .u32(SUPER.readOnly, READ_ONLY.sparseSuper | (usage.largeFiles ? READ_ONLY.largeFile : 0))
    .put(SUPER.uuid, uuid)
    .put(SUPER.label, label).bytes
}

export function encodeDescriptors({ groups, descriptorBlocks }: Geometry, usage: Usage): Uint8Array {
  const writer = new ByteWriter(groups.length * DESCRIPTOR_SIZE)
  groups.forEach((group, i) => {
    const at = i * DESCRIPTOR_SIZE
    const bitmaps = group.start + headOf(group, descriptorBlocks)
    const { freeBlocks, freeInodes, directories } = usage.groups[i] as Usage['groups'][number]
    writer
      .u32(at + DESCRIPTOR.blockBitmap, bitmaps)
      .u32(at + DESCRIPTOR.inodeBitmap, bitmaps + 1)
      .u32(at + DESCRIPTOR.inodeTable, bitmaps + 2)
      .u16(at + DESCRIPTOR.freeBlocks, freeBlocks)
      .u16(at + DESCRIPTOR.freeInodes, freeInodes)
      .u16(at + DESCRIPTOR.directories, directories)
  })
  return writer.bytes
}

/** Blocks of a group in front of its bitmaps. */
function headOf({ backup }: Group, descriptorBlocks: number): number {
  return backup ? 1 + descriptorBlocks : 0
}

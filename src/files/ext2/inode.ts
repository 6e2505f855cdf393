// An inode of an image that is written. Pure.

import { ByteWriter } from '../../base/writer.ts'
import { bitsOf } from '../mode-bits.ts'
import { bytesOf } from '../name.ts'
import { type BlockMap, mapBlocks } from './block-map.ts'
import { FAST_SYMLINK, INODE, INODE_SIZE } from './format.ts'
import { blockOf, type Geometry } from './geometry.ts'
import type { Placed } from './place.ts'

export function encodeInode(placed: Placed, geometry: Geometry): Uint8Array {
  const { inode, links, size, attributes } = placed
  const { mode, uid, gid, mtime } = inode.meta
  const sectors = (countBlocks(placed) * geometry.blockSize) / 512
  const writer = new ByteWriter(INODE_SIZE)
    .u16(INODE.mode, bitsOf(inode.kind) | mode)
    .u16(INODE.uid, uid & 0xffff)
    .u16(INODE.uidHigh, uid >>> 16)
    .u16(INODE.gid, gid & 0xffff)
    .u16(INODE.gidHigh, gid >>> 16)
    .u32(INODE.size, size % 2 ** 32)
    .u32(INODE.sizeHigh, inode.kind === 'file' ? Math.floor(size / 2 ** 32) : 0)
    .u32(INODE.atime, mtime.seconds >>> 0)
    .u32(INODE.ctime, mtime.seconds >>> 0)
    .u32(INODE.mtime, mtime.seconds >>> 0)
    .u16(INODE.links, links)
    .u32(INODE.sectors, sectors)
    .u32(INODE.attributes, attributes === undefined ? 0 : blockOf(geometry, attributes))
  putBlocks(writer, placed, geometry)
  return writer.bytes
}

export function mapOf({ runs, firstPointer }: Placed, { blockSize }: Geometry): BlockMap {
  return mapBlocks(runs, blockSize / 4, firstPointer)
}

function countBlocks({ runs, pointerBlocks, attributes }: Placed): number {
  return runs.reduce((sum, { length }) => sum + length, 0) + pointerBlocks + (attributes === undefined ? 0 : 1)
}

function putBlocks(writer: ByteWriter, placed: Placed, geometry: Geometry): void {
  const { inode } = placed
  if (inode.kind === 'symlink' && placed.size < FAST_SYMLINK) writer.put(INODE.blocks, bytesOf(inode.target))
  else if (inode.kind === 'block' || inode.kind === 'character') putDevice(writer, inode.major, inode.minor)
  else {
    mapOf(placed, geometry).inode.forEach((index, i) => {
      if (index !== undefined) writer.u32(INODE.blocks + i * 4, blockOf(geometry, index))
    })
  }
}

/** Small numbers as they have always been stored, others in the second word as Linux has them since 2.6. */
function putDevice(writer: ByteWriter, major: number, minor: number): void {
  if (major < 256 && minor < 256) writer.u32(INODE.blocks, (major << 8) | minor)
  else writer.u32(INODE.blocks + 4, ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0)
}

// The boot sector of a FAT image that is written, and FAT32's sector of free space. There is no program in it: who boots from it is told so. Pure.

import { ByteWriter } from '../../base/writer.ts'
import { BOOT, ENTRY_SIZE, EXTENDED, EXTENDED_SIGNATURE, extendedAt, SECTOR } from './format.ts'
import type { Layout } from './layout.ts'

const FIXED_DISK = 0xf8
const FIRST_DRIVE = 0x80
const NO_LABEL = new TextEncoder().encode('NO NAME    ')

/** Jumps to where it prints nothing and stops: `cli; hlt; jmp` behind the fields. */
const STOP = Uint8Array.of(0xfa, 0xf4, 0xeb, 0xfd)

export function encodeBoot(layout: Layout, label: Uint8Array | undefined, volumeId: number): Uint8Array {
  const { width, perCluster, reserved, tableSectors, rootSectors, sectors } = layout
  const is32 = width === 32
  const extended = extendedAt(width)
  const code = extended + 26
  const writer = new ByteWriter(SECTOR)
    .put(0, Uint8Array.of(0xeb, code - 2, 0x90))
    .put(3, new TextEncoder().encode('SLIPWAY '))
    .u16(BOOT.bytesPerSector, SECTOR)
    .u8(BOOT.sectorsPerCluster, perCluster)
    .u16(BOOT.reserved, reserved)
    .u8(BOOT.tables, 2)
    .u16(BOOT.rootEntries, (rootSectors * SECTOR) / ENTRY_SIZE)
    .u16(BOOT.sectors16, sectors < 0x10000 && !is32 ? sectors : 0)
    .u8(BOOT.media, FIXED_DISK)
    .u16(BOOT.tableSectors16, is32 ? 0 : tableSectors)
    .u16(BOOT.sectorsPerTrack, 63)
    .u16(BOOT.heads, 255)
    .u32(BOOT.sectors32, sectors < 0x10000 && !is32 ? 0 : sectors)
    .u8(extended + EXTENDED.drive, FIRST_DRIVE)
    .u8(extended + EXTENDED.signature, EXTENDED_SIGNATURE)
    .u32(extended + EXTENDED.volumeId, volumeId)
    .put(extended + EXTENDED.label, label ?? NO_LABEL)
    .put(extended + EXTENDED.type, new TextEncoder().encode(`FAT${width}   `))
    .put(code, STOP)
    .u16(BOOT.signature, 0xaa55)
  if (is32)
    writer
      .u32(BOOT.tableSectors32, tableSectors)
      .u32(BOOT.rootCluster, 2)
      .u16(BOOT.infoSector, 1)
      .u16(BOOT.backupSector, 6)
  return writer.bytes
}

export function encodeInfo(free: number, next: number): Uint8Array {
  return new ByteWriter(SECTOR)
    .u32(0, 0x41615252)
    .u32(484, 0x61417272)
    .u32(488, free)
    .u32(492, next)
    .u32(508, 0xaa550000).bytes
}

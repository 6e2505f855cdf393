// The structures of SquashFS 4.0: Linux, Documentation/filesystems/squashfs.rst and fs/squashfs/squashfs_fs.h as the definition of the numbers. Pure.

export const MAGIC = 0x73717368
export const SUPERBLOCK_SIZE = 96
/** Bytes of a metadata block before it is compressed. */
export const METADATA_SIZE = 8192
export const METADATA_PLAIN = 0x8000
/** In the size of a data block: it is stored as it is. */
export const DATA_PLAIN = 1 << 24
export const NO_FRAGMENT = 0xffffffff
export const NO_ATTRIBUTES = 0xffffffff
/** Where a table would begin that is not there. */
export const NO_TABLE = 0xffff_ffff_ffff_ffffn

export const SMALLEST_BLOCK = 4096
export const LARGEST_BLOCK = 1024 * 1024
export const DEFAULT_BLOCK = 128 * 1024

export const SUPER = {
  magic: 0,
  inodes: 4,
  time: 8,
  blockSize: 12,
  fragments: 16,
  compressor: 20,
  blockLog: 22,
  flags: 24,
  ids: 26,
  major: 28,
  minor: 30,
  root: 32,
  used: 40,
  idTable: 48,
  attributeTable: 56,
  inodeTable: 64,
  directoryTable: 72,
  fragmentTable: 80,
  exportTable: 88,
} as const

export const FLAG = { noFragments: 0x10, noDuplicates: 0x40, exportable: 0x80 } as const

export const COMPRESSORS = { gzip: 1, lzma: 2, lzo: 3, xz: 4, lz4: 5, zstd: 6 } as const

/** Of an inode: as it stands in directories, and with what the short form has no room for. */
export const TYPES = { directory: 1, file: 2, symlink: 3, block: 4, character: 5, fifo: 6, socket: 7 } as const
export const EXTENDED = 7

/** What all inodes begin with. */
export const INODE_HEADER = 16

export const ATTRIBUTE_PREFIXES: readonly string[] = ['user.', 'trusted.', 'security.']
/** The value lies elsewhere, where another name has it already. */
export const ATTRIBUTE_ELSEWHERE = 0x100

/** Entries of a directory that share one header. */
export const MAX_RUN = 256

/** Blocks of all files together, twelve bytes of memory each: two terabytes in blocks of the usual size. */
export const MAX_BLOCKS = 2 ** 24

/** Major and minor as Linux packs them into 32 bits. */
export function packDevice(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
}

export function unpackDevice(packed: number): { readonly major: number; readonly minor: number } {
  return { major: (packed >>> 8) & 0xfff, minor: (packed & 0xff) | ((packed >>> 12) & 0xfff00) }
}

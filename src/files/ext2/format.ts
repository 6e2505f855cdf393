// The on-disk structures of ext2: Linux, Documentation/filesystems/ext2.rst and ext4/ (globals, group_descr, inodes, directory, attributes). Pure.

export const MAGIC = 0xef53
export const SUPERBLOCK_AT = 1024
export const SUPERBLOCK_SIZE = 1024
export const DESCRIPTOR_SIZE = 32
/** Of revision 0; what we write. */
export const INODE_SIZE = 128
export const ROOT_INODE = 2
/** The first that is not reserved: where mke2fs puts lost+found. */
export const FIRST_INODE = 11
export const LOST_AND_FOUND = 'lost+found'

export const SUPER = {
  inodes: 0,
  blocks: 4,
  reservedBlocks: 8,
  freeBlocks: 12,
  freeInodes: 16,
  firstDataBlock: 20,
  blockShift: 24,
  fragmentShift: 28,
  blocksPerGroup: 32,
  fragmentsPerGroup: 36,
  inodesPerGroup: 40,
  writeTime: 48,
  maxMounts: 54,
  magic: 56,
  state: 58,
  errors: 60,
  revision: 76,
  firstInode: 84,
  inodeSize: 88,
  group: 90,
  compatible: 92,
  incompatible: 96,
  readOnly: 100,
  uuid: 104,
  label: 120,
  descriptorSize: 254,
} as const

export const DESCRIPTOR = {
  blockBitmap: 0,
  inodeBitmap: 4,
  inodeTable: 8,
  freeBlocks: 12,
  freeInodes: 14,
  directories: 16,
} as const

export const INODE = {
  mode: 0,
  uid: 2,
  size: 4,
  atime: 8,
  ctime: 12,
  mtime: 16,
  gid: 24,
  links: 26,
  sectors: 28,
  flags: 32,
  blocks: 40,
  attributes: 104,
  sizeHigh: 108,
  uidHigh: 120,
  gidHigh: 122,
} as const

/** Pointers in an inode, and which of them lead to blocks of pointers. */
export const DIRECT = 12
export const POINTERS = 15

export const COMPATIBLE = { journal: 0x4, extendedAttributes: 0x8 } as const
export const INCOMPATIBLE = {
  fileType: 0x2,
  recover: 0x4,
  extents: 0x40,
  manyBlocks: 0x80,
  flexibleGroups: 0x200,
} as const
export const READ_ONLY = { sparseSuper: 0x1, largeFile: 0x2 } as const

/** Bits of i_flags: how blocks are found, and what we cannot read. */
export const FLAG = { compressed: 0x4, encrypted: 0x800, extents: 0x80000, inlineData: 0x10000000 } as const

/** file_type of a directory entry, by kind. */
export const TYPES = { file: 1, directory: 2, character: 3, block: 4, fifo: 5, socket: 6, symlink: 7 } as const

/** Symbolic links shorter than this lie in the inode itself. */
export const FAST_SYMLINK = 60

/** Groups that have a copy of the superblock where not all have: 0, 1 and the powers of 3, 5 and 7. */
export function hasBackup(group: number): boolean {
  if (group <= 1) return true
  return [3, 5, 7].some((base) => {
    let power = base
    while (power < group) power *= base
    return power === group
  })
}

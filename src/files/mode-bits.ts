// The kind of an inode as Linux has it in st_mode (inode(7)): cpio, ext2, SquashFS and Rock Ridge all store it so. Pure.

import type { Kind } from './tree.ts'

const S_IFMT = 0o170000

const BITS: Readonly<Record<Kind, number>> = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
}
const KINDS = new Map(Object.entries(BITS).map(([kind, bits]) => [bits, kind as Kind]))

export function bitsOf(kind: Kind): number {
  return BITS[kind]
}

/** undefined for bits that mean nothing. */
export function kindOf(mode: number): Kind | undefined {
  return KINDS.get(mode & S_IFMT)
}

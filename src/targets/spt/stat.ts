// struct stat, as newfstat fills it on x86-64. Source: Linux, arch/x86/include/uapi/asm/stat.h. Pure.

/** Its size, and where the fields lie that records look at. */
export const STAT = {
  size: 144,
  device: 0,
  inode: 8,
  mode: 24,
  length: 48,
  modified: 88,
  modifiedNanoseconds: 96,
} as const

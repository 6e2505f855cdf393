// What Linux keeps of files and Node.js has no call for: extended attributes, device nodes, times to the nanosecond. Through the C library;
// paths are bytes, since names need not be UTF-8. Sources: xattr(7), mknod(2), utimensat(2).

import { systemError } from '../errors.ts'
import type { Library } from '../c-library.ts'

/** Each throws the system's error, as Node's own calls do. Links are not followed. */
export type FileCalls = {
  readonly listAttributes: (path: Buffer) => readonly string[]
  readonly readAttribute: (path: Buffer, name: string) => Uint8Array
  readonly writeAttribute: (path: Buffer, name: string, value: Uint8Array) => void
  /** `mode` with the bits of its kind. */
  readonly makeNode: (path: Buffer, mode: number, major: number, minor: number) => void
  readonly setTime: (path: Buffer, seconds: number, nanoseconds: number) => void
  /** Waits until everything of a descriptor's file system is on its disk. */
  readonly syncFileSystem: (descriptor: number) => void
}

const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const UTIME_OMIT = 0x3ffffffen
const EOPNOTSUPP = 95
/** XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux: what any list and any value fits into. */
const LARGEST = 65536

export function bindFileCalls(libc: Library, errno: () => number): FileCalls {
  const listxattr = libc.func('int64_t llistxattr(const void *path, void *list, size_t size)')
  const getxattr = libc.func('int64_t lgetxattr(const void *path, const char *name, void *value, size_t size)')
  const setxattr = libc.func(
    'int lsetxattr(const void *path, const char *name, const void *value, size_t size, int flags)',
  )
  const mknod = libc.func('int mknod(const void *path, unsigned int mode, uint64_t device)')
  const utimensat = libc.func('int utimensat(int directory, const void *path, const void *times, int flags)')
  const syncfs = libc.func('int syncfs(int fd)')
  const room = Buffer.alloc(LARGEST)

  const fail = (call: string): never => {
    throw systemError(call, errno())
  }
  return {
    listAttributes: (path) => {
      const length = Number(listxattr(terminated(path), room, LARGEST))
      // A file system without attributes has none.
      if (length < 0) return errno() === EOPNOTSUPP ? [] : fail('llistxattr')
      if (length === 0) return []
      return room
        .toString('utf8', 0, length)
        .split('\0')
        .filter((name) => name !== '')
    },
    readAttribute: (path, name) => {
      const length = Number(getxattr(terminated(path), name, room, LARGEST))
      return length < 0 ? fail('lgetxattr') : Uint8Array.from(room.subarray(0, length))
    },
    writeAttribute: (path, name, value) => {
      if ((setxattr(terminated(path), name, value, value.length, 0) as number) < 0) fail('lsetxattr')
    },
    makeNode: (path, mode, major, minor) => {
      if ((mknod(terminated(path), mode, deviceNumber(major, minor)) as number) < 0) fail('mknod')
    },
    setTime: (path, seconds, nanoseconds) => {
      // struct timespec twice: the time of access is left alone, that of modification set.
      const times = Buffer.alloc(32)
      times.writeBigInt64LE(UTIME_OMIT, 8)
      times.writeBigInt64LE(BigInt(seconds), 16)
      times.writeBigInt64LE(BigInt(nanoseconds), 24)
      if ((utimensat(AT_FDCWD, terminated(path), times, AT_SYMLINK_NOFOLLOW) as number) < 0) fail('utimensat')
    },
    syncFileSystem: (descriptor) => {
      if ((syncfs(descriptor) as number) < 0) fail('syncfs')
    },
  }
}

function terminated(path: Buffer): Buffer {
  return Buffer.concat([path, Buffer.of(0)])
}

/** As glibc's makedev puts them together. */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
}

// What Linux keeps of files and Node.js has no call for: extended attributes, device nodes, times to the nanosecond; and what is known of a file, for which
// Node's own call takes twice as long. Through the C library. Sources: xattr(7), statx(2), mknod(2), utimensat(2).

import { quote } from '../../base/quote.ts'
import { nameOf } from '../../files/name.ts'
import { systemError } from '../errors.ts'
import type { Library } from '../c-library.ts'
import { decodeStatx, type FileStatus, STATX_MASK, STATX_WORDS } from './file-status.ts'

/** Bytes where it is no UTF-8, as names of files need not be. */
export type Path = string | Buffer

/** What could not be done, put into words when it is wanted. */
export function problemOf(path: Path): () => string {
  return () => `cannot read ${quote(typeof path === 'string' ? path : nameOf(path))}`
}

/** Each throws the system's error, as Node's own calls do. Links are not followed. */
export type FileCalls = {
  /** undefined where it cannot be said: Node's own call knows why. */
  readonly status: (path: Path) => FileStatus | undefined
  readonly statusOf: (descriptor: number) => FileStatus | undefined
  readonly listAttributes: (path: Path) => readonly string[]
  readonly readAttribute: (path: Path, name: string) => Uint8Array
  readonly writeAttribute: (path: Path, name: string, value: Uint8Array) => void
  /** `mode` with the bits of its kind. */
  readonly makeNode: (path: Path, mode: number, major: number, minor: number) => void
  readonly setTime: (path: Path, seconds: number, nanoseconds: number) => void
  /** Waits until everything of a descriptor's file system is on its disk. */
  readonly syncFileSystem: (descriptor: number) => void
}

const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_EMPTY_PATH = 0x1000
const UTIME_OMIT = 0x3ffffffen
const ERANGE = 34
const EOPNOTSUPP = 95
/** XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux: what any list and any value fits into. */
const LARGEST = 65536
/** What nearly every list fits into: the kernel clears as much for each call as it is offered. */
const USUAL = 256

export function bindFileCalls(libc: Library, errno: () => number): FileCalls {
  const statx = bindStatx(libc)
  const listxattr = libc.func('int64_t llistxattr(const char *path, void *list, size_t size)')
  const getxattr = libc.func('int64_t lgetxattr(const char *path, const char *name, void *value, size_t size)')
  const setxattr = libc.func(
    'int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)',
  )
  const mknod = libc.func('int mknod(const char *path, unsigned int mode, uint64_t device)')
  const utimensat = libc.func('int utimensat(int directory, const char *path, const void *times, int flags)')
  const syncfs = libc.func('int syncfs(int fd)')
  const room = Buffer.alloc(LARGEST)
  const words = new Uint32Array(STATX_WORDS)

  const fail = (call: string): never => {
    throw systemError(call, errno())
  }
  const status = (directory: number, path: Path, flags: number): FileStatus | undefined =>
    statx?.(directory, path, flags, STATX_MASK, words) === 0 ? decodeStatx(words) : undefined
  return {
    status: (path) => status(AT_FDCWD, terminated(path), AT_SYMLINK_NOFOLLOW),
    statusOf: (descriptor) => status(descriptor, '', AT_EMPTY_PATH),
    listAttributes: (path) => {
      let length = Number(listxattr(terminated(path), room, USUAL))
      if (length < 0 && errno() === ERANGE) length = Number(listxattr(terminated(path), room, LARGEST))
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

/** Of all these, the one that a C library of some years ago has not. */
function bindStatx(libc: Library): ReturnType<Library['func']> | undefined {
  try {
    return libc.func('int statx(int directory, const char *path, int flags, unsigned int mask, void *status)')
  } catch {
    return undefined
  }
}

/** As C has it; strings get their NUL on the way. */
function terminated(path: Path): Path {
  return typeof path === 'string' ? path : Buffer.concat([path, Buffer.of(0)])
}

/** As glibc's makedev puts them together. */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
}

// The few C functions that Node.js has no equal of, through koffi, an optional dependency. Loaded only when one is wanted, because
// loading costs milliseconds and because everything has another way without it.

import type { KoffiFunc } from 'koffi'
import type { Library } from './c-library.ts'
import { bindSocketCalls, type SocketCalls } from './network/socket-calls.ts'
import { bindProcessCalls, type ProcessCalls } from './process-calls.ts'

export type Ffi = {
  /** Returns a descriptor, or -errno. */
  readonly memfdCreate: (name: string, flags: number) => number
  /** Whether the descriptor survives an exec; 0, or -errno. */
  readonly keepAcrossExec: (descriptor: number) => number
  /** Gives the file of a descriptor a name; 0, or -errno. */
  readonly linkDescriptor: (descriptor: number, path: string) => number
  /** A request without an argument; what it returns, or -errno. */
  readonly ioctl: (descriptor: number, request: number) => number
  /** Returns only when it failed: -errno. */
  readonly execve: (path: string, argv: readonly string[], env: readonly string[]) => number
  /** For descriptors that FFI has made: Node.js warns when one that it does not know is closed in one of its threads. */
  readonly close: (descriptor: number) => void
  /** Bound when they are first wanted, like the next. */
  readonly processes: () => ProcessCalls
  readonly sockets: () => SocketCalls
  /** More functions of the C library, for a part of Slipway that few commands need and that brings their declarations itself. */
  readonly bind: <T>(declare: (libc: Library, errno: () => number) => T) => T
}

const F_SETFD = 2
const AT_FDCWD = -100
const AT_SYMLINK_FOLLOW = 0x400

let loaded: Ffi | undefined | 'not yet' = 'not yet'

/** undefined where koffi is not installed or does not work on this machine. */
export function loadFfi(): Ffi | undefined {
  if (loaded === 'not yet') loaded = load()
  return loaded
}

function load(): Ffi | undefined {
  try {
    // require, because import() would start the machinery of ES modules first, for 3 ms.
    const { createRequire } = process.getBuiltinModule('node:module')
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
    const libc = koffi.load(null) // the C library that Node itself uses, glibc or musl
    const orErrno = (call: KoffiFunc<(...args: unknown[]) => unknown>, ...args: unknown[]): number => {
      const result = call(...args) as number
      return result < 0 ? -koffi.errno() : result
    }
    const memfd = libc.func('int memfd_create(const char *name, unsigned int flags)')
    const fcntl = libc.func('int fcntl(int fd, int command, ...)')
    const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)')
    const link = libc.func('int linkat(int from, const char *path, int to, const char *name, int flags)')
    const exec = libc.func('int execve(const char *path, const char **argv, const char **envp)')
    const closeDescriptor = libc.func('int close(int fd)')
    const close = (descriptor: number): void => void closeDescriptor(descriptor)
    let processes: ProcessCalls | undefined
    let sockets: SocketCalls | undefined
    return {
      bind: (declare) => declare(libc, () => koffi.errno()),
      processes: () => (processes ??= bindProcessCalls(libc, () => koffi.errno(), close)),
      sockets: () => (sockets ??= bindSocketCalls(koffi, libc)),
      close,
      memfdCreate: (name, flags) => orErrno(memfd, name, flags),
      keepAcrossExec: (descriptor) => orErrno(fcntl, descriptor, F_SETFD, 'int', 0),
      linkDescriptor: (descriptor, path) =>
        orErrno(link, AT_FDCWD, `/proc/self/fd/${descriptor}`, AT_FDCWD, path, AT_SYMLINK_FOLLOW),
      ioctl: (descriptor, request) => orErrno(ioctl, descriptor, request, 'long', 0),
      execve: (path, argv, env) => orErrno(exec, path, [...argv, null], [...env, null]),
    }
  } catch {
    return undefined
  }
}

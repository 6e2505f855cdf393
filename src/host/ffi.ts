// The few C functions that Node.js has no equal of, through koffi, an optional dependency. Loaded only when one is wanted, because
// loading costs milliseconds and because everything has another way without it.

import type { KoffiFunc } from 'koffi'

export type Ffi = {
  /** Returns a descriptor, or -errno. */
  readonly memfdCreate: (name: string, flags: number) => number
  /** Returns only when it failed: -errno. */
  readonly execve: (path: string, argv: readonly string[], env: readonly string[]) => number
}

let loaded: Ffi | undefined | 'not yet' = 'not yet'

/** undefined where koffi is not installed or does not work on this machine. */
export async function loadFfi(): Promise<Ffi | undefined> {
  if (loaded === 'not yet') loaded = await load()
  return loaded
}

async function load(): Promise<Ffi | undefined> {
  try {
    const module = await import('koffi')
    const koffi = 'default' in module ? module.default : module
    const libc = koffi.load(null) // the C library that Node itself uses, glibc or musl
    const orErrno = (call: KoffiFunc<(...args: unknown[]) => unknown>, ...args: unknown[]): number => {
      const result = call(...args) as number
      return result < 0 ? -koffi.errno() : result
    }
    const memfd = libc.func('int memfd_create(const char *name, unsigned int flags)')
    const exec = libc.func('int execve(const char *path, const char **argv, const char **envp)')
    return {
      memfdCreate: (name, flags) => orErrno(memfd, name, flags),
      execve: (path, argv, env) => orErrno(exec, path, [...argv, null], [...env, null]),
    }
  } catch {
    return undefined
  }
}

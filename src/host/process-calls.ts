// Starting a process and waiting for it, through the C library. Node's own way copies this process first and waits for the copy, which
// costs a busy machine several times as much; posix_spawn copies nothing.

import { systemError } from './errors.ts'
import type { Library } from './c-library.ts'

/** Each throws the system's error, as Node's own calls do. */
export type ProcessCalls = {
  /** A pipe's two ends, which no program inherits unless it is given them. */
  readonly pipe: () => readonly [reading: number, writing: number]
  /**
   * Starts a program with an empty environment and returns its number. Its descriptors, from 0 on, are those of this process that are
   * listed; others are inherited as far as they are marked for it.
   */
  readonly spawn: (path: string, argv: readonly string[], descriptors: readonly number[]) => number
  /** Waits for the end of a child that is as good as ended. */
  readonly wait: (pid: number) => ProcessEnd
}

/** One of the two. The signal is its number. */
export type ProcessEnd = { readonly status: number } | { readonly signal: number }

const O_CLOEXEC = 0x80000
const F_DUPFD_CLOEXEC = 1030
const EINTR = 4
const FILE_ACTIONS_SIZE = 512 // bytes; posix_spawn_file_actions_t has 80 in glibc and musl on x86-64 and aarch64

export function bindProcessCalls(
  libc: Library,
  errno: () => number,
  close: (descriptor: number) => void,
): ProcessCalls {
  const pipe2 = libc.func('int pipe2(void *ends, int flags)')
  const fcntl = libc.func('int fcntl(int fd, int command, ...)')
  const waitpid = libc.func('int waitpid(int pid, void *status, int options)')
  const initActions = libc.func('int posix_spawn_file_actions_init(void *actions)')
  const destroyActions = libc.func('int posix_spawn_file_actions_destroy(void *actions)')
  const addDup2 = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)')
  const posixSpawn = libc.func(
    'int posix_spawn(void *pid, const char *path, const void *actions, const void *attributes, const char **argv, const char **envp)',
  )

  const duplicate = (descriptor: number, least: number): number => {
    const copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 'int', least) as number
    if (copy < 0) throw systemError('fcntl', errno())
    return copy
  }
  const startWith = (path: string, argv: readonly string[], descriptors: readonly number[]): number => {
    const actions = Buffer.alloc(FILE_ACTIONS_SIZE)
    requireZero(initActions(actions) as number, 'posix_spawn_file_actions_init')
    try {
      for (const [to, from] of descriptors.entries()) {
        requireZero(addDup2(actions, from, to) as number, 'posix_spawn_file_actions_adddup2')
      }
      const pid = new Int32Array(1)
      requireZero(posixSpawn(pid, path, actions, null, [...argv, null], [null]) as number, 'posix_spawn')
      return pid[0] as number
    } finally {
      destroyActions(actions)
    }
  }

  return {
    pipe: () => {
      const ends = new Int32Array(2)
      if ((pipe2(ends, O_CLOEXEC) as number) < 0) throw systemError('pipe2', errno())
      return [ends[0] as number, ends[1] as number]
    },
    spawn: (path, argv, descriptors) => {
      const copies: number[] = []
      try {
        // Out of the way of the numbers that others become; and a descriptor that became itself would stay close-on-exec.
        const sources = descriptors.map((descriptor) => {
          if (descriptor >= descriptors.length) return descriptor
          const copy = duplicate(descriptor, descriptors.length)
          copies.push(copy)
          return copy
        })
        return startWith(path, argv, sources)
      } finally {
        for (const copy of copies) close(copy)
      }
    },
    wait: (pid) => {
      const status = new Int32Array(1)
      for (;;) {
        if ((waitpid(pid, status, 0) as number) === pid) return endOf(status[0] as number)
        const error = errno()
        if (error !== EINTR) throw systemError('waitpid', error)
      }
    },
  }
}

/** As WIFEXITED and the others of wait(2) take a status apart. */
function endOf(status: number): ProcessEnd {
  const signal = status & 0x7f
  return signal === 0 ? { status: (status >> 8) & 0xff } : { signal }
}

/** For functions that return an errno instead of setting it. */
function requireZero(errno: number, call: string): void {
  if (errno !== 0) throw systemError(call, errno)
}

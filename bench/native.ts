// Starts programs as cheaply as Linux can: posix_spawn and waitpid through koffi. glibc and musl start with vfork semantics, so the size
// of this process does not count, and nothing of Node's own bookkeeping is in the time.

import { openSync } from 'node:fs'
import { Lack } from './result.ts'

/** Path, arguments and standard output, laid out in memory beforehand. The environment is empty. */
export type Command = { readonly start: () => number }

export type Native = {
  /**
   * `words` are the program's name and its arguments. `stdout` is a descriptor; what the program prints goes nowhere if it is not
   * given.
   */
  readonly command: (path: string, words: readonly string[], stdout?: number) => Command
  /** The exit status; -signal if one ended the process. */
  readonly wait: (pid: number) => number
  /** What the process that was waited for last has had of a processor, itself and for its system calls, in microseconds. */
  readonly lastTimes: () => number
}

const RUSAGE_WORDS = 18 // struct rusage: two struct timeval, then 14 numbers
const FILE_ACTIONS_SIZE = 512 // bytes; posix_spawn_file_actions_t has 80 in glibc and musl on x86-64

/** Throws Lack where koffi is missing or does not load. */
export async function loadNative(): Promise<Native> {
  const koffi = await loadKoffi()
  const libc = koffi.load(null)
  const spawn = libc.func(
    'int posix_spawn(void *pid, const void *path, const void *actions, const void *attributes, const void *argv, const void *envp)',
  )
  const wait4 = libc.func('int wait4(int pid, void *status, int options, void *usage)')
  const initActions = libc.func('int posix_spawn_file_actions_init(void *actions)')
  const addDup2 = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)')

  const nowhere = openSync('/dev/null', 'w')
  const noEnvironment = BigUint64Array.of(0n)
  const pidOut = new Int32Array(1)
  const statusOut = new Int32Array(1)
  const usageOut = new BigInt64Array(RUSAGE_WORDS)

  return {
    command: (path, words, stdout = nowhere) => {
      // One buffer for all strings, because an address alone does not keep what it points to: `start` keeps all three.
      const text = Buffer.from([path, ...words, ''].join('\0'))
      const addresses: bigint[] = []
      let at = koffi.address(text) + BigInt(Buffer.byteLength(path) + 1)
      for (const word of words) {
        addresses.push(at)
        at += BigInt(Buffer.byteLength(word) + 1)
      }
      const argv = BigUint64Array.from([...addresses, 0n])
      const actions = Buffer.alloc(FILE_ACTIONS_SIZE)
      succeed(initActions(actions) as number, 'posix_spawn_file_actions_init')
      succeed(addDup2(actions, stdout, 1) as number, 'posix_spawn_file_actions_adddup2')
      return {
        start: () => {
          succeed(spawn(pidOut, text, actions, null, argv, noEnvironment) as number, `posix_spawn of ${path}`)
          return pidOut[0] as number
        },
      }
    },
    wait: (pid) => {
      const got = wait4(pid, statusOut, 0, usageOut) as number
      if (got !== pid) throw new Error(`wait4 of ${pid} returned ${got}`)
      const status = statusOut[0] as number
      return (status & 0x7f) === 0 ? (status >> 8) & 0xff : -(status & 0x7f) // WIFEXITED, WEXITSTATUS, WTERMSIG
    },
    lastTimes: () => {
      const [seconds = 0n, microseconds = 0n, systemSeconds = 0n, systemMicroseconds = 0n] = usageOut
      return Number((seconds + systemSeconds) * 1_000_000n + microseconds + systemMicroseconds)
    },
  }
}

async function loadKoffi() {
  try {
    const module = await import('koffi')
    return module.default
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new Lack(`koffi, an optional dependency, does not load (${reason}): npm install --include=optional`)
  }
}

function succeed(error: number, call: string): void {
  if (error !== 0) throw new Error(`${call} failed with errno ${error}`)
}

// What the system says when it refuses, in our words: a HostError with a code, the reason, and what to do where that is known.

import { getSystemErrorMap } from 'node:util'
import { HostError, type HostErrorCode, SlipwayError } from '../base/errors.ts'

type Reason = readonly [code: HostErrorCode, reason: string, advice?: string]

const REASONS: Readonly<Record<string, Reason>> = {
  ENOENT: ['NOT_FOUND', 'no such file or directory'],
  ENOTDIR: ['NOT_FOUND', 'a part of the path is not a directory'],
  ELOOP: ['NOT_FOUND', 'too many symbolic links'],
  ENAMETOOLONG: ['NOT_FOUND', 'the name is too long'],
  EACCES: ['NOT_PERMITTED', 'permission denied'],
  EPERM: ['NOT_PERMITTED', 'operation not permitted'],
  EROFS: ['NOT_PERMITTED', 'the file system is read-only'],
  EISDIR: ['NOT_A_FILE', 'it is a directory'],
  ENXIO: ['NOT_A_FILE', 'it is a socket or a device without a driver'],
  EEXIST: ['EXISTS', 'it exists already'],
  ENOSPC: ['EXHAUSTED', 'no space is left'],
  EDQUOT: ['EXHAUSTED', 'the disk quota is used up'],
  EFBIG: ['EXHAUSTED', 'files may not be that large here', 'see ulimit -f'],
  EMFILE: ['EXHAUSTED', 'too many open files in this process', 'raise it with ulimit -n, or start fewer at once'],
  ENFILE: ['EXHAUSTED', 'too many open files on this machine', 'see fs.file-max'],
  EAGAIN: ['EXHAUSTED', 'no more processes may be started', 'see ulimit -u, or start fewer at once'],
  ENOMEM: ['EXHAUSTED', 'no memory is left', 'see ulimit -v and vm.overcommit_memory'],
}

/** `problem` says what was wanted; the reason comes from the system's own error, which is kept as the cause. */
export function hostError(problem: string, cause: unknown, advice?: string): HostError {
  const system = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown reason'
  const [code, reason, usual]: Reason = REASONS[system] ?? ['IO', system]
  return new HostError(code, `${problem}: ${reason}`, { cause, advice: advice ?? usual })
}

/** Whether an error means that the machine or the process has run out of something, so that trying elsewhere is of no use. */
export function isExhausted(error: unknown): boolean {
  return REASONS[(error as NodeJS.ErrnoException | undefined)?.code ?? '']?.[0] === 'EXHAUSTED'
}

/**
 * Runs a system call of Node's and turns its error into ours; one that is ours already stays as it is. `problem` is a function where so many calls are made
 * that putting it into words for each would be felt.
 */
export function attempt<T>(problem: string | (() => string), act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof SlipwayError) throw error
    throw hostError(typeof problem === 'string' ? problem : problem(), error)
  }
}

/** An error as Node's own calls throw them, for one that a C function reported by its number. */
export function systemError(call: string, errno: number): Error {
  const [code = `errno ${errno}`] = getSystemErrorMap().get(-errno) ?? []
  return Object.assign(new Error(`${call}: ${code}`), { code })
}

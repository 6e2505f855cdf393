// Who holds a lock on a file, as /proc/locks lists them (proc_locks(5)).

import { readFileSync } from 'node:fs'
import { deviceNumbers } from './device-numbers.ts'
import { nameProcess, type ProcessName } from './process-name.ts'

/** Number, kind, strictness, access, process, then major and minor number in hexadecimal and the inode in decimal. */
const LINE = /^\d+: (POSIX|OFDLCK) +\S+ +(READ|WRITE) +(-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /gm

/** Empty where the lock belongs to no process in particular (one on an open file description). */
export type LockHolder = Partial<ProcessName>

/**
 * A lock that would keep a reader or writer of the file out, with its process where the kernel names one; undefined where there is none,
 * and where the list cannot be read: the launcher finds out for itself.
 */
export function conflictingLock(
  file: { readonly device: bigint; readonly inode: bigint },
  access: 'read' | 'write',
): LockHolder | undefined {
  let text: string
  try {
    text = readFileSync('/proc/locks', 'utf8')
  } catch {
    return undefined
  }
  const [wantedMajor, wantedMinor] = deviceNumbers(file.device)
  for (const [, , type, pid, major, minor, inode = '0'] of text.matchAll(LINE)) {
    if (BigInt(inode) !== file.inode || (access === 'read' && type === 'READ')) continue
    if (BigInt(`0x${major}`) !== wantedMajor || BigInt(`0x${minor}`) !== wantedMinor) continue
    return nameProcess(Number(pid)) ?? {}
  }
  return undefined
}

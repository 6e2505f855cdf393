// Local sockets as /proc/net/unix lists them (proc_pid_net(5)): of which type they are, and who listens where.

import { type BigIntStats, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { nameProcess, type ProcessName } from './process-name.ts'

/** SO_ACCEPTCON: the socket listens. */
const LISTENS = 0x10000

const TYPES: ReadonlyMap<string, SocketType> = new Map([
  ['0001', 'stream'],
  ['0002', 'dgram'],
  ['0005', 'seqpacket'],
])

export type SocketType = 'stream' | 'dgram' | 'seqpacket'

type Entry = {
  readonly flags: number
  readonly type: SocketType | undefined
  readonly inode: bigint
  readonly path: string
}

/** undefined for a socket that is not listed: no local one, or of another network namespace. */
export function typeOfSocket(inode: bigint): SocketType | undefined {
  return entries()?.find((entry) => entry.inode === inode)?.type
}

/** Of which type the socket is that listens at a path; undefined where none is listed, as for one of another network namespace. */
export function typeOfListener(path: string, stats: BigIntStats): SocketType | undefined {
  return entries()?.find((entry) => isListenerAt(entry, path, stats))?.type
}

/** Who listens at a path; undefined where the kernel does not tell us. */
export function listenerAt(path: string): ProcessName | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  const entry = stats === undefined ? undefined : entries()?.find((e) => isListenerAt(e, path, stats))
  return entry === undefined ? undefined : ownerOf(entry.inode)
}

function isListenerAt(entry: Entry, path: string, stats: BigIntStats): boolean {
  if ((entry.flags & LISTENS) === 0) return false
  if (entry.path === path) return true
  // The path is listed as it was bound: perhaps another name of the same socket, or relative to a directory that nobody can tell.
  if (!entry.path.startsWith('/')) return false
  const other = statSync(entry.path, { bigint: true, throwIfNoEntry: false })
  return other !== undefined && other.dev === stats.dev && other.ino === stats.ino
}

function entries(): readonly Entry[] | undefined {
  let text: string
  try {
    text = readFileSync('/proc/self/net/unix', 'utf8')
  } catch {
    return undefined
  }
  // Num RefCount Protocol Flags Type St Inode Path
  const lines = text.matchAll(/^\S+: \S+ \S+ ([0-9A-F]+) ([0-9A-F]+) \S+ +(\d+)(?: (.*))?$/gm)
  return Array.from(lines, ([, flags = '0', type = '', inode = '0', path = '']) => ({
    flags: Number.parseInt(flags, 16),
    type: TYPES.get(type),
    inode: BigInt(inode),
    path,
  }))
}

/** The first process that has the socket open, among those that we may look at. */
function ownerOf(inode: bigint): ProcessName | undefined {
  const wanted = `socket:[${inode}]`
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const open = readdirSync(`/proc/${pid}/fd`)
      if (open.some((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`) === wanted)) {
        return nameProcess(Number(pid))
      }
    } catch {
      // It has ended meanwhile, or is somebody else's.
    }
  }
  return undefined
}

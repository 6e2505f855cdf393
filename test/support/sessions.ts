// A process in a session of its own, and everybody in it: whoever it starts is known by that, also when it has gone itself.

import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const STARTER = join(import.meta.dirname, 'starter.mjs')

/** starter.mjs with an order for it. Its answers come out of `child.stdio[3]`. */
export function spawnStarter(
  library: string,
  order: unknown,
  { stdout, env = process.env }: { readonly stdout: number | 'ignore'; readonly env?: NodeJS.ProcessEnv },
): ChildProcess {
  const stdio: StdioOptions = ['pipe', stdout, 'inherit', 'pipe']
  return spawn(process.execPath, [STARTER, library, JSON.stringify(order)], { stdio, env, detached: true })
}

/** The processes of a session that have not ended, and their names. One that waits to be looked at by its parent has ended. */
export function processesOf(session: number): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    // The name is in brackets and may have any character in it; state, parent, group and session follow (proc_pid_stat(5)).
    const [, name = '', state, id] = /^\d+ \((.*)\) (\S) \S+ \S+ (\S+) /s.exec(statOf(pid)) ?? []
    if (Number(id) === session && state !== 'Z' && state !== 'X') found.set(Number(pid), name)
  }
  return found
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

// A child process with pipes to it: through FFI where that is loaded, since a fleet is started several times as fast by it, by Node.js else.

import { closeSync, constants, openSync } from 'node:fs'
import { constants as system } from 'node:os'
import type { Readable } from 'node:stream'
import { type Ffi, loadFfi } from './ffi.ts'
import type { ProcessEnd } from './process-calls.ts'

const STANDARD_ERROR = 2
const LINGER = 1000 // milliseconds

export type Exit = { readonly status: number | null; readonly signal: NodeJS.Signals | null }

export type Spawned = {
  readonly pid: number
  /** What comes out of the descriptors that are pipes, by their numbers in the child. */
  readonly pipes: ReadonlyMap<number, Readable>
  /** Fulfilled when the child has ended and all pipes have been read to their ends; rejects where somebody else has waited for it. */
  readonly exit: Promise<Exit>
  readonly kill: (signal: NodeJS.Signals) => void
}

/** What a descriptor of the child is: one of this process, a pipe to read from here, or nothing. */
export type Stream = number | 'pipe' | 'ignore'

/**
 * Starts a program under `name` and with an empty environment. `last` is the number of a pipe whose other end the child keeps open until
 * it ends. Throws, or rejects with, the system's error.
 */
export async function spawnProcess(
  path: string,
  name: string,
  streams: readonly Stream[],
  last: number,
): Promise<Spawned> {
  const ffi = loadFfi()
  return ffi === undefined ? await spawnByNode(path, name, streams) : spawnByFfi(ffi, path, name, streams, last)
}

/** Exported for tests, like the one below: which of them is taken depends on the machine. */
export function spawnByFfi(ffi: Ffi, path: string, name: string, streams: readonly Stream[], last: number): Spawned {
  const calls = ffi.processes()
  const reading = new Map<number, number>()
  const closers: (() => void)[] = [] // for what is the child's alone
  let pid: number
  try {
    const descriptors = streams.map((stream, to) => {
      if (typeof stream === 'number') return stream
      if (stream === 'ignore') {
        const nothing = openSync('/dev/null', constants.O_RDWR)
        closers.push(() => closeSync(nothing))
        return nothing
      }
      const [mine, theirs] = calls.pipe()
      reading.set(to, mine)
      closers.push(() => ffi.close(theirs))
      return theirs
    })
    pid = calls.spawn(path, [name], descriptors)
  } catch (error) {
    for (const descriptor of reading.values()) ffi.close(descriptor)
    throw error
  } finally {
    for (const close of closers) close()
  }
  const { Socket } = process.getBuiltinModule('node:net')
  const pipes = new Map([...reading].map(([to, fd]) => [to, new Socket({ fd, readable: true, writable: false })]))
  const closed = [...pipes].map(
    ([to, pipe]) => [to, new Promise<void>((resolve) => pipe.once('close', resolve))] as const,
  )
  let over = false
  // There is no signal to wait for that Node.js would not take for its own children's, so the pipe says when it is time to look.
  const end = new Map(closed).get(last)?.then(() => {
    over = true // from here on, the number may be somebody else's
    return exitOf(calls.wait(pid))
  })
  if (end === undefined) throw new TypeError(`descriptor ${last} is no pipe`)
  const errors = pipes.get(STANDARD_ERROR)
  if (errors !== undefined)
    void end.then(
      () => dropLater(errors),
      () => {},
    )
  return {
    pid,
    pipes,
    exit: Promise.all([end, ...closed.map(([, promise]) => promise)]).then(([exit]) => exit),
    kill: (signal) => {
      if (!over) process.kill(pid, signal)
    },
  }
}

/** Its watcher ends with a guest, unless somebody has stopped it: then nobody waits for what it might still say. */
function dropLater(errors: Readable): void {
  const timer = setTimeout(() => errors.destroy(), LINGER)
  errors.once('close', () => clearTimeout(timer))
}

function exitOf(end: ProcessEnd): Exit {
  if ('status' in end) return { status: end.status, signal: null }
  const [name] = Object.entries(system.signals).find(([, number]) => number === end.signal) ?? []
  return { status: null, signal: (name ?? `SIG${end.signal}`) as NodeJS.Signals }
}

export async function spawnByNode(path: string, name: string, streams: readonly Stream[]): Promise<Spawned> {
  // Loaded here, because it brings Node's whole network with it and a guest that needs no parent needs none of that.
  const { spawn } = await import('node:child_process')
  const child = spawn(path, [], { argv0: name, env: {}, stdio: [...streams] })
  return await new Promise((resolve, reject) => {
    // A permanent listener: a later kill that fails is an 'error' event too, and without one it would end this process.
    child.on('error', reject)
    child.once('spawn', () => {
      const pipes = streams.flatMap((stream, to) =>
        stream === 'pipe' ? [[to, child.stdio[to] as Readable] as const] : [],
      )
      const exit = new Promise<Exit>((settle) => {
        child.once('close', (status, signal) => settle({ status, signal }))
        const errors = child.stderr
        if (errors !== null) child.once('exit', () => dropLater(errors))
      })
      resolve({ pid: child.pid as number, pipes: new Map(pipes), exit, kill: (signal) => void child.kill(signal) })
    })
  })
}

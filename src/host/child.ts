// A launcher as a child of this process, for whatever needs a parent: a timeout, a filtered console, a library call.

import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { hostError } from './errors.ts'

/** Descriptors of the child: 0 to 2 are standard, then these two, then those that its net devices inherit. */
export const STATUS_DESCRIPTOR = 3
export const ARTEFACT_DESCRIPTOR = 4
export const FIRST_INHERITED = 5

export type Child = {
  readonly pid: number
  /** The guest's console, where it is piped. */
  readonly console: Readable | undefined
  /** Fulfilled when the launcher says that the guest is about to be entered; false when it ends before. */
  readonly entered: Promise<boolean>
  /** Fulfilled when the child has ended and everything it wrote has been read. */
  readonly ended: Promise<ChildEnd>
  readonly kill: (signal: `SIG${string}`) => void
}

export type ChildEnd = {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  /** The launcher said that the guest was about to be entered. */
  readonly entered: boolean
  /** The launcher reported a failed record; `message` is what it said. */
  readonly failed: boolean
  readonly message: string
}

const MAX_MESSAGE = 64 * 1024 // characters: a launcher writes one line, a guest cannot write there at all

/** Starts the executable at `path`. Standard input is inherited; the console is inherited, piped or dropped. */
export async function startChild(
  path: string,
  options: { name: string; artefact: number; console: 'inherit' | 'pipe' | 'ignore'; inherited: readonly number[] },
): Promise<Child> {
  // Loaded here, because it brings Node's whole network with it and a guest that needs no parent needs none of that.
  const { spawn } = await import('node:child_process')
  const child = spawn(path, [], {
    argv0: options.name,
    env: {},
    stdio: ['inherit', options.console, 'pipe', 'pipe', options.artefact, ...options.inherited],
  })
  return await new Promise((resolve, reject) => {
    // A permanent listener: a later kill that fails is an 'error' event too, and without one it would end this process.
    child.on('error', (error) => reject(hostError('cannot start the launcher', error)))
    child.once('spawn', () => resolve(follow(child)))
  })
}

function follow(child: ChildProcess): Child {
  const letters = collect(child.stdio[STATUS_DESCRIPTOR] as Readable)
  const errors = collect(child.stderr as Readable)
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('close', (status, signal) => {
      const said = letters.text()
      resolve({ status, signal, entered: said.includes('E'), failed: said.includes('F'), message: errors.text() })
    })
  })
  return {
    pid: child.pid as number,
    console: child.stdout ?? undefined,
    entered: Promise.race([
      letters.first.then((text) => text.startsWith('E')),
      ended.then(() => letters.text().startsWith('E')),
    ]),
    ended,
    kill: (signal) => {
      child.kill(signal as NodeJS.Signals)
    },
  }
}

function collect(stream: Readable): { readonly text: () => string; readonly first: Promise<string> } {
  let text = ''
  stream.setEncoding('utf8')
  const first = new Promise<string>((resolve) => {
    stream.on('data', (chunk: string) => {
      if (text.length < MAX_MESSAGE) text += chunk
      resolve(text)
    })
  })
  return { text: () => text, first }
}

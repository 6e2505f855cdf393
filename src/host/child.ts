// A launcher as a child of this process, for whatever needs a parent: a timeout, a filtered console, a library call.

import type { Readable } from 'node:stream'
import { hostError } from './errors.ts'
import type { Exit, Spawned } from './spawn.ts'

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
  /** Fulfilled when the child has ended and everything it wrote has been read; rejects with HostError when somebody else has waited for it. */
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
  const { name, artefact, console, inherited } = options
  const streams = [0, console === 'inherit' ? 1 : console, 'pipe', 'pipe', artefact, ...inherited] as const
  const { spawnProcess } = await import('./spawn.ts') // a guest that needs no parent needs none of it
  try {
    return follow(await spawnProcess(path, name, streams, STATUS_DESCRIPTOR))
  } catch (error) {
    throw hostError('cannot start the launcher', error)
  }
}

function follow({ pid, pipes, exit, kill }: Spawned): Child {
  const letters = collect(pipes.get(STATUS_DESCRIPTOR) as Readable)
  const errors = collect(pipes.get(2) as Readable)
  const endOf = ({ status, signal }: Exit): ChildEnd => {
    const said = letters.text()
    return { status, signal, entered: said.includes('E'), failed: said.includes('F'), message: errors.text() }
  }
  const ended = exit.then(endOf, (error: unknown) => {
    throw hostError('how the guest ended is not known', error, 'leave waiting for children to Slipway and to Node.js')
  })
  const wasEntered = (): boolean => letters.text().startsWith('E')
  return {
    pid,
    console: pipes.get(1),
    entered: Promise.race([letters.first.then((text) => text.startsWith('E')), ended.then(wasEntered, wasEntered)]),
    ended,
    kill: (signal) => kill(signal as NodeJS.Signals),
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

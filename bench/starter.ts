// test/support/starter.mjs as a bench talks with it: a process of its own, so that the bench's size is not measured, which starts guests by
// the library as it is shipped.

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { spawnStarter } from '../test/support/sessions.ts'
import { Lack } from './result.ts'
import { ROOT } from './row.ts'

export type Starter = {
  readonly pid: number
  /** Lets it do what it was ordered once more, and gives its answer. */
  readonly next: () => Promise<unknown>
  /** Its last answer, if there is one, after telling it that there is no more to do, and its end. */
  readonly finish: () => Promise<unknown>
  readonly kill: () => void
}

/** The library as it is shipped. Throws Lack where it has not been built. */
export function builtLibrary(): string {
  const path = join(ROOT, 'dist', 'index.js')
  if (!existsSync(path)) throw new Lack(`${path} is not there: npm run build`)
  return path
}

/** Throws Lack without a built library. */
export function startStarter(order: unknown, stdout: number | 'ignore'): Starter {
  const child = spawnStarter(builtLibrary(), order, { stdout })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    return done === true ? undefined : JSON.parse(value)
  }
  return {
    pid: child.pid as number,
    next: async () => {
      child.stdin?.write('\n')
      const said = await answer()
      if (said === undefined) throw new Error('the process that starts guests has ended')
      return said
    },
    finish: async () => {
      child.stdin?.end()
      const said = await answer()
      await ended
      return said
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

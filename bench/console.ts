// What a write to its console costs a guest, beside the same code without a launcher and a filter: into nothing, and into a pipe whose reader
// keeps up.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Calls, guestCalls, plainCalls, ratioOf, timeCalls } from './calls.ts'
import { compileCalls, compilePlain } from './compiled.ts'
import { loadNative } from './native.ts'
import { Lack, type Result } from './result.ts'
import type { Bench, Row } from './row.ts'

const ROUNDS = 60
const SIZES = [64, 4096]

export const console: Row = { name: 'console', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const native = await loadNative()
  const { path: directory } = scratch
  const [guest, plain] = [compileCalls(directory, 0), compilePlain(directory, 'calls')]
  const pipe = openDrainedPipe(join(directory, 'console'))
  try {
    const results: Result[] = []
    for (const [sink, stdout] of [['nothing', undefined] as const, ['a pipe', pipe.descriptor] as const]) {
      const cases = SIZES.map((size): Calls => {
        const words = (count: number): string[] => ['console', `${size}`, `${count}`]
        return { name: `${size} bytes into ${sink}`, words, ...(stdout !== undefined && { stdout }) }
      })
      const programs = cases.flatMap((calls) => [...guestCalls(guest, directory, calls), ...plainCalls(plain, calls)])
      const passes = await timeCalls(native, programs, effort(ROUNDS))
      for (const { name } of cases) {
        results.push(ratioOf(passes, `${name}, guest / plain program`, `guest ${name}`, `plain ${name}`))
      }
    }
    return results
  } finally {
    await pipe.close()
  }
}

/** The writing end of a pipe (Node's own are sockets) that somebody else empties. */
function openDrainedPipe(path: string): { readonly descriptor: number; readonly close: () => Promise<void> } {
  if (spawnSync('mkfifo', [path]).status !== 0) throw new Lack('a FIFO cannot be made: apt-get install coreutils')
  const descriptor = openSync(path, constants.O_RDWR) // waits for nobody, and the reader sees no end before it is closed
  const reader = spawn('cat', [path], { stdio: 'ignore' })
  const ended = once(reader, 'exit')
  return {
    descriptor,
    close: async () => {
      closeSync(descriptor)
      reader.kill() // it may not even have opened the pipe yet
      await ended
    },
  }
}

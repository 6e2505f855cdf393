// What another program hands us: standard input, pipes and files alike, up to a limit.

import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { HostError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { attempt } from './errors.ts'
import { pause } from './streams.ts'

const WINDOW = 64 * 1024 // bytes

/** All of a file; of standard input where the path is `-`. Throws HostError: EXHAUSTED for more than `most` bytes, else what the system says. */
export function readInput(path: string, most: number): Uint8Array {
  const problem = `cannot read ${path === '-' ? 'standard input' : quote(path)}`
  const descriptor = path === '-' ? 0 : attempt(problem, () => openSync(path, 'r'))
  try {
    const chunks: Uint8Array[] = []
    for (let total = 0; ; ) {
      const chunk = attempt(problem, () => readSome(descriptor))
      if (chunk.length === 0) return Uint8Array.from(Buffer.concat(chunks))
      chunks.push(chunk)
      total += chunk.length
      if (total > most) throw new HostError('EXHAUSTED', `${problem}: it has more than ${formatSize(most)}`)
    }
  } finally {
    if (path !== '-') closeSync(descriptor)
  }
}

/** Whether it can be read once only, as it comes: standard input (`-`), a pipe, such as a shell's `<(…)`. Does not open it. */
export function isStream(path: string): boolean {
  if (path === '-') return true
  return attempt(`cannot read ${quote(path)}`, () => statSync(path, { throwIfNoEntry: false }))?.isFIFO() ?? false
}

/** Nothing at the end. A terminal or a pipe that somebody left non-blocking is waited for. */
function readSome(descriptor: number): Uint8Array {
  const bytes = new Uint8Array(WINDOW)
  for (;;) {
    try {
      return bytes.subarray(0, readSync(descriptor, bytes, 0, WINDOW, null))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      pause()
    }
  }
}

// Standard streams without Node's own objects for them. Making those changes descriptors that a guest may inherit: process.stdout makes
// pipes non-blocking, and a guest ignores the results of its console writes.

import { writeSync } from 'node:fs'

const PAUSE = 5 // ms between attempts at a full, non-blocking pipe
const MAX_PAUSES_FOR_ERRORS = 200 // one second: an error message must not keep a process alive

/** Writes all of it, however slow the reader is. Throws the system's error: EPIPE where the reader is gone. */
export function writeOut(text: string | Uint8Array): void {
  writeFully(1, text, Number.POSITIVE_INFINITY)
}

/** Written at once, so that it is out even if the process is about to end or to become something else. */
export function writeError(text: string): void {
  try {
    writeFully(2, text, MAX_PAUSES_FOR_ERRORS)
  } catch {
    // Nobody reads our errors: there is nobody to tell that to.
  }
}

function writeFully(descriptor: number, text: string | Uint8Array, maxPauses: number): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let pauses = 0
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(descriptor, bytes, done)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++pauses > maxPauses) throw error
      pause()
    }
  }
}

/** Waits a moment, where the other end of a non-blocking descriptor is not ready. */
export function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
}

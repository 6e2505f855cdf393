// Standard streams without Node's own objects for them. Making those changes descriptors that a guest may inherit: process.stdout makes
// pipes non-blocking, and a guest ignores the results of its console writes.

import { writeSync } from 'node:fs'

/** Written at once, so that it is out even if the process is about to end or to become something else. */
export function writeNow(descriptor: 1 | 2, text: string): void {
  try {
    writeSync(descriptor, text)
  } catch {
    // Nobody reads it: there is nobody to tell that to.
  }
}

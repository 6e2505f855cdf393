// All of some bytes into a descriptor, however little the system takes at once.

import { writeSync } from 'node:fs'

/** Where the descriptor stands, or from `at` on where that is given. Throws the system's error. */
export function writeAll(descriptor: number, bytes: Uint8Array, at?: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, at === undefined ? null : at + done)
  }
}

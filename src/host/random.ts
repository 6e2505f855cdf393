// Random bytes, without the milliseconds that node:crypto takes to load.

import { closeSync, openSync, readSync } from 'node:fs'
import { attempt } from './errors.ts'

/** At most 256, which the kernel gives at once. Throws HostError where there is no /dev/urandom. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  attempt('cannot read /dev/urandom', () => {
    const descriptor = openSync('/dev/urandom', 'r')
    try {
      readSync(descriptor, bytes)
    } finally {
      closeSync(descriptor)
    }
  })
  return bytes
}

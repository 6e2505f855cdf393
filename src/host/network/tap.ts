// A TAP interface as our end of a line: what is on the machine's side of it then is the guest.

import { closeSync, constants, openSync } from 'node:fs'
import { HostError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { hostError, systemError } from '../errors.ts'
import { loadFfi } from '../ffi.ts'

/** Its descriptor. The interface is made where there is none, and then goes with the descriptor. Throws HostError. */
export function openTap(name: string): number {
  const calls = loadFfi()?.sockets()
  const problem = `cannot use the TAP interface ${quote(name)}`
  if (calls === undefined) {
    throw new HostError('UNSUPPORTED_HOST', `${problem}: FFI does not load`, {
      advice: 'npm install --include=optional',
    })
  }
  let descriptor: number
  try {
    descriptor = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK)
  } catch (error) {
    throw hostError(`${problem}: opening /dev/net/tun failed`, error)
  }
  const result = calls.attachTap(descriptor, name)
  if (result === 0) return descriptor
  closeSync(descriptor)
  throw hostError(problem, systemError('ioctl', -result), 'it must be yours, and nobody else may use it')
}

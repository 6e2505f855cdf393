// Images that somebody else uses. The launcher takes the locks, but cannot say who has them.

import { HostError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { conflictingLock } from '../host/locks.ts'
import type { Plan } from '../wiring/plan.ts'

/** Throws HostError IN_USE, with the process where the kernel names one. */
export function requireFree({ devices }: Plan): void {
  for (const device of devices) {
    if (device.type !== 'block' || device.form === 'baked') continue
    // Those who share lock as readers do.
    const holder = conflictingLock(device.identity, device.readOnly || device.share ? 'read' : 'write')
    if (holder === undefined) continue
    const who = holder.pid === undefined ? 'another process' : `process ${holder.pid}, ${quote(holder.name ?? '')}`
    throw new HostError('IN_USE', `block device ${quote(device.name)}: ${quote(device.path)} is used by ${who}`, {
      advice:
        'end that one first; ,share behind the path is for several that agree about writing, and all of them need it',
    })
  }
}

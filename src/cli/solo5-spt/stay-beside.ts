// A guest beside this process, where Node.js can neither exec nor load FFI, or the kernel has no name by which it could be opened again.

import { writeError } from '../../host/streams.ts'
import type { GuestOptions } from '../../run/prepare.ts'
import { start } from '../../run/run.ts'
import { exitStatus, passSignalsOn } from '../guest-child.ts'

/** Runs it to its end and returns the status to end with: its own, or 128 and the number of the signal that ended it. */
export async function stayBeside(kernel: string, options: GuestOptions): Promise<number> {
  const signals = passSignalsOn() // before the guest exists, or one that comes in its first moments would end us instead
  try {
    const instance = await start(kernel, options)
    signals.to(instance)
    const outcome = await instance.outcome
    if (outcome.kind === 'killed' && outcome.reason !== undefined) writeError(`slipway: ${outcome.reason}\n`)
    return exitStatus(outcome)
  } finally {
    signals.release()
  }
}

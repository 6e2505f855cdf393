// Private copies of what is baked in, for devices that a guest shall write to: made before it starts, where they do not exist yet.

import { HostError, WiringError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { createFileOf } from '../host/create-file.ts'
import type { PlannedDisk } from '../wiring/devices.ts'
import type { Plan } from '../wiring/plan.ts'
import { type GuestOptions, prepare, type Prepared } from './prepare.ts'

/** Everything is checked and planned, but for copies that do not exist; so they are made, and planned with. Throws as `prepare` does. */
export function prepareToRun(path: string, options: GuestOptions): Prepared {
  const prepared = prepare(path, options)
  const missing = copiesIn(prepared.plan)
  if (missing.length === 0) return prepared
  try {
    for (const copy of missing) make(prepared, copy)
  } finally {
    prepared.file.close()
  }
  return prepare(path, options)
}

/** A launcher that is kept can make nothing. Throws WiringError UNSUITED. */
export function requireNothingToMake(plan: Plan): void {
  const [first] = copiesIn(plan)
  if (first === undefined) return
  const problem = `block device ${quote(first.name)}: ${quote(first.path)} does not exist, and a launcher that is kept makes no copies`
  throw new WiringError('UNSUITED', problem, `make it first: slipway fs cat 'ARTEFACT!${first.name}' > FILE`)
}

type Copy = PlannedDisk & { readonly madeOf: NonNullable<PlannedDisk['madeOf']> }

function copiesIn({ devices }: Plan): readonly Copy[] {
  return devices.filter(
    (device): device is Copy => device.type === 'block' && device.form !== 'baked' && device.madeOf !== undefined,
  )
}

function make({ file }: Prepared, { path, madeOf }: Copy): void {
  try {
    createFileOf(path, file, madeOf)
  } catch (error) {
    // Somebody else made it meanwhile: then that is the one.
    if (!(error instanceof HostError) || error.code !== 'EXISTS') throw error
  }
}

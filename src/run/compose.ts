// Launchers to keep: an artefact composed into one executable, in memory or as a file.

import { joinParts } from '../base/file-parts.ts'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { isSameFile } from '../host/files.ts'
import type { Plan } from '../wiring/plan.ts'
import { replaceFile } from '../host/replace-file.ts'
import { writeParts } from '../host/launcher-file.ts'
import type { LauncherFile } from '../launcher/launcher.ts'
import { composeSpt } from '../targets/spt/launcher.ts'
import { withBakedConfig } from './baked-config.ts'
import { requireNothingToMake } from './baked-copies.ts'
import { type GuestOptions, prepare, type Prepared } from './prepare.ts'

/** Above this, a launcher is written to a file piece by piece instead of being held in memory. */
const MAX_IN_MEMORY = 2 ** 31 // bytes

/**
 * The launcher as bytes: write them to a file, make it executable, run it. Throws as `run` does, and RangeError beyond 2 GiB.
 *
 * @example
 * ```ts
 * const launcher = compose('guests/prebuilt/hello.spt', { args: ['a', 'b'] })
 * String.fromCharCode(...launcher.subarray(1, 4)) // "ELF"
 * ```
 */
export function compose(path: string, options: GuestOptions = {}): Uint8Array {
  return withLauncher(path, options, (launcher, source) => {
    if (launcher.size > MAX_IN_MEMORY) throw new RangeError(`a launcher of ${launcher.size} bytes: use composeToFile`)
    return joinParts(launcher, source)
  })
}

/** The launcher as an executable file; one that exists is replaced in one step, and nothing partial is ever under that name. */
export function composeToFile(path: string, output: string, options: GuestOptions = {}): void {
  withLauncher(path, options, (launcher, source, { plan, told }) => {
    requireOtherFile(output, plan)
    // Whoever can read a launcher can read the secrets in it.
    const mode = told?.secret === true ? 0o700 : 0o755
    replaceFile(output, mode, (descriptor) => writeParts(descriptor, launcher, source))
  })
}

function withLauncher<T>(
  path: string,
  options: GuestOptions,
  use: (launcher: LauncherFile, source: Source, prepared: Prepared) => T,
): T {
  const prepared = prepare(path, withBakedConfig(path, options), true)
  requireNothingToMake(prepared.plan)
  const { plan, file } = prepared
  try {
    return use(composeSpt(plan, { image: { kind: 'embedded' } }), file.source, prepared)
  } finally {
    file.close()
  }
}

/** Nothing that the launcher is made of, or will use, is what is written over. */
function requireOtherFile(output: string, { artefact, devices }: Plan): void {
  const advice = 'give the launcher another name'
  if (isSameFile(output, artefact.identity)) {
    throw new UsageError('BAD_ARGUMENT', `${quote(output)} is the artefact itself`, advice)
  }
  for (const device of devices) {
    if (device.type !== 'block' || device.form === 'baked' || !isSameFile(output, device.identity)) continue
    throw new UsageError('BAD_ARGUMENT', `${quote(output)} is what ${quote(device.name)} is wired to`, advice)
  }
}

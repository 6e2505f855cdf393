// Starts a guest: as a child that is looked after (the library, timeouts, a filtered console), or in place of this process.

import { checkTimeout } from '../base/duration.ts'
import { UsageError } from '../base/errors.ts'
import { startChild } from '../host/child.ts'
import { placeLauncher } from '../host/launcher-file.ts'
import { hasOwnExec, replaceProcess } from '../host/replace-process.ts'
import { composeSpt } from '../targets/spt/launcher.ts'
import { requireFree } from './in-use.ts'
import { type ConsoleSink, followChild, type Instance, type Outcome } from './instance.ts'
import type { GuestConfig } from './guest-config.ts'
import type { GuestNetworks } from './guest-networks.ts'
import { childOptions, namedDescriptors, needsParent, userNets } from './launch.ts'
import { prepareToRun } from './baked-copies.ts'
import type { GuestOptions, Prepared } from './prepare.ts'
import { needsOwnConfig } from './what-is-baked.ts'

export type RunOptions = GuestOptions & {
  /** Where console output goes: to this process's own, to a function chunk by chunk, or nowhere. */
  readonly console?: 'inherit' | 'ignore' | ConsoleSink | undefined
  /** Milliseconds in which the guest has to end and its console to be taken; up to 24 days, or Infinity for no limit. */
  readonly timeout?: number | undefined
  /** Gets each line that a network of Slipway's own has for the operator, without a line feed; standard error if not given. */
  readonly log?: ((line: string) => void) | undefined
}

/**
 * Runs an artefact to its end.
 *
 * Throws FormatError, WiringError or UsageError for what is wrong with the artefact or the options, and HostError for what the machine
 * refuses. The guest dies with this process, even when that is killed.
 *
 * @example
 * ```ts
 * const outcome = await run('guests/prebuilt/hello.spt', { args: ['a', 'b'], console: 'ignore' })
 * // outcome: { kind: 'exited', status: 0 }
 * ```
 */
export async function run(path: string, options: RunOptions = {}): Promise<Outcome> {
  const instance = await start(path, options)
  return await instance.outcome
}

/** The same, without waiting for the end. */
export async function start(path: string, options: RunOptions = {}): Promise<Instance> {
  const timeout = checkTimeout(options.timeout, 'timeout')
  const { sink, console } = checkConsole(options.console)
  // Nothing is waited for where nothing has to be: between the check and the start little happens then.
  const config = needsOwnConfig(path, options) ? await ownConfig() : options.config
  const prepared = prepareToRun(path, { ...options, config })
  try {
    requireFree(prepared.plan)
    const networks = await openNetworks(prepared, options)
    try {
      return await launch(prepared, networks, { sink, console, timeout })
    } catch (error) {
      await networks?.close()
      throw error
    }
  } finally {
    prepared.file.close()
  }
}

async function ownConfig(): Promise<GuestConfig> {
  const { configure } = await import('./configure.ts')
  return configure({})
}

/** Before anything is started: a port that is taken is found out while there is no guest yet. */
async function openNetworks({ plan }: Prepared, options: RunOptions): Promise<GuestNetworks | undefined> {
  if (userNets(plan).length === 0) return undefined
  const { openGuestNetworks } = await import('./guest-networks.ts') // a guest without such a device needs none of it
  return await openGuestNetworks(plan, options)
}

type Watch = Wanted & { readonly timeout: number | undefined }

async function launch(
  { plan, file, told }: Prepared,
  networks: GuestNetworks | undefined,
  { sink, console, timeout }: Watch,
): Promise<Instance> {
  const executable = placeLauncher(composeSpt(plan, childOptions(plan)), told?.secret === true ? 'only' : 'wanted')
  try {
    const inherited = [...namedDescriptors(plan), ...(networks?.descriptors ?? [])]
    const child = await startChild(executable.path, { name: plan.name, artefact: file.descriptor, console, inherited })
    networks?.release()
    return followChild(child, sink, timeout, networks)
  } finally {
    executable.close()
  }
}

/**
 * Replaces this process by the guest's launcher. Returns where that is not possible: Node.js cannot exec and there is no FFI, the artefact
 * cannot be opened again by its name, or this process is the guest's network. Nothing has happened then, and `start` serves instead.
 */
export function become({ plan, told }: Prepared): void {
  if (needsParent(plan)) return
  requireFree(plan)
  const inherited = namedDescriptors(plan)
  const launcher = composeSpt(plan, { image: { kind: 'path' } })
  // Loading FFI costs more than all the rest of a start, so it is done only where exec needs it as well.
  const ffi = hasOwnExec() && inherited.length === 0 ? 'avoid' : 'wanted'
  const executable = placeLauncher(launcher, told?.secret === true ? 'only' : ffi)
  try {
    replaceProcess(executable.path, plan.name, inherited)
  } finally {
    executable.close()
  }
}

type Wanted = { readonly sink: ConsoleSink | undefined; readonly console: 'inherit' | 'ignore' | 'pipe' }

function checkConsole(console: RunOptions['console'] = 'inherit'): Wanted {
  if (typeof console === 'function') return { sink: console, console: 'pipe' }
  if (console === 'inherit' || console === 'ignore') return { sink: undefined, console }
  throw new UsageError('BAD_ARGUMENT', 'console is neither "inherit" nor "ignore" nor a function')
}

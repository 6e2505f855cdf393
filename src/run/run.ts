// Starts a guest: as a child that is looked after (the library, timeouts, a filtered console), or in place of this process.

import { HostError } from '../base/errors.ts'
import { ARTEFACT_DESCRIPTOR, type Child, startChild, STATUS_DESCRIPTOR } from '../host/child.ts'
import { placeLauncher } from '../host/launcher-file.ts'
import { hasOwnExec, replaceProcess } from '../host/replace-process.ts'
import { composeSpt } from '../targets/spt/launcher.ts'
import { type GuestOptions, prepare, type Prepared } from './prepare.ts'

/** How a guest ended. A guest's own failure is an outcome, never an exception. */
export type Outcome =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'timed-out' }

export type RunOptions = GuestOptions & {
  /** Where console output goes: to this process's own, to a function chunk by chunk, or nowhere. */
  readonly console?: 'inherit' | 'ignore' | ((chunk: Uint8Array) => void | Promise<void>) | undefined
  /** Milliseconds after which the guest is killed. */
  readonly timeout?: number | undefined
}

export type Instance = {
  readonly pid: number
  /** True once the guest runs; false when the launcher ended before that. */
  readonly entered: Promise<boolean>
  /** Rejects with HostError when Slipway's part failed before the guest ran. */
  readonly outcome: Promise<Outcome>
  readonly kill: (signal?: NodeJS.Signals) => void
}

/**
 * Runs an artefact to its end.
 *
 * Throws FormatError, WiringError or UsageError for what is wrong with the artefact or the options, and HostError for what the machine
 * refuses. The guest dies with this process, even when that is killed; started from a worker thread, it dies with that.
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
  const prepared = prepare(path, options)
  try {
    const launcher = composeSpt(prepared.plan, {
      image: { kind: 'descriptor', descriptor: ARTEFACT_DESCRIPTOR },
      status: STATUS_DESCRIPTOR,
      parent: process.pid,
    })
    const executable = placeLauncher(launcher, prepared.file.source, 'wanted')
    try {
      const console = typeof options.console === 'function' ? 'pipe' : (options.console ?? 'inherit')
      const { name } = prepared.plan
      const child = await startChild(executable.path, { name, artefact: prepared.file.descriptor, console })
      return follow(child, options)
    } finally {
      executable.close()
    }
  } finally {
    prepared.file.close()
  }
}

/**
 * Replaces this process by the guest's launcher. Returns where that is not possible (no exec of Node's own and no FFI); nothing has
 * happened then, and `start` serves instead.
 */
export function become(prepared: Prepared): void {
  const { plan, file } = prepared
  const launcher = composeSpt(plan, { image: { kind: 'path' } })
  // Loading FFI costs more than all the rest of a start, so it is done only where exec needs it as well.
  const executable = placeLauncher(launcher, file.source, hasOwnExec() ? 'avoid' : 'wanted')
  replaceProcess(executable.path, plan.name)
  executable.close()
}

function follow(child: Child, options: RunOptions): Instance {
  let timedOut = false
  const timer =
    options.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, options.timeout)
  const outcome = settle(child, options).finally(() => clearTimeout(timer))
  return {
    pid: child.pid,
    entered: child.entered,
    outcome: outcome.then((end) => (timedOut && end.kind === 'killed' ? { kind: 'timed-out' } : end)),
    kill: (signal = 'SIGTERM') => child.kill(signal),
  }
}

async function settle(child: Child, options: RunOptions): Promise<Outcome> {
  if (child.console !== undefined && typeof options.console === 'function') {
    try {
      // One chunk after the other: a slow reader holds the guest back instead of filling our memory.
      for await (const chunk of child.console) await options.console(chunk as Uint8Array)
    } catch (error) {
      child.kill('SIGKILL')
      await child.ended
      throw error
    }
  }
  const end = await child.ended
  if (end.failed) throw new HostError('IO', end.message.replace(/^slipway: /, '').trim())
  if (end.signal !== null) return { kind: 'killed', signal: end.signal }
  return { kind: 'exited', status: end.status ?? 0 }
}

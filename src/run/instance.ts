// A guest that runs as a child of this process: its time limit, its console, and how it ended.

import { HostError } from '../base/errors.ts'
import type { Child, ChildEnd } from '../host/child.ts'
import { CHANGED } from '../targets/spt/steps.ts'

/** `SIGTERM`, `SIGSEGV`, … as the system calls them. */
export type SignalName = `SIG${string}`

/** How a guest ended. A guest's own failure is an outcome, never an exception. */
export type Outcome =
  | { readonly kind: 'exited'; readonly status: number }
  /** `reason` is what Slipway's part said about it, such as that the other end of a net device is gone. */
  | { readonly kind: 'killed'; readonly signal: SignalName; readonly reason?: string }
  | { readonly kind: 'timed-out' }

export type Instance = {
  readonly pid: number
  /** True once the guest runs; false when the launcher ended before that. */
  readonly entered: Promise<boolean>
  /** Rejects with HostError when Slipway's part failed before the guest ran. */
  readonly outcome: Promise<Outcome>
  readonly kill: (signal?: SignalName) => void
  /** Where its ports are published, those of port 0 with the one that was free. */
  readonly published: readonly PublishedPort[]
}

/** Whoever connects to this address of the machine is passed on to that port of the guest. */
export type PublishedPort = {
  readonly device: string
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly hostPort: number
  readonly guestPort: number
}

/** What this process does for the guest for as long as that lives. */
export type Service = {
  readonly published: readonly PublishedPort[]
  /** Takes what ends the guest, for when it cannot be served any more. */
  readonly endWithout: (end: () => void) => void
  readonly close: () => Promise<void>
}

export type ConsoleSink = (chunk: Uint8Array) => void | Promise<void>

/**
 * Looks after a child until it has ended. `sink` takes its console where that is piped; `timeout` is in milliseconds; `service` is closed
 * behind it.
 */
export function followChild(
  child: Child,
  sink: ConsoleSink | undefined,
  timeout: number | undefined,
  service: Service | undefined,
): Instance {
  let wanted = false // that it ends: by the caller, or because its time is up
  const kill = (signal: SignalName): void => {
    wanted = true
    child.kill(signal)
  }
  const limit = startLimit(timeout, () => kill('SIGKILL'))
  const settle = async (): Promise<Outcome> => {
    try {
      // A reader that has stopped reading must not outlast the time limit.
      await Promise.race([drain(child, sink), limit.expired])
    } catch (error) {
      kill('SIGKILL')
      child.console?.destroy()
      await child.ended
      throw error
    }
    if (limit.isOver()) child.console?.destroy()
    const end = await child.ended
    if (end.failed) throw launcherError(end.message)
    if (limit.isOver()) return { kind: 'timed-out' }
    return outcomeOf(end, wanted)
  }
  service?.endWithout(() => kill('SIGHUP')) // its line was hung up
  const tidily = async (): Promise<Outcome> => {
    try {
      return await settle()
    } finally {
      limit.stop()
      await service?.close()
    }
  }
  const outcome = tidily()
  outcome.catch(() => {}) // whoever asks gets the error; whoever does not ask must not be ended by it
  return {
    pid: child.pid,
    entered: child.entered,
    outcome,
    kill: (signal = 'SIGTERM') => kill(signal),
    published: service?.published ?? [],
  }
}

/** One chunk after the other: a slow reader holds the guest back instead of filling our memory. */
async function drain(child: Child, sink: ConsoleSink | undefined): Promise<void> {
  if (child.console === undefined || sink === undefined) {
    await child.ended
    return
  }
  for await (const chunk of child.console) await sink(chunk as Uint8Array)
}

/** The time in which the guest has to end and its console to be taken. */
function startLimit(timeout: number | undefined, end: () => void) {
  let over = false
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<void>((resolve) => {
    if (timeout === undefined) return
    timer = setTimeout(() => {
      over = true
      end()
      resolve()
    }, timeout)
  })
  return { expired, isOver: () => over, stop: () => clearTimeout(timer) }
}

function outcomeOf(end: ChildEnd, wanted: boolean): Outcome {
  if (end.signal === null) return { kind: 'exited', status: end.status ?? 0 }
  const reason = withoutPrefix(end.message)
  if (!end.entered && !wanted) {
    throw new HostError('IO', `the launcher was ended by ${end.signal} before the guest ran${reason && `: ${reason}`}`)
  }
  return { kind: 'killed', signal: end.signal, ...(reason === '' ? {} : { reason }) }
}

/** What the launcher said, less the prefix that all of our messages get. */
function withoutPrefix(message: string): string {
  return message.replace(/^slipway: /, '').trim()
}

function launcherError(message: string): HostError {
  const text = withoutPrefix(message)
  return new HostError(text.startsWith(CHANGED) ? 'CHANGED' : 'IO', text)
}

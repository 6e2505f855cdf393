// Many idle instances of one artefact, started as `slipway run` starts one, and what the machine has less while they are there.

import { closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { placeLauncher } from '../src/host/launcher-file.ts'
import { type GuestOptions, prepare } from '../src/run/prepare.ts'
import { composeSpt } from '../src/targets/spt/launcher.ts'
import { type Available, type Look, middleOf, settle, type State } from './available.ts'
import type { Native } from './native.ts'

export type Growth = {
  /** For each step at whose beginning and end the machine was at rest: KiB that it had less, an instance. */
  readonly drops: readonly Available[]
  /** Steps that do not count, because somebody else was using the machine. */
  readonly disturbed: number
  /** What the kernel counts for the median instance; undefined if it does not let us look. */
  readonly look: Look | undefined
}

export type IdleGuest = {
  readonly artefact: string
  readonly options: GuestOptions
  /** All that it prints until it is ready, and then it sleeps. */
  readonly prints: string
  /** For a file that collects it. */
  readonly directory: string
}

const START_TIMEOUT = 30_000 // milliseconds
const POLL = 50 // milliseconds

/**
 * Starts `count` instances more in each step, waits until all have printed what they print when they are ready and the machine is at rest, and goes on until `wanted`
 * steps count, or twice as many have been made. Nothing ends in between, because the kernel keeps a part of what a process returns and
 * gives it to the next: an instance that follows another would look cheaper than it is. For the same reason the first step does not count.
 */
export async function measureGrowth(native: Native, guest: IdleGuest, wanted: number, count: number): Promise<Growth> {
  const pids: number[] = []
  const output = openSync(join(guest.directory, 'ready'), 'w+')
  const grow = async (): Promise<State> => {
    for (let i = 0; i < count; i++) pids.push(startIdle(native, guest, output))
    await waitFor(`${pids.length} instances`, () => fstatSync(output).size >= pids.length * guest.prints.length)
    return await settle()
  }
  try {
    const drops: Available[] = []
    let before = await grow()
    let steps = 0
    for (; drops.length < wanted && steps < 2 * wanted; steps++) {
      const after = await grow()
      if (before.quiet && after.quiet) drops.push(dropBetween(before, after, count))
      before = after
    }
    return { drops, disturbed: steps - drops.length, look: middleOf(pids) }
  } finally {
    closeSync(output)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    for (const pid of pids) native.wait(pid)
  }
}

function dropBetween(before: Available, after: Available, count: number): Available {
  return { all: (before.all - after.all) / count, reported: (before.reported - after.reported) / count }
}

/**
 * As `become` of run/ does it, except that the launcher asks to die with this process: nothing may be left when a bench is killed. Of the
 * places for a launcher this takes the one in memory, which costs an instance most.
 */
function startIdle(native: Native, { artefact, options }: IdleGuest, output: number): number {
  const { plan, file } = prepare(artefact, options)
  try {
    const launcher = composeSpt(plan, { image: { kind: 'path' }, parent: process.pid })
    const executable = placeLauncher(launcher, 'wanted')
    try {
      return native.command(executable.path, [plan.name], output).start()
    } finally {
      executable.close()
    }
  } finally {
    file.close()
  }
}

async function waitFor(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + START_TIMEOUT
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} were not ready after ${START_TIMEOUT / 1000} s`)
    await pause(POLL)
  }
}

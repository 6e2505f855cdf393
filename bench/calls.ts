// What one call costs: runs that make many of them less runs that make none, so that starting and ending do not count. The guest
// programs/calls.c, as a kept launcher, beside the same code as an ordinary program.

import { join } from 'node:path'
import { composeToFile } from '../src/run/compose.ts'
import { type Program, timePrograms } from './launches.ts'
import type { Native } from './native.ts'
import type { Result, Target } from './result.ts'
import { eachPass, median, type Pass, summarize } from './statistics.ts'
import { amount, describePasses } from './table.ts'

/** What a guest and an ordinary program are told to do, for a count of calls. */
export type Calls = {
  readonly name: string
  readonly words: (count: number) => readonly string[]
  /** The disks that it is given, by the name that the manifest declares. */
  readonly disks?: readonly Disk[]
  /** A descriptor; nowhere if not given. */
  readonly stdout?: number
}

export type Disk = { readonly name: string; readonly path: string; readonly sector: number }

/** What a run makes that is measured: long enough for starting to be a small part of it. */
const COUNT = 20_000

/** As `guest NAME`: launchers composed for the calls, into `directory`. */
export function guestCalls(artefact: string, directory: string, calls: Calls): Program[] {
  const { name, words, disks = [], stdout } = calls
  const block = Object.fromEntries(disks.map((disk) => [disk.name, `${disk.path},sector=${disk.sector}`]))
  return [0, COUNT].map((count): Program => {
    const path = join(directory, `${name.replaceAll(/\W/g, '-')}-${count}`)
    composeToFile(artefact, path, { args: words(count), block })
    return [titleOf(`guest ${name}`, count), path, stdout === undefined ? {} : { stdout }]
  })
}

/** As `plain NAME`. */
export function plainCalls(program: string, { name, words, disks = [], stdout }: Calls): Program[] {
  const wires = disks.flatMap((disk) => ['block', disk.name, disk.path, `${disk.sector}`])
  return [0, COUNT].map((count): Program => {
    const how = { words: [words(count).join(' '), ...wires], ...(stdout !== undefined && { stdout }) }
    return [titleOf(`plain ${name}`, count), program, how]
  })
}

function titleOf(name: string, count: number): string {
  return count === 0 ? `${name}, none` : name
}

/** Passes with nanoseconds a call, by name: of a processor, since a call that waits for somebody says nothing about the caller. */
export async function timeCalls(native: Native, programs: readonly Program[], rounds: number): Promise<Pass[]> {
  const passes = await timePrograms(native, programs, rounds, 'processor')
  return passes.map((pass) => costsOf(pass, COUNT))
}

/**
 * From microseconds a run to nanoseconds a call: the median run of `NAME` less that of `NAME, none`, over the calls made.
 *
 * @example
 * ```ts
 * costsOf(new Map([['read', [300]], ['read, none', [100]]]), 1000) // Map { 'read' => [200] }
 * ```
 */
export function costsOf(runs: Pass, count: number): Pass {
  const costs = new Map<string, readonly number[]>()
  for (const [name, samples] of runs) {
    const none = runs.get(titleOf(name, 0))
    if (none !== undefined) costs.set(name, [((median(samples) - median(none)) * 1000) / count])
  }
  return costs
}

/** How many times as long `over` takes as `under`. */
export function ratioOf(passes: readonly Pass[], what: string, over: string, under: string, target?: Target): Result {
  const each = eachPass(passes, (of) => of(over) / of(under))
  const costs = [over, under].map((name) => [name, eachPass(passes, (of) => of(name))] as const)
  const medians = costs.map(([name, values]) => `${name} ${amount(median(values), 'ns')}`)
  return {
    what,
    unit: 'x',
    measured: median(each),
    ...(target && { target }),
    samples: Object.fromEntries(costs.map(([name, values]) => [`${name} (ns)`, summarize(values)])),
    notes: [`a call: ${medians.join(', ')}`, describePasses(each, 'x')],
  }
}

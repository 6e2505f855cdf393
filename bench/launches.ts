// Start to exit of programs, in turns.

import { closeSync, openSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { writeParts } from '../src/host/launcher-file.ts'
import { type GuestOptions, prepare } from '../src/run/prepare.ts'
import { composeSpt } from '../src/targets/spt/launcher.ts'
import type { Native } from './native.ts'
import { orderOf, type Pass } from './statistics.ts'

/** A program as it is called in the results, its executable, and where it is not to be started without arguments into nowhere. */
export type Program = readonly [
  name: string,
  path: string,
  how?: { readonly words?: readonly string[]; stdout?: number },
]

/** Passes are a while apart, so that one disturbance of the machine does not spoil them all. */
const PASSES = 3
const BETWEEN_PASSES = 1000 // milliseconds

/**
 * `rounds` of each program, in three passes. Microseconds from before posix_spawn to after its end, or, for what others would only
 * disturb, those that the program has had of a processor.
 */
export async function timePrograms(
  native: Native,
  programs: readonly Program[],
  rounds: number,
  clock: 'wall' | 'processor' = 'wall',
): Promise<Pass[]> {
  const commands = programs.map(([name, path, { words = [], stdout } = {}]) => {
    return { name, command: native.command(path, [name, ...words], stdout) }
  })
  for (const { command } of commands) native.wait(command.start()) // the first start of each reads its file
  return await inPasses(async () => {
    const pass = new Map(programs.map(([name]) => [name, [] as number[]]))
    for (let round = 0; round < rounds / PASSES; round++) {
      for (const i of orderOf(round, commands.length)) {
        const { name, command } = commands[i] as (typeof commands)[number]
        const before = process.hrtime.bigint()
        const status = native.wait(command.start())
        const wall = Number(process.hrtime.bigint() - before) / 1000
        pass.get(name)?.push(clock === 'wall' ? wall : native.lastTimes())
        if (status !== 0) throw new Error(`${name} ended with status ${status}`)
      }
    }
    return pass
  })
}

export async function inPasses(measure: () => Promise<Pass>): Promise<Pass[]> {
  const passes: Pass[] = []
  while (passes.length < PASSES) {
    if (passes.length > 0) await pause(BETWEEN_PASSES)
    passes.push(await measure())
  }
  return passes
}

/**
 * The launcher that `slipway run` composes, as a file: small, and the guest's image is mapped from the artefact. With `parent`, what it
 * starts dies with this process.
 */
export function composeMapping(
  artefact: string,
  output: string,
  { parent, ...options }: GuestOptions & { readonly parent?: number } = {},
): void {
  const { plan, file } = prepare(artefact, options)
  const descriptor = openSync(output, 'wx', 0o700)
  try {
    writeParts(descriptor, composeSpt(plan, { image: { kind: 'path' }, parent }), file.source)
  } finally {
    closeSync(descriptor)
    file.close()
  }
}

// What is measured of a network, whatever carries its frames and whoever is the guest: TCP each way, datagrams there and back, connections.

import { readFileSync } from 'node:fs'
import { inPasses } from './launches.ts'
import type { Result, Target } from './result.ts'
import { eachPass, median, type Pass, summarizePasses } from './statistics.ts'
import { amount, describePasses } from './table.ts'

/** `processor`: seconds that the process with the network has had, itself and in the kernel. */
export type Transfer = { readonly bytes: number; readonly nanoseconds: number; readonly processor: number }

/** A guest on a network, set up and waiting. */
export type Line = {
  readonly toHost: () => Promise<Transfer>
  readonly toGuest: () => Promise<Transfer>
  /** Microseconds that a datagram takes there and back; of many, the median. */
  readonly echo: () => Promise<number>
  /** Microseconds from a connection's beginning to its end. */
  readonly connect: () => Promise<number>
}

export const DIRECTIONS = ['toHost', 'toGuest'] as const
export type Direction = (typeof DIRECTIONS)[number]
export const TITLES: Record<Direction, string> = { toHost: 'guest to host', toGuest: 'host to guest' }

const TICK = 0.01 // seconds; USER_HZ is 100 on every machine that Linux runs on
const MEGABYTE = 1e6

/** What a process has had of a processor so far, in seconds. */
export function processorTime(pid: number): number {
  // The name is in brackets and may have any character in it; user and system time are the twelfth and thirteenth behind it.
  const behind = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
  return (Number(behind[11]) + Number(behind[12])) * TICK
}

/** Transfers of every line in turns: microseconds a megabyte by `LINE DIRECTION`, processor seconds a gigabyte by `LINE DIRECTION processor`. */
export async function timeTransfers(lines: ReadonlyMap<string, Line>, rounds: number): Promise<Pass[]> {
  return await inRounds(rounds, async (push) => {
    for (const [name, line] of lines) {
      for (const direction of DIRECTIONS) {
        const { bytes, nanoseconds, processor } = await line[direction]()
        push(`${name} ${direction}`, nanoseconds / 1000 / (bytes / MEGABYTE))
        push(`${name} ${direction} processor`, processor / (bytes / (1000 * MEGABYTE)))
      }
    }
  })
}

/** Microseconds, by `LINE`. Twice unmeasured before: only then does Node.js know the code well, as it does where a guest is served for long. */
export async function timeEach(
  what: 'echo' | 'connect',
  lines: ReadonlyMap<string, Line>,
  rounds: number,
): Promise<Pass[]> {
  for (const line of [...lines.values(), ...lines.values()]) await line[what]()
  return await inRounds(rounds, async (push) => {
    for (const [name, line] of lines) push(name, await line[what]())
  })
}

type Push = (name: string, sample: number) => void

async function inRounds(rounds: number, round: (push: Push) => Promise<void>): Promise<Pass[]> {
  return await inPasses(async () => {
    const pass = new Map<string, number[]>()
    for (let i = 0; i < rounds / 3; i++) {
      await round((name, sample) => pass.set(name, [...(pass.get(name) ?? []), sample]))
    }
    return pass
  })
}

/** `Gbit/s` of a line, and what that cost of a processor. */
export function speedOf(
  passes: readonly Pass[],
  { line, direction, what, target }: { line: string; direction: Direction; what: string; target?: Target },
): Result {
  const each = eachPass(passes, (of) => (8 * MEGABYTE) / 1000 / of(`${line} ${direction}`))
  const cost = median(eachPass(passes, (of) => of(`${line} ${direction} processor`)))
  const notes = [describePasses(each, 'Gbit/s'), `of a processor, the network takes ${amount(cost, 's/GB')}`]
  const goal = target === undefined ? {} : { target }
  return { what, unit: 'Gbit/s', measured: median(each), ...goal, samples: summarizePasses(passes), notes }
}

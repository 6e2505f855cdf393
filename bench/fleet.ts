// Promises: one process starts 500 guests a second and sees their end, of 10 MB as well as small ones; a thousand are alive at once, an
// idle one for 160 KiB and what it dirties; and when they have been ended, nothing is left. All through the library.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { processesOf } from '../test/support/sessions.ts'
import { field, type Look, middleOf, settle } from './available.ts'
import { inPasses } from './launches.ts'
import { isRoot } from './machine.ts'
import { OVERHEAD } from './memory.ts'
import { atLeast, atMost, type Result } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { type Starter, startStarter } from './starter.ts'
import { eachPass, median, summarize, summarizePasses } from './statistics.ts'
import { describePasses } from './table.ts'

const LAUNCHES = 900
const LANES = [1, 8]
const LEAST_RATE = 500 // a second
const FLEETS: readonly Fleet[] = [
  { name: 'spin', args: [], count: 1000 },
  { name: 'large', args: ['idle'], count: 200 },
]
const STEPS = 10
const READY = 'READY\n'
const PATIENCE = 30_000 // milliseconds
const POLL = 50 // milliseconds

export const fleet: Row = { name: 'fleet', measure }

type Fleet = { readonly name: string; readonly args: readonly string[]; readonly count: number }

async function measure(bench: Bench): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const name of ['hello', 'large']) results.push(...(await measureRate(name, bench)))
  for (const each of FLEETS) results.push(...(await measureFleet(each, bench)))
  return results
}

async function measureRate(name: string, { effort }: Bench): Promise<Result[]> {
  const count = Math.ceil(effort(LAUNCHES) / 3)
  const starters = LANES.map((lanes) => {
    const order = { kind: 'rate', guest: { path: guest(name), options: { console: 'ignore' } }, count, lanes }
    return [lanes === 1 ? 'one after the other' : `${lanes} at once`, startStarter(order, 'ignore')] as const
  })
  try {
    for (const [, starter] of starters) await starter.next() // Node.js gets to know the code
    const passes = await inPasses(async () => {
      const pass = new Map<string, number[]>()
      for (const [lanes, starter] of starters) {
        const { wall, processor } = (await starter.next()) as { wall: number; processor: number }
        pass.set(lanes, [wall / count]).set(`${lanes}, processor`, [processor / count])
      }
      return pass
    })
    const samples = summarizePasses(passes)
    return starters.map(([lanes], i): Result => {
      const each = eachPass(passes, (of) => 1000 / of(lanes))
      const target = i === starters.length - 1 ? { target: atLeast(LEAST_RATE) } : {}
      const what = `run() of ${name} to its end, ${lanes}`
      const busy = median(eachPass(passes, (of) => of(`${lanes}, processor`)))
      const notes = [
        describePasses(each, '/s'),
        `of a processor, the process itself takes ${busy.toFixed(2)} ms a launch`,
      ]
      return { what, unit: '/s', measured: median(each), ...target, samples, notes }
    })
  } finally {
    for (const [, starter] of starters) await starter.finish()
  }
}

async function measureFleet(fleet: Fleet, { scratch }: Bench): Promise<Result[]> {
  const { name, args, count } = fleet
  const output = openSync(join(scratch.path, `ready-${name}`), 'w+')
  const step = count / STEPS
  const order = { kind: 'hold', guest: { path: guest(name), options: { args, console: 'inherit' } }, count: step }
  const starter = startStarter(order, output)
  try {
    // What the first of them cost, the others need not bring again.
    await starter.next()
    await whenReady(output, step)
    const before = await lookAround(starter)
    const start = performance.now()
    const pids = await growTo(starter, count, step)
    const rate = (count - step) / ((performance.now() - start) / 1000)
    const ready = await whenReady(output, count)
    const after = await lookAround(starter)
    const members = processesOf(starter.pid)
    const alive = pids.filter((pid) => members.has(pid)).length
    const look = middleOf(pids)
    const outcomes = (await starter.finish()) as { kind: string }[]
    const survived = processesOf(starter.pid).size + outcomes.filter(({ kind }) => kind !== 'killed').length
    const samples = { 'started a second': summarize([rate]) }
    const notes = [`the last ${count - step} started at ${rate.toFixed(0)} a second`]
    const what = `${name} alive at once, all READY`
    return [
      { what, unit: 'guests', measured: Math.min(alive, ready), target: atLeast(count), samples, notes },
      memoryOf(fleet, before, after, look),
      { what: `${name} left when all were ended`, unit: 'left', measured: survived, target: atMost(0), samples: {} },
    ]
  } finally {
    starter.kill()
    closeSync(output)
  }
}

type State = { readonly available: number; readonly own: number; readonly quiet: boolean }

/** KiB: what the machine has left, and what the starter has for itself. */
async function lookAround({ pid }: Starter): Promise<State> {
  const { all: available, quiet } = await settle()
  return { available, own: field(readFileSync(`/proc/${pid}/status`, 'utf8'), 'RssAnon'), quiet }
}

function memoryOf({ name, count }: Fleet, before: State, after: State, look: Look | undefined): Result {
  const what = `an idle ${name} among ${count}, without Node.js's part`
  if (!before.quiet || !after.quiet) return { what, skipped: 'others use the machine: it was not at rest' }
  const each = (a: number, b: number): number => (a - b) / (count * (1 - 1 / STEPS))
  const drop = each(before.available, after.available)
  const own = each(after.own, before.own)
  const dirtied = look?.anonymous
  const unknown = isRoot() ? 'unknown' : 'only root may look'
  const notes = [
    `with what Node.js has for it, ${own.toFixed(1)} KiB: ${drop.toFixed(1)} KiB`,
    `target: ${OVERHEAD} KiB, pages dirtied: ${dirtied === undefined ? unknown : `${dirtied} KiB`}`,
  ]
  if (look !== undefined) notes.push(`an instance: Pss ${look.pss}, page tables ${look.pageTables} KiB`)
  const samples = { drop: summarize([drop]), 'of Node.js': summarize([own]) }
  return { what, unit: 'KiB', measured: drop - own, target: atMost(OVERHEAD + (dirtied ?? 0)), samples, notes }
}

async function growTo(starter: Starter, count: number, step: number): Promise<readonly number[]> {
  let pids: readonly number[] = []
  for (let there = step; there < count; there += step) pids = (await starter.next()) as number[]
  return pids
}

/** How many have said so, when all have or patience is at its end. */
async function whenReady(output: number, count: number): Promise<number> {
  const end = performance.now() + PATIENCE
  for (;;) {
    const ready = Math.floor(fstatSync(output).size / READY.length)
    if (ready >= count || performance.now() > end) return ready
    await pause(POLL)
  }
}

// Promise: an idle instance costs at most 160 KiB beside the pages that it has written to, also where huge pages are always on.

import { writeFileSync } from 'node:fs'
import type { Available } from './available.ts'
import { type Growth, type IdleGuest, measureGrowth } from './idle.ts'
import { whenOver } from './keeper.ts'
import { HUGE_PAGES, hugePageMode, isRoot } from './machine.ts'
import { loadNative, type Native } from './native.ts'
import { atMost, type Result } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { median, summarize } from './statistics.ts'

const INSTANCES = 100
const STEPS = 7
const FEWEST_STEPS = 3
export const OVERHEAD = 160 // KiB: page tables, kernel stack and other objects of a process, the launcher's own pages

export const memory: Row = { name: 'memory', measure }

async function measure(bench: Bench): Promise<readonly Result[]> {
  const native = await loadNative()
  const mode = hugePageMode()
  if (mode === undefined) {
    const growth = await grow(native, bench)
    return [resultOf(growth, 'no THP in the kernel', growth.look?.anonymous)]
  }
  const small = mode === 'always' ? 'madvise' : mode
  const inSmall = await withMode(small, () => grow(native, bench))
  const inAlways = await withMode('always', () => grow(native, bench))
  // With huge pages the kernel counts all of one as dirtied when a byte of it is: what an instance dirties shows only without.
  const dirtied = typeof inSmall === 'string' ? undefined : inSmall.look?.anonymous
  return [resultOf(inSmall, `THP ${small}`, dirtied), resultOf(inAlways, 'THP always', dirtied)]
}

/** Measures with transparent huge pages set to `mode`; says why where that cannot be. */
async function withMode<T>(mode: string, act: () => Promise<T>): Promise<T | string> {
  const present = hugePageMode() as string
  if (mode === present) return await act()
  if (!isRoot()) return `only root may set ${HUGE_PAGES}`
  const restore = whenOver('echo "$1" >"$2"', present, HUGE_PAGES)
  try {
    try {
      writeFileSync(HUGE_PAGES, mode)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    return await act()
  } finally {
    await restore()
  }
}

async function grow(native: Native, { scratch, effort }: Bench): Promise<Growth> {
  return await growSteps(
    native,
    { artefact: guest('spin'), options: {}, prints: 'READY\n', directory: scratch.path },
    effort,
  )
}

/** As many steps as the row makes. */
export async function growSteps(native: Native, idle: IdleGuest, effort: Bench['effort']): Promise<Growth> {
  return await measureGrowth(native, idle, Math.max(FEWEST_STEPS, effort(STEPS)), INSTANCES)
}

/** An instance against the promise, with what it dirties. */
export function resultOf(growth: Growth | string, title: string, dirtied: number | undefined): Result {
  const what = `an idle instance, by steps of ${INSTANCES}, ${title}`
  if (typeof growth === 'string') return { what, skipped: growth }
  if (growth.drops.length < FEWEST_STEPS) {
    const had = growth.drops.length
    return { what, skipped: `others use the machine: it was at rest around ${had} steps, ${FEWEST_STEPS} are needed` }
  }
  const drops = growth.drops.map(({ all }) => all)
  const reported = growth.drops.map((drop) => drop.reported)
  return {
    what,
    unit: 'KiB',
    measured: median(drops),
    target: atMost(OVERHEAD + (dirtied ?? 0)),
    samples: { drop: summarize(drops), 'drop of MemAvailable alone': summarize(reported) },
    notes: notesOn(growth, dirtied),
  }
}

function notesOn({ drops, disturbed, look }: Growth, dirtied: number | undefined): string[] {
  const list = (of: keyof Available): string => drops.map((drop) => drop[of].toFixed(0)).join(', ')
  const notes = [
    `step by step: ${list('all')} KiB, free pages on lists of processors counted as available`,
    `MemAvailable alone: ${list('reported')} KiB`,
  ]
  if (disturbed > 0) notes.push(`${disturbed} further steps do not count: others used the machine`)
  const unknown = isRoot() ? 'unknown' : 'only root may look'
  if (dirtied === undefined) notes.push(`target: ${OVERHEAD} KiB, pages dirtied: ${unknown}`)
  else notes.push(`target: ${OVERHEAD} KiB + ${dirtied} KiB that an instance dirties (Anonymous, without huge pages)`)
  if (look !== undefined) {
    const { anonymous, pss, privateDirty, pageTables } = look
    const withFile = `Private_Dirty with its launcher's file ${privateDirty}`
    notes.push(`an instance: Anonymous ${anonymous}, Pss ${pss}, ${withFile}, page tables ${pageTables} KiB`)
  }
  return notes
}

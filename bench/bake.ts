// Promise: an artefact with a gigabyte baked in starts, after its first start, in at most 1.5 times the time of one without. And what baking takes,
// beside programs in C that do the same work: an archive, written, and its SHA-256.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeLargeFile, timed } from './files.ts'
import { inPasses } from './launches.ts'
import { atMost, type Figure, Lack, type Result } from './result.ts'
import { type Bench, guest, ROOT, type Row } from './row.ts'
import { eachPass, median, orderOf, summarize, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'

const SIZES = [
  { what: '100 MB', pieces: 100 },
  { what: '1 GB', pieces: 1000 },
] as const
const MOST_MEMORY = 512 * 1024 // KiB
const ROUNDS = 30
/** What is younger is verified each time (src/host/verified.ts). Milliseconds. */
const SETTLED = 2100
const SLIPWAY = join(ROOT, 'bin', 'slipway')
const THEIRS = 'tar -cf "$1" --format=pax . && sha256sum "$1"'

export const bake: Row = { name: 'bake', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const directory = join(scratch.path, 'bake')
  mkdirSync(directory)
  try {
    const results: Result[] = []
    for (const { what, pieces } of SIZES) {
      const tree = join(directory, `${pieces}`)
      makeLargeFile(tree, effort(pieces))
      results.push(...(await compareBaking(what, tree, join(directory, `${pieces}.spt`), effort(3))))
      rmSync(tree, { recursive: true })
    }
    return [...results, ...(await compareStarts(directory, join(directory, '1000.spt'), effort(ROUNDS)))]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function compareBaking(what: string, tree: string, artefact: string, rounds: number): Promise<Result[]> {
  const memory: number[] = []
  const ours = (): number => {
    const words = [SLIPWAY, 'bake', guest('blk'), '-R', tree, '-o', artefact]
    const { milliseconds, peak } = timed(process.execPath, words, tree, artefact)
    memory.push(peak)
    return milliseconds
  }
  const archive = `${artefact}.tar`
  const theirs = (): number => timed('/bin/sh', ['-c', THEIRS, 'sh', archive], tree, archive).milliseconds
  const passes = await inPasses(async () => {
    const pass = new Map<string, number[]>([
      ['slipway', []],
      ['tar, sha256sum', []],
    ])
    for (let round = 0; round < rounds / 3; round++) {
      pass.get('slipway')?.push(ours())
      pass.get('tar, sha256sum')?.push(theirs())
    }
    return pass
  })
  rmSync(archive)
  const samples = summarizePasses(passes)
  const ratios = eachPass(passes, (of) => of('slipway') / of('tar, sha256sum'))
  const ratio: Figure = {
    what: `bake ${what}, over tar and sha256sum`,
    unit: 'x',
    measured: median(ratios),
    samples,
    notes: [describeMedians(samples, 'ms'), describePasses(ratios, 'x')],
  }
  const most: Figure = {
    what: `bake ${what}: peak of memory`,
    unit: 'KiB',
    measured: Math.max(...memory),
    target: atMost(MOST_MEMORY),
    samples: { peak: summarize(memory) },
  }
  return [ratio, most]
}

/** To the guest's first output, by the command: with a small disk, with a gigabyte baked in for the first time and later. */
async function compareStarts(directory: string, artefact: string, rounds: number): Promise<Result[]> {
  const cache = join(directory, 'cache')
  const disk = join(directory, 'disk.img')
  timed(process.execPath, [SLIPWAY, 'block', 'create', disk, '1M'], directory, disk)
  const without = [SLIPWAY, 'run', '--block', `storage=${disk}`, guest('blk'), '--', 'hold']
  const baked = [SLIPWAY, 'run', artefact, '--', 'hold']
  await new Promise((resolve) => setTimeout(resolve, SETTLED))
  const first: number[] = []
  for (let i = 0; i < 3; i++) {
    rmSync(cache, { recursive: true, force: true })
    first.push(await timeToOutput(baked, cache))
  }
  const passes = await inPasses(async () => {
    const pass = new Map<string, number[]>([
      ['without', []],
      ['baked', []],
    ])
    for (let round = 0; round < rounds / 3; round++) {
      for (const i of orderOf(round, 2)) {
        pass.get(i === 0 ? 'without' : 'baked')?.push(await timeToOutput(i === 0 ? without : baked, cache))
      }
    }
    return pass
  })
  const samples = { ...summarizePasses(passes), 'the first time': summarize(first) }
  const ratios = eachPass(passes, (of) => of('baked') / of('without'))
  return [
    {
      what: 'slipway run with 1 GB baked in, after the first time, over a disk',
      unit: 'x',
      measured: median(ratios),
      target: atMost(1.5),
      samples,
      notes: [describeMedians(samples, 'ms'), describePasses(ratios, 'x')],
    },
    {
      what: 'the first time, when it is verified',
      unit: 'ms',
      measured: median(first),
      samples: { first: summarize(first) },
    },
  ]
}

/** Milliseconds to the guest's first output; it is ended then. */
async function timeToOutput(words: readonly string[], cache: string): Promise<number> {
  const before = performance.now()
  const env = { ...process.env, XDG_CACHE_HOME: cache }
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const closed = once(child, 'close')
  const [chunk] = (await Promise.race([once(child.stdout, 'data'), closed])) as [unknown]
  const milliseconds = performance.now() - before
  child.kill('SIGKILL')
  await closed
  if (!(chunk instanceof Uint8Array)) throw new Lack(`${words.join(' ')} printed nothing`)
  return milliseconds
}

// What it costs a guest that its disk is a part of its artefact, beside a file of the operator's: a sector that it reads, its start, its memory. A file is
// what a cache of extracted parts would give it (docs/decisions/2026-11-26-baked-parts.md). Promise: a gigabyte that is baked in changes neither start nor memory.

import { mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { formatSize } from '../src/base/size.ts'
import { bake } from '../src/run/bake.ts'
import { composeToFile } from '../src/run/compose.ts'
import type { GuestOptions } from '../src/run/prepare.ts'
import { makeImage } from '../test/support/devices.ts'
import { type Calls, guestCalls, ratioOf, timeCalls } from './calls.ts'
import { compileCalls } from './compiled.ts'
import { composeMapping, type Program, timePrograms } from './launches.ts'
import { growSteps, resultOf } from './memory.ts'
import { loadNative, type Native } from './native.ts'
import { atMost, Lack, type Result } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { eachPass, median, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'

const ROUNDS = 60
const STARTS = 600
const SECTORS = [512, 4096]
const SMALL = 4 * 1024 * 1024 // bytes
const LARGE = 2 ** 30
const MOST_OF_START = 1.5

export const bakedReads: Row = { name: 'baked-reads', measure }

type Place = { readonly native: Native; readonly directory: string; readonly bench: Bench }

async function measure(bench: Bench): Promise<readonly Result[]> {
  const directory = join(bench.scratch.path, 'baked-reads')
  const { bavail, bsize } = statfsSync(bench.scratch.path)
  if (bavail * bsize < 4 * LARGE) throw new Lack(`less than ${formatSize(4 * LARGE)} free in ${bench.scratch.path}`)
  mkdirSync(directory)
  try {
    const place = { native: await loadNative(), directory, bench }
    return [...(await measureReads(place)), ...(await measureStarts(place)), ...(await measureMemory(place))]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measureReads({ native, directory, bench }: Place): Promise<Result[]> {
  const artefact = compileCalls(directory, 1)
  const path = makeImage(join(directory, 'small.img'), SMALL)
  const baked = await bakeInto(artefact, join(directory, 'calls-baked.spt'), path)
  const cases = SECTORS.flatMap((sector) => [
    { artefact, calls: readsOf(`a file by ${sector}`, path, sector) },
    { artefact: baked, calls: readsOf(`a part by ${sector}`, 'baked:', sector) },
  ])
  const programs = cases.flatMap((each) => guestCalls(each.artefact, directory, each.calls))
  const passes = await timeCalls(native, programs, bench.effort(ROUNDS))
  return SECTORS.map((sector) =>
    ratioOf(passes, `a read of ${sector}, baked in / a file`, `guest a part by ${sector}`, `guest a file by ${sector}`),
  )
}

function readsOf(name: string, path: string, sector: number): Calls {
  return { name, words: (count) => ['read', 'disk1', `${count}`], disks: [{ name: 'disk1', path, sector }] }
}

/** To the exit of a guest that reads one sector. */
async function measureStarts({ native, directory, bench }: Place): Promise<Result[]> {
  const artefact = compileCalls(directory, 1)
  const large = await bakeInto(artefact, join(directory, 'large.spt'), makeImage(join(directory, 'large.img'), LARGE))
  const words = { args: ['read', 'disk1', '1'] }
  const wired = { ...words, block: { disk1: `${join(directory, 'small.img')},ro` } }
  const programs = [
    ...launchersOf('file', artefact, directory, wired),
    ...launchersOf('1 GiB', large, directory, words),
  ]
  const passes = await timePrograms(native, programs, bench.effort(STARTS))
  const samples = summarizePasses(passes)
  return (['kept', 'run'] as const).map((shape) => {
    const each = eachPass(passes, (of) => of(`1 GiB ${shape}`) / of(`file ${shape}`))
    return {
      what:
        shape === 'kept' ? 'kept launchers, 1 GiB baked in / a file' : 'launchers of `run`, 1 GiB baked in / a file',
      unit: 'x',
      measured: median(each),
      target: atMost(MOST_OF_START),
      samples,
      notes: [...(shape === 'kept' ? [describeMedians(samples, 'us')] : []), describePasses(each, 'x')],
    }
  })
}

function launchersOf(name: string, artefact: string, directory: string, options: GuestOptions): Program[] {
  const paths = ['kept', 'run'].map((shape) => join(directory, `${name.replace(' ', '-')}-${shape}`)) as [
    string,
    string,
  ]
  composeToFile(artefact, paths[0], options)
  composeMapping(artefact, paths[1], options)
  return [
    [`${name} kept`, paths[0]],
    [`${name} run`, paths[1]],
  ]
}

async function measureMemory({ native, directory, bench }: Place): Promise<Result[]> {
  const [file, image] = [join(directory, 'small.img'), join(directory, 'large.img')]
  const artefact = await bakeInto(guest('blk'), join(directory, 'idle.spt'), image)
  const idle = (path: string, size: number, block: GuestOptions['block']) => ({
    artefact: path,
    options: { args: ['hold'], block },
    prints: `storage: ${size / 512} blocks of 512 bytes\nREADY\n`,
    directory,
  })
  const without = await growSteps(native, idle(guest('blk'), SMALL, { storage: `${file},ro,share` }), bench.effort)
  const baked = await growSteps(native, idle(artefact, LARGE, {}), bench.effort)
  return [
    resultOf(without, 'its disk a file', without.look?.anonymous),
    resultOf(baked, '1 GiB baked in', baked.look?.anonymous),
  ]
}

async function bakeInto(artefact: string, output: string, image: string): Promise<string> {
  await bake(artefact, output, { image })
  return output
}

// Promise: a guest of 10 MB takes twice as long from start to exit as hello does.

import { join } from 'node:path'
import { composeToFile } from '../src/run/compose.ts'
import { composeMapping, timePrograms } from './launches.ts'
import { loadNative } from './native.ts'
import { atMost, type Result } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { eachPass, median, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'

const ROUNDS = 600
const TARGET = atMost(2)

export const large: Row = { name: 'large', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const native = await loadNative()
  const programs = (['hello', 'large'] as const).flatMap((name) => {
    const kept = join(scratch.path, `${name}-kept`)
    const mapping = join(scratch.path, `${name}-maps`)
    composeToFile(guest(name), kept)
    composeMapping(guest(name), mapping)
    return [[`${name} kept`, kept] as const, [`${name} run`, mapping] as const]
  })
  const passes = await timePrograms(native, programs, effort(ROUNDS))
  const samples = summarizePasses(passes)
  return (['kept', 'run'] as const).map((shape) => {
    const each = eachPass(passes, (of) => of(`large ${shape}`) / of(`hello ${shape}`))
    const medians = shape === 'kept' ? [...scratch.notes, describeMedians(samples, 'us')] : []
    return {
      what: shape === 'kept' ? 'kept launchers, 10 MB guest / hello' : 'launchers of `run`, 10 MB guest / hello',
      unit: 'x',
      measured: median(each),
      target: TARGET,
      samples,
      notes: [...medians, describePasses(each, 'x')],
    }
  })
}

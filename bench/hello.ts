// Promise: a composed launcher takes hello from start to exit in 2.5 times what an empty static program takes, and less than /bin/true.

import { join } from 'node:path'
import { composeToFile } from '../src/run/compose.ts'
import { composeMapping, timePrograms } from './launches.ts'
import { loadNative } from './native.ts'
import { atMost, below, type Result, type Target } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { emptyProgram } from './scratch.ts'
import { eachPass, median, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'

const ROUNDS = 900

export const hello: Row = { name: 'hello', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const native = await loadNative()
  const kept = join(scratch.path, 'hello')
  const mapping = join(scratch.path, 'hello-mapping')
  composeToFile(guest('hello'), kept)
  composeMapping(guest('hello'), mapping)
  const programs = [
    ['empty', emptyProgram(scratch.path)],
    ['true', '/bin/true'],
    ['kept', kept],
    ['mapping', mapping],
  ] as const
  const passes = await timePrograms(native, programs, effort(ROUNDS))
  const samples = summarizePasses(passes)

  const ratio = (
    what: string,
    over: string,
    under: string,
    target: Target | undefined,
    notes: readonly string[],
  ): Result => {
    const each = eachPass(passes, (of) => of(over) / of(under))
    return {
      what,
      unit: 'x',
      measured: median(each),
      ...(target && { target }),
      samples,
      notes: [...notes, describePasses(each, 'x')],
    }
  }
  return [
    ratio('kept launcher / empty program', 'kept', 'empty', atMost(2.5), [
      ...scratch.notes,
      describeMedians(samples, 'us'),
    ]),
    ratio('kept launcher / /bin/true', 'kept', 'true', below(1), []),
    ratio('launcher of `run` / empty program', 'mapping', 'empty', undefined, []),
  ]
}

// How fast launchers are composed, and how large they are. No promise depends on it; it bounds what a resident process can start.

import type { Source } from '../src/base/reader.ts'
import type { LauncherFile } from '../src/launcher/launcher.ts'
import { prepare } from '../src/run/prepare.ts'
import { composeSpt, type ImageSource } from '../src/targets/spt/launcher.ts'
import { inPasses } from './launches.ts'
import type { Result } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { eachPass, median, summarizePasses } from './statistics.ts'
import { amount, describeMedians, describePasses } from './table.ts'

const BATCHES = 150
const BATCH = 50 // composes in a sample: one alone is as short as the clock's own cost
const SHAPES: readonly [name: string, image: ImageSource][] = [
  ['kept launcher', { kind: 'embedded' }],
  ['launcher of `run`', { kind: 'path' }],
]

export const compose: Row = { name: 'compose', measure }

async function measure({ effort }: Bench): Promise<readonly Result[]> {
  const { plan, file } = prepare(guest('hello'), {})
  try {
    const passes = await inPasses(async () => {
      const pass = new Map(SHAPES.map(([name]) => [name, [] as number[]]))
      for (let batch = 0; batch < effort(BATCHES) / 3; batch++) {
        for (const [name, image] of SHAPES) {
          const before = performance.now()
          for (let i = 0; i < BATCH; i++) flatten(composeSpt(plan, { image }), file.source)
          pass.get(name)?.push(((performance.now() - before) * 1000) / BATCH)
        }
      }
      return pass
    })
    const samples = summarizePasses(passes)
    return SHAPES.map(([name, image]): Result => {
      const each = eachPass(passes, (of) => 1e6 / of(name))
      const { size, records } = composeSpt(plan, { image })
      const form = `${amount(size, 'bytes')}, ${records.length} records`
      const notes = [form, describePasses(each, '/s'), describeMedians(samples, 'us')]
      return { what: `${name} of hello, as bytes`, unit: '/s', measured: median(each), samples, notes }
    })
  } finally {
    file.close()
  }
}

function flatten(launcher: LauncherFile, source: Source): Uint8Array {
  const bytes = new Uint8Array(launcher.size)
  for (const part of launcher.parts) {
    bytes.set('bytes' in part ? part.bytes : source.readAt(part.from, part.length), part.at)
  }
  return bytes
}

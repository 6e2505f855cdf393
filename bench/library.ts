// How many guests one resident process starts and sees the end of, through the library. Information: later issues promise a number.

import { run } from '../src/run/run.ts'
import { inPasses } from './launches.ts'
import type { Result } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { eachPass, median, summarizePasses } from './statistics.ts'
import { describePasses } from './table.ts'

const LAUNCHES = 600
const AT_ONCE = [1, 8]

export const library: Row = { name: 'library', measure }

async function measure({ effort }: Bench): Promise<readonly Result[]> {
  await launch(8, 8)
  const names = new Map(AT_ONCE.map((lanes) => [lanes, `${lanes} at once`]))
  const passes = await inPasses(async () => {
    const pass = new Map<string, number[]>()
    for (const [lanes, name] of names) pass.set(name, [await launch(Math.ceil(effort(LAUNCHES) / 3), lanes)])
    return pass
  })
  const samples = summarizePasses(passes)
  return [...names].map(([lanes, name]): Result => {
    const each = eachPass(passes, (of) => 1e6 / of(name))
    const what = `run() of hello to its end, ${lanes === 1 ? 'one after the other' : name}`
    return { what, unit: '/s', measured: median(each), samples, notes: [describePasses(each, '/s')] }
  })
}

/** Microseconds a launch, over `count` of them in so many lanes. */
async function launch(count: number, lanes: number): Promise<number> {
  let left = count
  const before = performance.now()
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const outcome = await run(guest('hello'), { console: 'ignore' })
      if (outcome.kind !== 'exited' || outcome.status !== 0) throw new Error(`hello came to ${JSON.stringify(outcome)}`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return ((performance.now() - before) * 1000) / count
}

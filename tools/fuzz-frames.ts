// Sends a million frames of a guest that means harm to a network: `node tools/run.mjs tools/fuzz-frames.ts [SEED] [RUNS]`. The unit tests do a fiftieth
// of it with one seed; this is for a long look with many. Ends with status 1 and the seed where something is thrown, another guest's echo does
// not come back, something stays open, or the network keeps more memory than its tables may.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createNetwork } from '../src/netstack/create-network.ts'
import { fuzzNetwork } from '../test/support/fuzz-network.ts'

const BATCH = 50_000 // frames, on a network of their own; each batch has a seed of its own
/** What may be left on the heap when a network is gone, and while one is there. */
const MOST_LEFT = 32 // MiB; what the collector has not got to yet is in it
const MOST_HELD = 64 // MiB

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const [seedText = `${Date.now() % 2 ** 32}`, runsText = '1000000'] = process.argv.slice(2)
const [seed, runs] = [Number(seedText), Number(runsText)]
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(runs) || runs < 1) {
  throw new Error('usage: node tools/run.mjs tools/fuzz-frames.ts [SEED] [RUNS]')
}

function held(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}

const before = held()
for (let done = 0; done < runs; done += BATCH) {
  const count = Math.min(BATCH, runs - done)
  let most = 0
  const look = (): void => void (most = Math.max(most, held() - before))
  const { answers, echoes, most: open, left, lines } = fuzzNetwork(createNetwork, count, seed + done / BATCH, look)
  const after = held() - before
  const opened = `${open.tcp} connections, ${open.udp} flows and ${open.names} questions open at most`
  const memory = `${most.toFixed(1)} MiB held at most, ${after.toFixed(1)} MiB left`
  console.log(
    `${done + count} frames: ${answers} answers, ${echoes} echoes; ${opened}; ${memory}; ${lines.length} lines`,
  )
  if (left.tcp + left.udp > 0) throw new Error(`seed ${seed}: ${left.tcp} connections and ${left.udp} flows stay open`)
  if (most > MOST_HELD || after > MOST_LEFT) throw new Error(`seed ${seed}: too much memory`)
}

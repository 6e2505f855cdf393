// Spoils a million files of each family and reads them: `node tools/run.mjs tools/fuzz-artefacts.ts [SEED] [RUNS] [FAMILY]`. The unit
// tests do a tenth of it with one seed; this is for a long look with many. Ends with status 1 and the seed when anything but FormatError comes
// out. Solo5 unikernels are planned as well, by readers that know where to look; `baked` are artefacts with something baked into them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fuzzArtefacts } from '../src/artefact/fuzz.ts'
import { bakedSamples, fuzzBaked } from '../src/artefact/fuzz-baked.ts'
import { fuzzFiles } from '../src/artefact/fuzz-files.ts'
import { sampleArtefact } from '../src/artefact/sample.ts'
import { SAMPLES } from '../src/artefact/samples.ts'
import { codecs } from '../src/run/codecs.ts'

const BATCH = 50_000 // runs between two lines of progress; each batch has a seed of its own
const LARGEST_SAMPLE = 256 * 1024 // bytes: every run copies its sample

const [seedText = `${Date.now() % 2 ** 32}`, runsText = '1000000', only] = process.argv.slice(2)
const seed = Number(seedText)
const runs = Number(runsText)
const withBaked = only === undefined || only === 'baked'
const families = [...SAMPLES].filter(([family]) => only === undefined || family === only)
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(runs) || runs < 1 || (families.length === 0 && !withBaked)) {
  throw new Error('usage: node tools/run.mjs tools/fuzz-artefacts.ts [SEED] [RUNS] [FAMILY]')
}

Error.stackTraceLimit = 0 // a million stacks that nobody reads
for (const [family, samples] of families) {
  if (family === 'solo5') fuzzSolo5([...madeSamples(), ...prebuiltSamples()])
  fuzzFamily(family, samples)
}
if (withBaked) fuzzWhatIsBaked(bakedSamples())

function* batches(): Generator<{ count: number; seed: number; done: number }> {
  for (let done = 0; done < runs; done += BATCH) {
    yield { count: Math.min(BATCH, runs - done), seed: seed + done / BATCH, done: Math.min(done + BATCH, runs) }
  }
}

function memory(): string {
  return `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`
}

function fuzzFamily(family: string, samples: readonly Uint8Array[]): void {
  const taken = new Map<string, number>()
  let rejected = 0
  for (const { count, seed } of batches()) {
    const result = fuzzFiles(samples, count, seed, codecs)
    rejected += result.rejected
    for (const [name, times] of result.families) taken.set(name, (taken.get(name) ?? 0) + times)
  }
  const counts = [...taken].sort(([, a], [, b]) => b - a).map(([name, times]) => `${name} ${times}`)
  console.log(`${family}, seed ${seed}, ${runs} runs: ${counts.join(', ')}; ${rejected} rejected; ${memory()}`)
}

function fuzzSolo5(samples: readonly Uint8Array[]): void {
  const reasons = new Map<string, number>()
  const sum = { accepted: 0, refused: 0, rejected: 0 }
  let most = 0
  console.log(`planned, seed ${seed}, ${runs} runs over ${samples.length} samples`)
  for (const { count, seed, done } of batches()) {
    const result = fuzzArtefacts(samples, count, seed)
    for (const key of ['accepted', 'refused', 'rejected'] as const) sum[key] += result[key]
    addReasons(reasons, result.reasons)
    most = Math.max(most, result.mostBytesRead)
    const { accepted, refused, rejected } = sum
    console.log(`${done} runs: ${accepted} accepted, ${refused} refused, ${rejected} rejected; ${memory()}`)
  }
  console.log(`at most ${most} bytes of one artefact were read; ${reasons.size} reasons to reject:`)
  showReasons(reasons)
}

function fuzzWhatIsBaked(samples: readonly Uint8Array[]): void {
  const reasons = new Map<string, number>()
  const sum = { baked: 0, plain: 0, rejected: 0, stripped: 0 }
  for (const { count, seed } of batches()) {
    const result = fuzzBaked(samples, count, seed)
    for (const key of ['baked', 'plain', 'rejected', 'stripped'] as const) sum[key] += result[key]
    addReasons(reasons, result.reasons)
  }
  const { baked, plain, rejected, stripped } = sum
  const counts = `${baked} with something baked in, ${stripped} of them stripped; ${plain} with nothing; ${rejected} rejected`
  console.log(`baked, seed ${seed}, ${runs} runs: ${counts}; ${memory()}; ${reasons.size} reasons:`)
  showReasons(reasons)
}

function addReasons(all: Map<string, number>, some: ReadonlyMap<string, number>): void {
  for (const [reason, times] of some) all.set(reason, (all.get(reason) ?? 0) + times)
}

function showReasons(reasons: ReadonlyMap<string, number>): void {
  for (const [reason, count] of [...reasons].sort(([, a], [, b]) => b - a))
    console.log(`${String(count).padStart(8)}  ${reason}`)
}

function madeSamples(): Uint8Array[] {
  const many = Array.from(
    { length: 63 },
    (_, i) => ({ name: `device${i}`, type: i % 2 === 0 ? 'net' : 'block' }) as const,
  )
  return [
    sampleArtefact(),
    sampleArtefact({ target: 'hvt', machine: 183, devices: [] }),
    sampleArtefact({ target: 'virtio', devices: many }),
    sampleArtefact({ target: 'xen', devices: many.slice(0, 3) }),
  ]
}

function prebuiltSamples(): Uint8Array[] {
  const folder = join(import.meta.dirname, '..', 'guests', 'prebuilt')
  const files = readdirSync(folder).filter((name) => name.endsWith('.spt'))
  return files.map((name) => readFileSync(join(folder, name))).filter((bytes) => bytes.length <= LARGEST_SAMPLE)
}

// Spoils a million artefacts and reads them: `node tools/run.mjs tools/fuzz-artefacts.ts [SEED] [RUNS]`. The unit tests do a tenth of
// it with one seed; this is for a long look with many. Ends with status 1 and the seed when anything but FormatError comes out.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fuzzArtefacts } from '../src/artefact/fuzz.ts'
import { sampleArtefact } from '../src/artefact/sample.ts'

const BATCH = 50_000 // runs between two lines of progress; each batch has a seed of its own
const LARGEST_SAMPLE = 256 * 1024 // bytes: every run copies its sample

const [seedText = `${Date.now() % 2 ** 32}`, runsText = '1000000'] = process.argv.slice(2)
const seed = Number(seedText)
const runs = Number(runsText)
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(runs) || runs < 1) {
  throw new Error('usage: node tools/run.mjs tools/fuzz-artefacts.ts [SEED] [RUNS]')
}

const samples = [...madeSamples(), ...prebuiltSamples()]
const reasons = new Map<string, number>()
const sum = { accepted: 0, refused: 0, rejected: 0 }
let most = 0
console.log(`seed ${seed}, ${runs} runs over ${samples.length} samples`)
for (let done = 0; done < runs; done += BATCH) {
  const result = fuzzArtefacts(samples, Math.min(BATCH, runs - done), seed + done / BATCH)
  for (const key of ['accepted', 'refused', 'rejected'] as const) sum[key] += result[key]
  for (const [reason, count] of result.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  most = Math.max(most, result.mostBytesRead)
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20)
  const { accepted, refused, rejected } = sum
  console.log(
    `${done + result.runs} runs: ${accepted} accepted, ${refused} refused, ${rejected} rejected; ${memory} MiB`,
  )
}
console.log(`at most ${most} bytes of one artefact were read; ${reasons.size} reasons to reject:`)
for (const [reason, count] of [...reasons].sort(([, a], [, b]) => b - a))
  console.log(`${String(count).padStart(8)}  ${reason}`)

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

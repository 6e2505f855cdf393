// Spoils files of every family at random and inspects them: for the tests and tools/fuzz-artefacts.ts. A run is repeatable: the same seed
// spoils the same bytes. Pure.

import { FormatError } from '../base/errors.ts'
import { writeJson } from '../base/json-text.ts'
import { sourceOf } from '../base/reader.ts'
import type { Codecs } from './codecs.ts'
import { countReads, flipBit, type Next, put, randomNumbers } from './fuzz.ts'
import type { Family } from './identification.ts'
import { identify } from './identify.ts'
import { parseInspectReport } from './parse-report.ts'
import { renderInspect } from './render-report.ts'
import { describeFile } from './report.ts'

/** Bytes that a look may cost for each of the file, and for every file: the tables that are read whatever the file has. */
const READS_PER_BYTE = 32
const READS_PER_FILE = 64 * 1024

/** Reports are written and read back after so many files: that costs a hundred times what the look does. */
const REPORT_EVERY = 200

export interface FilesResult {
  readonly runs: number
  /** How many were taken for what. */
  readonly families: ReadonlyMap<Family, number>
  readonly rejected: number
  /** How many had findings. */
  readonly odd: number
}

/**
 * Spoils one of `samples` for each run and looks at it. Throws an Error that names the seed and the run when something other than
 * FormatError comes out, when more is read than the file's size explains, or when a report has anything in it that a terminal acts on.
 */
export function fuzzFiles(
  samples: readonly Uint8Array[],
  runs: number,
  seed: number,
  codecs: Codecs = {},
): FilesResult {
  const next = randomNumbers(seed)
  const hot = startSpoiling(samples)
  const families = new Map<Family, number>()
  const counts = { rejected: 0, odd: 0 }
  for (let run = 0; run < runs; run++) {
    const bytes = spoilFile(samples, hot, next)
    const { source, total } = countReads(sourceOf(bytes))
    try {
      const found = identify(source, codecs)
      families.set(found.family, (families.get(found.family) ?? 0) + 1)
      if (found.findings.length > 0) counts.odd++
      if (run % REPORT_EVERY === 0) requireHarmless(found, bytes.length)
    } catch (error) {
      if (!(error instanceof FormatError))
        throw new Error(`seed ${seed}, run ${run}: no FormatError but the cause`, { cause: error })
      counts.rejected++
    }
    if (total() > READS_PER_FILE + READS_PER_BYTE * bytes.length) {
      throw new Error(`seed ${seed}, run ${run}: ${total()} bytes of ${bytes.length} were read`)
    }
  }
  return { runs, families, ...counts }
}

/** Nothing that a terminal acts on, and a document that is read back as it was written. */
export function requireHarmless(found: ReturnType<typeof identify>, size: number): void {
  const report = describeFile(found, { file: 'fuzz', size, slipwayVersion: '0.0.0' })
  const text = renderInspect(report)
  if (/[^\n\x20-\x7e\xa1-\u{10ffff}]|\xad|[\u200b-\u200f\u2028-\u202e]/u.test(text)) {
    throw new Error(`a terminal may act on ${JSON.stringify(text)}`)
  }
  const json = writeJson(report)
  if (writeJson(parseInspectReport(json, 'fuzz.json')) !== json) throw new Error('a report is not what was written')
}

/** Where something stands in each of the samples. */
export type HotPlaces = ReadonlyMap<Uint8Array, Uint32Array>

export function startSpoiling(samples: readonly Uint8Array[]): HotPlaces {
  return new Map(samples.map((sample) => [sample, hotPlaces(sample)]))
}

/** Places that hold something: the rest of a file is zeros, where a change changes nothing. */
function hotPlaces(bytes: Uint8Array): Uint32Array {
  const places: number[] = []
  bytes.forEach((byte, at) => {
    if (byte !== 0) places.push(at)
  })
  return Uint32Array.from(places.length === 0 ? [0] : places)
}

/** One to four changes, most of them where something stands. */
export function spoilFile(samples: readonly Uint8Array[], hot: HotPlaces, next: Next): Uint8Array {
  const sample = samples[next(samples.length)] as Uint8Array
  const places = hot.get(sample) as Uint32Array
  let bytes = Uint8Array.from(sample)
  for (let changes = 1 + next(4); changes > 0 && bytes.length > 0; changes--) {
    const view = new DataView(bytes.buffer)
    const at = Math.min(places[next(places.length)] as number, bytes.length - 1)
    switch (next(8)) {
      case 0:
        flipBit(bytes, next(bytes.length), next)
        break
      case 1:
      case 2:
        flipBit(bytes, at, next)
        break
      case 3:
        if (next(4) === 0) bytes = bytes.slice(0, next(bytes.length + 1))
        break
      case 4:
      case 5:
        put(view, at - (at % 4), next(2) === 0 ? 4 : 8, next)
        break
      case 6:
        put(view, at - (at % 2), 2, next)
        break
      default:
        splice(bytes, samples[next(samples.length)] as Uint8Array, at, next)
    }
  }
  return bytes
}

/** Bytes of another file over these. */
function splice(bytes: Uint8Array, other: Uint8Array, to: number, next: Next): void {
  const from = next(other.length)
  const length = Math.min(1 + next(100), other.length - from, bytes.length - to)
  bytes.set(other.subarray(from, from + length), to)
}

// Spoils files of every kind at random and weighs them: for the tests. A run is repeatable: the same seed spoils the same bytes. Pure.

import { FormatError } from '../../base/errors.ts'
import { writeJson } from '../../base/json-text.ts'
import { sourceOf } from '../../base/reader.ts'
import { countReads, type Next, randomNumbers } from '../fuzz.ts'
import { spoilFile, startSpoiling } from '../fuzz-files.ts'
import { drawHtml } from './html.ts'
import { describeWeighed, type WeighedFile } from './report.ts'
import { drawSvg } from './svg.ts'
import { renderWeighed } from './text.ts'
import { type ReadImage, weighSource } from './weigh.ts'
import { everyWeight, totalOf, type WeightKind } from './weight.ts'

/** Bytes that weighing may cost for each of the file, and for every file. */
const READS_PER_BYTE = 24
const READS_PER_FILE = 16 * 1024

/** Everything that shows a weight is tried after so many files: that costs a hundred times what weighing does. */
const SHOW_EVERY = 300

export interface WeighFuzzResult {
  readonly runs: number
  readonly rejected: number
  /** How many could not be looked into all the way. */
  readonly remarked: number
  /** In how many there was something of each kind. */
  readonly kinds: ReadonlyMap<WeightKind, number>
}

/**
 * Throws an Error that names the seed and the run when something other than FormatError comes out, when a byte is not counted once, when more is
 * read than the file's size explains, or when what is shown has anything in it that a terminal or a browser acts on.
 */
export function fuzzWeights(
  samples: readonly Uint8Array[],
  readImage: ReadImage,
  runs: number,
  seed: number,
): WeighFuzzResult {
  const next: Next = randomNumbers(seed)
  const hot = startSpoiling(samples)
  const kinds = new Map<WeightKind, number>()
  const counts = { rejected: 0, remarked: 0 }
  for (let run = 0; run < runs; run++) {
    const bytes = spoilFile(samples, hot, next)
    const { source, total } = countReads(sourceOf(bytes))
    try {
      const weighed = weighSource(source, { name: 'fuzz', what: 'a file', readImage })
      const all = [...everyWeight(weighed.tree)]
      if (weighed.tree.bytes !== bytes.length) throw new Error(`${weighed.tree.bytes} bytes of ${bytes.length}`)
      for (const { name, children, bytes: own } of all) {
        if (children.length > 0 && totalOf(children) !== own) throw new Error(`${JSON.stringify(name)} is no sum`)
      }
      for (const kind of new Set(all.map((weight) => weight.kind))) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      if (weighed.remarks.length > 0) counts.remarked++
      if (run % SHOW_EVERY === 0) requireHarmless({ file: 'fuzz', family: 'unknown', summary: 'a file', ...weighed })
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`seed ${seed}, run ${run}`, { cause: error })
      counts.rejected++
    }
    if (total() > READS_PER_FILE + READS_PER_BYTE * bytes.length) {
      throw new Error(`seed ${seed}, run ${run}: ${total()} bytes of ${bytes.length} were read`)
    }
  }
  return { runs, kinds, ...counts }
}

function requireHarmless(weighed: WeighedFile): void {
  const shown = [
    renderWeighed(weighed, { all: true }),
    writeJson(describeWeighed(weighed)),
    drawSvg(weighed),
    drawHtml(weighed),
  ]
  for (const text of shown) {
    if (/[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2066-\u2069\p{Surrogate}]/u.test(text)) {
      throw new Error(`somebody may act on ${JSON.stringify(text)}`)
    }
  }
}

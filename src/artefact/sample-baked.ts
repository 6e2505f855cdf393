// Artefacts with something baked into them, in memory: for tests and the fuzzer. `slipway bake` makes real ones, piece by piece. Pure.

import { concat } from '../base/concat.ts'
import { joinParts } from '../base/file-parts.ts'
import { patchFile } from '../base/patch-file.ts'
import { sourceOf } from '../base/reader.ts'
import { roundUp } from '../base/round.ts'
import { encodeBakedNote, encodeTrailer, originalOf, planBaking } from './bake.ts'
import { readBaked } from './baked.ts'
import { type BakedPart, PART_ALIGNMENT, TRAILER } from './baked-format.ts'

export interface SamplePart extends Pick<BakedPart, 'kind'> {
  readonly name?: string
  readonly format?: BakedPart['format']
  /** Of an image as many as there are: what is missing to whole pages is added. */
  readonly bytes: Uint8Array
}

export interface SampleBaking {
  readonly parts: readonly SamplePart[]
  /** What the program itself is called. */
  readonly program?: string
  /** SHA-256 in hexadecimal; a made-up one where it is not given. */
  readonly digest?: (bytes: Uint8Array) => string
}

/**
 * The file with these parts, instead of what is baked into it already.
 *
 * @example
 * ```ts
 * const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
 * sampleBaked(sampleArtefact(), { parts: [{ kind: 'config', bytes: ascii('{}') }], digest })
 * ```
 */
export function sampleBaked(file: Uint8Array, { parts, program = '', digest = madeUp }: SampleBaking): Uint8Array {
  const source = sourceOf(file)
  const baked = readBaked(source)
  const plan = planBaking(baked === undefined ? source : originalOf(source, baked), parts.length)
  const { original, originalTable, patches, noteOffset, partsOffset, trailer } = plan
  let end = partsOffset
  const written = parts.map(({ kind, name = '', format = null, bytes }) => {
    const padded = kind === 'files' ? concat([bytes, new Uint8Array(-bytes.length & (PART_ALIGNMENT - 1))]) : bytes
    const offset = end
    end = roundUp(offset + padded.length, PART_ALIGNMENT)
    const part = { kind, name, format, offset, length: padded.length, digest: digest(padded) }
    return { part, patch: { at: offset, bytes: padded } }
  })
  const size = trailer ? end + TRAILER.size : end
  const contents = written.map(({ part }) => part)
  const note = encodeBakedNote({ program, originalSize: original.size, originalTable, size, parts: contents })
  const made = [...patches, { at: noteOffset, bytes: note }, ...written.map(({ patch }) => patch)]
  const last = trailer ? [{ at: end, bytes: encodeTrailer(noteOffset, parts.length) }] : []
  return joinParts({ ...patchFile(original.size, [...made, ...last]), size }, original)
}

/** As long as one, and another for other contents; not more. */
function madeUp(bytes: Uint8Array): string {
  const sum = bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 1)
  return sum.toString(16).padStart(8, '0').repeat(8)
}

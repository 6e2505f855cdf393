// Spoils artefacts with something baked into them at random, and hands them to everything that reads what is baked in: for the tests and
// tools/fuzz-artefacts.ts. A run is repeatable: the same seed spoils the same bytes. Pure.

import { FormatError } from '../base/errors.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { PT_LOAD } from '../elf/format.ts'
import { hasElfMagic, readAnyElf } from '../elf/any.ts'
import { originalOf } from './bake.ts'
import { readBaked } from './baked.ts'
import { BAKED_NOTE_NAME, type Baked, PART_ALIGNMENT, TRAILER } from './baked-format.ts'
import { countReads, flipBit, MAX_BYTES_READ, type Next, put, randomNumbers } from './fuzz.ts'
import { requireHarmless } from './fuzz-files.ts'
import { identify } from './identify.ts'
import { sampleArtefact } from './sample.ts'
import { sampleBaked, type SamplePart } from './sample-baked.ts'
import { sampleBzImage } from './sample-boot.ts'
import { sampleUnikraft } from './samples.ts'
import { readWholeArtefact } from './whole-artefact.ts'

export interface BakedResult {
  readonly runs: number
  /** Files in which something is baked, nothing (any more), and those that were rejected. */
  readonly baked: number
  readonly plain: number
  readonly rejected: number
  /** How many of the first could be stripped. */
  readonly stripped: number
  /** How often each reason was met: `BAD_VALUE baked.part[].offset`. */
  readonly reasons: ReadonlyMap<string, number>
}

/** A unikernel with parts of every kind, one with many, and files of other families, with a trailer. */
export function bakedSamples(): readonly Uint8Array[] {
  const disks = Array.from({ length: 8 }, (_, i) => ({ name: `disk${i}`, type: 'block' }) as const)
  const program = sampleArtefact({ devices: disks })
  const image = (name: string): SamplePart => ({ kind: 'files', name, format: 'tar', bytes: Uint8Array.of(1) })
  const config: SamplePart = { kind: 'config', bytes: Uint8Array.of(0x7b, 0x7d) }
  const worker: SamplePart = { kind: 'program', name: 'worker', bytes: sampleArtefact({ devices: disks.slice(0, 1) }) }
  const document: SamplePart = { kind: 'rumpconfig', name: 'disk0', bytes: Uint8Array.of(0x7b, 0x7d) }
  return [
    sampleBaked(program, { parts: [config, document, worker, image('disk0')], program: 'shop' }),
    sampleBaked(program, { parts: disks.map(({ name }) => image(name)) }),
    sampleBaked(sampleArtefact({ target: 'hvt', machine: 183, devices: disks }), { parts: [image('disk7')] }),
    sampleBaked(sampleBzImage(), { parts: [config, image('disk0')] }),
    sampleBaked(sampleUnikraft(), { parts: [config, document, image('disk0')] }),
  ]
}

/**
 * Spoils one of `samples` for each run and reads it. Throws an Error that names the seed and the run when something other than FormatError
 * comes out, when more is read than an artefact costs, and when what is accepted breaks a promise: parts apart from each other and from
 * what is loaded, a program that can be taken out, or a report that a terminal does not act on.
 */
export function fuzzBaked(samples: readonly Uint8Array[], runs: number, seed: number): BakedResult {
  const next = randomNumbers(seed)
  const places = new Map(samples.map((sample) => [sample, placesOf(sample)]))
  const reasons = new Map<string, number>()
  const counts = { baked: 0, plain: 0, rejected: 0, stripped: 0 }
  for (let run = 0; run < runs; run++) {
    const source = sourceOf(mutate(samples, places, next))
    try {
      const baked = readCounted(source)
      counts[baked === undefined ? 'plain' : 'baked']++
      if (baked !== undefined && isStripped(source, baked)) counts.stripped++
      lookAtAll(source, run)
    } catch (error) {
      if (!(error instanceof FormatError))
        throw new Error(`seed ${seed}, run ${run}: no FormatError but the cause`, { cause: error })
      counts.rejected++
      const reason = `${error.code} ${error.field.replaceAll(/[0-9]+/g, '')}`
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
  }
  return { runs, ...counts, reasons }
}

function readCounted(source: Source): Baked | undefined {
  const counted = countReads(source)
  const requireLittle = (): void => {
    if (counted.total() > MAX_BYTES_READ) throw new Error(`${counted.total()} bytes were read`)
  }
  try {
    const baked = readBaked(counted.source)
    if (baked !== undefined) requirePromises(source, baked)
    requireLittle()
    return baked
  } catch (error) {
    requireLittle()
    throw error
  }
}

/** What everybody may rely on who has read a note. */
function requirePromises(source: Source, { parts, originalSize, note, size }: Baked): void {
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what)
  }
  demand(originalSize <= note.offset && size <= source.size, 'program, note and parts are not in this order')
  let end = note.offset + note.size
  for (const { offset, length } of parts) {
    demand(offset >= end && offset % PART_ALIGNMENT === 0 && length > 0, `a part at ${offset}`)
    end = offset + length
  }
  demand(end <= size, `parts up to ${end} of ${size}`)
  const headers = hasElfMagic(source) ? readAnyElf(source).programHeaders : []
  for (const { type, offset, filesz } of headers) {
    const loaded = type === PT_LOAD && filesz > 0n && offset + filesz > BigInt(originalSize)
    demand(!loaded, `${filesz} bytes from ${offset} are loaded`)
  }
}

/** Where a file has grown, or its program is no ELF file that can be read, it is refused. */
function isStripped(source: Source, baked: Baked): boolean {
  try {
    const original = originalOf(source, baked)
    original.readAt(0, original.size)
    return true
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}

/** Reports are written after so many files: that costs many times what the look does. */
const REPORT_EVERY = 50
const USUAL_MEMORY = 512 * 2 ** 20

function lookAtAll(source: Source, run: number): void {
  const found = identify(source)
  if (run % REPORT_EVERY === 0) requireHarmless(found, source.size)
  if (found.artefact !== undefined) readWholeArtefact(source, USUAL_MEMORY)
}

/** Where fields lie: headers, the table that has moved, the note and the trailer. */
function placesOf(sample: Uint8Array): readonly [from: number, length: number][] {
  const baked = readBaked(sourceOf(sample)) as Baked
  const { originalSize, note } = baked
  const table = Math.ceil(originalSize / PART_ALIGNMENT) * PART_ALIGNMENT
  return [
    [0, 64],
    [table, note.offset - table],
    [note.offset, BAKED_NOTE_NAME.length + 12],
    [note.offset, note.size],
    [note.offset, note.size],
    [sample.length - TRAILER.size, TRAILER.size],
  ]
}

/** One to three changes, most of them where a field lies. */
function mutate(
  samples: readonly Uint8Array[],
  places: ReadonlyMap<Uint8Array, readonly [number, number][]>,
  next: Next,
): Uint8Array {
  const sample = samples[next(samples.length)] as Uint8Array
  const ranges = places.get(sample) as readonly [number, number][]
  let bytes = Uint8Array.from(sample)
  for (let changes = 1 + next(3); changes > 0 && bytes.length > 0; changes--) {
    const view = new DataView(bytes.buffer)
    const [from, length] = ranges[next(ranges.length)] as [number, number]
    const at = Math.min(from + next(length), bytes.length - 1)
    switch (next(8)) {
      case 0:
        flipBit(bytes, next(bytes.length), next)
        break
      case 1:
        flipBit(bytes, at, next)
        break
      case 2:
        if (next(4) === 0) bytes = bytes.slice(0, next(bytes.length + 1))
        break
      case 3:
        put(view, at - (at % 2), 2, next)
        break
      case 4:
        put(view, at - (at % 4), 4, next)
        break
      case 5:
        // One of the numbers that stand in the note already: an offset of another part, a size.
        putCopy(view, at - (at % 4), from + next(length))
        break
      default:
        putPage(view, at - (at % 4), next)
    }
  }
  return bytes
}

function putCopy(view: DataView, to: number, from: number): void {
  const at = from - (from % 4)
  if (at + 8 <= view.byteLength && to + 8 <= view.byteLength) view.setBigUint64(to, view.getBigUint64(at, true), true)
}

/** A page of the file, give or take one, or an extreme value. */
function putPage(view: DataView, at: number, next: Next): void {
  if (next(2) === 0) put(view, at, 8, next)
  else if (at + 8 <= view.byteLength)
    view.setBigUint64(at, BigInt(next(view.byteLength / PART_ALIGNMENT + 2) * PART_ALIGNMENT), true)
}

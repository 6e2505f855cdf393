// Spoils artefacts at random and hands them to everything that reads one: for the tests and tools/fuzz-artefacts.ts.
// A run is repeatable: the same seed spoils the same bytes. Pure.

import { FormatError } from '../base/errors.ts'
import { writeJson } from '../base/json-text.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { ELF_HEADER_SIZE, HEADER, PROGRAM_HEADER, PROGRAM_HEADER_SIZE } from '../elf/format.ts'
import { layOut, readArtefact, requireTrusted } from './artefact.ts'
import { MAX_BAKED_DESCRIPTOR } from './baked-format.ts'
import { parseInspectReport } from './parse-report.ts'
import { identifyArtefact } from './families/solo5.ts'
import { renderInspect } from './render-report.ts'
import { describeFile } from './report.ts'

/**
 * Bytes that reading one artefact may cost, however large it claims to be: magic and header, 1024 program headers, the beginning of 256
 * notes, one ABI descriptor, one manifest and one note about baked parts.
 */
export const MAX_BYTES_READ: number = 68 + 1024 * 56 + 256 * 76 + 32 + 6668 + MAX_BAKED_DESCRIPTOR

/** What a guest gets where the operator says nothing. */
const MEMORY = 512 * 2 ** 20

/** The values at which arithmetic on 64 and 32 bits goes wrong. */
const EXTREMES = [
  0n,
  1n,
  3n,
  0xfffn,
  0x1000n,
  0xfffffn,
  0x100000n,
  0x200000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  2n ** 45n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 0x1000n,
  2n ** 64n - 1n,
] as const

export interface FuzzResult {
  readonly runs: number
  /** Artefacts in which nothing was found that a run refuses, that a run refuses, and that could not be decoded. */
  readonly accepted: number
  readonly refused: number
  readonly rejected: number
  /** How often each reason was met: `BAD_VALUE phdr[].p_align`. */
  readonly reasons: ReadonlyMap<string, number>
  /** The most bytes that one artefact made its readers ask for. */
  readonly mostBytesRead: number
}

/**
 * Spoils one of `samples` for each run and reads it. Throws an Error that names the seed and the run when something other than
 * FormatError comes out, when more is read than MAX_BYTES_READ, or when a report has anything in it that a terminal acts on.
 *
 * @example
 * ```ts
 * fuzzArtefacts([bytes], 1000, 42).accepted
 * ```
 */
export function fuzzArtefacts(samples: readonly Uint8Array[], runs: number, seed: number): FuzzResult {
  const next = randomNumbers(seed)
  const reasons = new Map<string, number>()
  const counts = { accepted: 0, refused: 0, rejected: 0 }
  let mostBytesRead = 0
  for (let run = 0; run < runs; run++) {
    const bytes = mutate(samples, next)
    const counted = countReads(sourceOf(bytes))
    try {
      counts[readEverything(counted.source)]++
    } catch (error) {
      if (!(error instanceof FormatError))
        throw new Error(`seed ${seed}, run ${run}: no FormatError but the cause`, { cause: error })
      counts.rejected++
      const reason = `${error.code} ${error.field.replaceAll(/[0-9]+/g, '')}`
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
    mostBytesRead = Math.max(mostBytesRead, counted.total())
    if (counted.total() > MAX_BYTES_READ)
      throw new Error(`seed ${seed}, run ${run}: ${counted.total()} bytes were read`)
  }
  return { runs, ...counts, reasons, mostBytesRead }
}

/** All that inspecting and planning do with a file. Throws FormatError where it cannot be decoded. */
function readEverything(source: Source): 'accepted' | 'refused' {
  const artefact = readArtefact(source)
  const report = describeFile(identifyArtefact(artefact), {
    file: 'fuzz.spt',
    size: source.size,
    slipwayVersion: '0.0.0',
  })
  const text = renderInspect(report)
  if (/[^\n\x20-\x7e\xa1-\xff…]|\xad/.test(text)) throw new Error(`a terminal may act on ${JSON.stringify(text)}`)
  const json = writeJson(report)
  if (writeJson(parseInspectReport(json, 'fuzz.json')) !== json) throw new Error('a report is not what was written')
  try {
    requireTrusted(artefact)
    layOut(artefact, MEMORY)
  } catch (error) {
    if (error instanceof FormatError) return 'refused'
    throw error
  }
  if (report.minimumMemory === null) throw new Error('what is accepted has no minimum memory')
  return 'accepted'
}

/** A source that counts the bytes it is asked for. */
export function countReads(source: Source): { source: Source; total: () => number } {
  let total = 0
  const readAt = (offset: number, length: number): Uint8Array => {
    total += length
    return source.readAt(offset, length)
  }
  return { source: { size: source.size, readAt }, total: () => total }
}

export type Next = (below: number) => number

/** One to four changes, most of them where a reader looks. */
function mutate(samples: readonly Uint8Array[], next: Next): Uint8Array {
  const pick = (): Uint8Array => samples[next(samples.length)] as Uint8Array
  let bytes = Uint8Array.from(pick())
  for (let changes = 1 + next(4); changes > 0 && bytes.length > 0; changes--) {
    const view = new DataView(bytes.buffer)
    switch (next(8)) {
      case 0:
        flipBit(bytes, next(bytes.length), next)
        break
      case 1:
        flipBit(bytes, interesting(bytes, next), next)
        break
      case 2:
        bytes = bytes.slice(0, next(bytes.length + 1))
        break
      case 3:
        setHeaderField(view, next)
        break
      case 4:
      case 5:
        setProgramHeaderField(view, next)
        break
      case 6:
        setWord(view, interesting(bytes, next), next)
        break
      default:
        splice(bytes, pick(), next)
    }
  }
  return bytes
}

/** A place in the headers or in one of the notes, which are few bytes of the whole. */
function interesting(bytes: Uint8Array, next: Next): number {
  const headers = ELF_HEADER_SIZE + 10 * PROGRAM_HEADER_SIZE
  if (next(2) === 0) return next(Math.min(bytes.length, headers))
  const name = Math.max(0, indexOfNote(bytes, next))
  return Math.min(bytes.length - 1, name + next(300))
}

/** Where one of the Solo5 notes begins, found by its name. */
function indexOfNote(bytes: Uint8Array, next: Next): number {
  let skip = next(2)
  for (let i = 12; i + 6 <= bytes.length; i += 4) {
    const named = bytes[i] === 0x53 && bytes[i + 1] === 0x6f && bytes[i + 2] === 0x6c && bytes[i + 4] === 0x35
    if (named && skip-- === 0) return i - 12
  }
  return 0
}

export function flipBit(bytes: Uint8Array, at: number, next: Next): void {
  bytes[at] = (bytes[at] as number) ^ (1 << next(8))
}

function setHeaderField(view: DataView, next: Next): void {
  const fields = Object.values(HEADER)
  put(view, fields[next(fields.length)] as number, next(2) === 0 ? 2 : 8, next)
}

function setProgramHeaderField(view: DataView, next: Next): void {
  const fields = Object.values(PROGRAM_HEADER)
  const at = ELF_HEADER_SIZE + next(11) * PROGRAM_HEADER_SIZE + (fields[next(fields.length)] as number)
  put(view, at, next(4) === 0 ? 4 : 8, next)
}

function setWord(view: DataView, at: number, next: Next): void {
  put(view, at - (at % 4), 4, next)
}

/** An extreme value, or one that is a little off the one that is there. */
export function put(view: DataView, at: number, width: 2 | 4 | 8, next: Next): void {
  if (at < 0 || at + 8 > view.byteLength) return
  const there = view.getBigUint64(at, true)
  const extreme = EXTREMES[next(EXTREMES.length)] as bigint
  const value = BigInt.asUintN(width * 8, next(3) === 0 ? there + BigInt(next(17) - 8) : extreme)
  if (width === 8) view.setBigUint64(at, value, true)
  else if (width === 4) view.setUint32(at, Number(value), true)
  else view.setUint16(at, Number(value), true)
}

/** Bytes of another sample over these: whole notes and headers in places where they do not belong. */
function splice(bytes: Uint8Array, other: Uint8Array, next: Next): void {
  const from = next(other.length)
  const length = Math.min(1 + next(300), other.length - from)
  const to = interesting(bytes, next)
  bytes.set(other.subarray(from, from + Math.min(length, bytes.length - to)), to)
}

/** Whole numbers below a limit, the same ones for the same seed (a 32-bit xorshift register, whose state must not be 0). */
export function randomNumbers(seed: number): Next {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * below)
  }
}

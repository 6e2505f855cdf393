// The text that an importer reads: bytes of unknown making, as the string that a guest would have made of them, with the place of every
// offset. Also keeps what was tolerated. Pure.

import { ConfigError, type ConfigErrorCode } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'

/** What a real guest lets pass although whoever wrote it may have meant something else. Lines and columns count from 1. */
export interface Notice {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** A text with thousands of stray commas is told about its first ones. */
const MAX_NOTICES = 100

/** Bytes: what a guest reads of a file at most (docs/discoveries/rumprun.md); on a command line there is less room (`carriers.ts`). */
export const MAX_GUEST_TEXT: number = 64 * 1024

/** The text of one document. Its methods throw ConfigError, and nothing else. */
export class SourceText {
  readonly file: string
  readonly text: string
  readonly #lineStarts: readonly number[]
  readonly #notices: Notice[] = []
  #left = 0

  private constructor(file: string, text: string) {
    this.file = file
    this.text = text
    this.#lineStarts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((end) => end.index + end[0].length)]
  }

  /** Reads UTF-8. A guest holds its configuration as a C string, so a NUL ends it: what stands behind one is left out with a notice. */
  static of(bytes: Uint8Array, file: string, most: number = MAX_GUEST_TEXT): SourceText {
    if (bytes.length > most) {
      const problem = `has ${bytes.length} bytes, at most ${most} are read`
      throw new ConfigError('LIMIT', { file, line: 1, column: 1 }, problem)
    }
    const end = bytes.indexOf(0)
    const source = new SourceText(file, decode(end < 0 ? bytes : bytes.subarray(0, end), file))
    if (end >= 0) source.tolerate(source.text.length, 'a NUL ends the text; what stands behind it is not read')
    return source
  }

  /** Where an offset lies; a column is a UTF-16 code unit, as editors count. */
  placeOf(offset: number): { file: string; line: number; column: number } {
    let low = 0
    let high = this.#lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.#lineStarts[middle] as number) <= offset) low = middle
      else high = middle
    }
    return { file: this.file, line: low + 1, column: offset - (this.#lineStarts[low] as number) + 1 }
  }

  fail(code: ConfigErrorCode, offset: number, problem: string, advice?: string): never {
    throw new ConfigError(code, this.placeOf(offset), problem, advice)
  }

  tolerate(offset: number, message: string): void {
    if (this.#notices.length === MAX_NOTICES) {
      this.#left++
      return
    }
    const { line, column } = this.placeOf(offset)
    this.#notices.push({ line, column, message })
  }

  /** In the order of the text. */
  notices(): readonly Notice[] {
    const sorted = this.#notices.toSorted((a, b) => a.line - b.line || a.column - b.column)
    const last = sorted.at(-1)
    if (this.#left === 0 || last === undefined) return sorted
    return [...sorted, { ...last, message: `${this.#left} further things were tolerated` }]
  }
}

/** Guests look for this word anywhere, before they look for a configuration (docs/discoveries/rumprun.md). */
const ELSEWHERE = /_RUMPRUN_ROOTFSCFG=\/*([^]*)/

/** Refuses a text that only says where the configuration is. */
export function requireConfigurationHere(source: SourceText): void {
  const found = ELSEWHERE.exec(source.text)
  if (found === null) return
  const problem = `the configuration is the file ${quote(found[1] as string)} of the root file system`
  source.fail('BAD_VALUE', found.index, problem, 'take it out of there, and import that file')
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ConfigError('SYNTAX', { file, line: 1, column: 1 }, 'is not valid UTF-8')
  }
}

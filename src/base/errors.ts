// The error classes of Slipway: few and flat. Programs match on `code`; people read `message`, which holds its own facts
// and ends with advice. Pure.

import { quote } from './quote.ts'

/** The command is several bundles, and each has classes of its own: what one throws, another has to know. */
const BRAND: unique symbol = Symbol.for('slipway.error')

/** What all of Slipway's errors share, so that one `instanceof` separates them from our own bugs. */
export class SlipwayError extends Error {
  readonly code: string
  /** What to do about it: one sentence, printed on a line of its own. */
  readonly advice: string | undefined

  constructor(name: string, code: string, message: string, options?: { cause?: unknown; advice?: string | undefined }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = name
    this.code = code
    this.advice = options?.advice
  }

  get [BRAND](): true {
    return true
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== SlipwayError) return Object.prototype.isPrototypeOf.call(this.prototype, value as object)
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

/** Why bytes were refused. TRUNCATED: they end too early. BAD_MAGIC: not this format at all. UNSUPPORTED: a known format, but a
 * version or kind that is not handled. BAD_VALUE: a field contradicts the format or another field. LIMIT: larger than a named limit. */
export type FormatErrorCode = 'TRUNCATED' | 'BAD_MAGIC' | 'UNSUPPORTED' | 'BAD_VALUE' | 'LIMIT'

/** Bytes that are not what they claim to be. `field` names the part (`phdr[2].p_align`), `offset` where it lies in the input. */
export class FormatError extends SlipwayError {
  declare readonly code: FormatErrorCode
  readonly field: string
  readonly offset: number
  /** The message without field and offset, for reports that show those in columns of their own. */
  readonly problem: string

  constructor(code: FormatErrorCode, field: string, offset: number, problem: string, advice?: string) {
    super('FormatError', code, `${field} at offset ${offset}: ${problem}`, { advice })
    this.field = field
    this.offset = offset
    this.problem = problem
  }
}

/** NOT_WIRED: a declared device has no wire. NOT_DECLARED: a wire has no device, or one of the other type. CONFLICT: two wires lead to
 * one resource. UNSUITED: the resource is not what the device needs (size, MTU, kind). */
export type WiringErrorCode = 'NOT_WIRED' | 'NOT_DECLARED' | 'CONFLICT' | 'UNSUITED'

/** The operator's wiring does not match what the artefact declares. */
export class WiringError extends SlipwayError {
  declare readonly code: WiringErrorCode
  constructor(code: WiringErrorCode, message: string, advice?: string) {
    super('WiringError', code, message, { advice })
  }
}

/** CONFLICT: layers that no rule puts together. BAKED_SECRET: an artefact refers to a secret. NO_SECRET: one that cannot be had, or must not be
 * kept. INEXPRESSIBLE: a setting that this guest cannot be told. */
export type ConfigErrorCode =
  | 'SYNTAX'
  | 'DUPLICATE_KEY'
  | 'UNKNOWN_KEY'
  | 'BAD_VALUE'
  | 'NEWER_SCHEMA'
  | 'LIMIT'
  | 'CONFLICT'
  | 'BAKED_SECRET'
  | 'NO_SECRET'
  | 'INEXPRESSIBLE'

/** Where in a document something stands; lines and columns count from 1. */
export type ErrorPlace = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path?: readonly (string | number)[]
}

/** Words that stand in no file: `--set env.A=1`. */
export type ErrorWords = { readonly words: string; readonly path?: readonly (string | number)[] }

/** A document for people (JSON), or what else says the same, that cannot be used. */
export class ConfigError extends SlipwayError {
  declare readonly code: ConfigErrorCode
  /** What was read; the words themselves where there is no file. */
  readonly file: string
  /** From 1; 0 where there is no file. */
  readonly line: number
  readonly column: number
  /** Keys and indexes from the root to the offending value. */
  readonly path: readonly (string | number)[]

  constructor(code: ConfigErrorCode, where: ErrorPlace | ErrorWords, problem: string, advice?: string) {
    const place = 'words' in where ? { file: where.words, line: 0, column: 0 } : where
    const named = 'words' in where ? quote(where.words) : `${quote(where.file)}:${where.line}:${where.column}`
    super('ConfigError', code, `${named}: ${problem}`, { advice })
    this.file = place.file
    this.line = place.line
    this.column = place.column
    this.path = where.path ?? []
  }
}

export type HostErrorCode =
  | 'NOT_FOUND'
  | 'NOT_PERMITTED'
  | 'NOT_A_FILE'
  | 'CHANGED'
  | 'UNSUPPORTED_HOST'
  | 'NO_EXECUTABLE_PLACE'
  | 'EXISTS'
  | 'IN_USE'
  | 'EXHAUSTED'
  | 'IO'

/** The machine refused something that the plan needs. `cause` keeps the system's own error. */
export class HostError extends SlipwayError {
  declare readonly code: HostErrorCode
  constructor(code: HostErrorCode, message: string, options?: { cause?: unknown; advice?: string | undefined }) {
    super('HostError', code, message, options)
  }
}

export type UsageErrorCode = 'BAD_ARGUMENT' | 'MISSING_ARGUMENT' | 'LIMIT'

/** The command line, or an argument of a library function, makes no sense. */
export class UsageError extends SlipwayError {
  declare readonly code: UsageErrorCode
  constructor(code: UsageErrorCode, message: string, advice?: string) {
    super('UsageError', code, message, { advice })
  }
}

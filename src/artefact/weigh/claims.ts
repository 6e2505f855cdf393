// What a file says about its own bytes, from the outside to the inside. Pure.

import type { Claim } from './ranges.ts'

export interface Claims {
  /** Segments, or what they are in other files; what is baked in. */
  readonly outer: readonly Claim[]
  /** Sections and headers; baked parts. */
  readonly inner: readonly Claim[]
  readonly innermost: readonly Claim[]
  /** What could not be looked at, and why: a line each, in which what comes out of the file is quoted. */
  readonly remarks: readonly string[]
  /** Bytes of memory that begin as zeros, which the file does not have; undefined where that is not known. */
  readonly memoryOnly: number | undefined
}

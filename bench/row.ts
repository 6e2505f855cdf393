// What a row of the bench is given, and what it gives back.

import { dirname, join } from 'node:path'
import type { Result } from './result.ts'

export type Bench = {
  /** A directory for programs, with what is to be said about it. */
  readonly scratch: { readonly path: string; readonly notes: readonly string[] }
  /** How many of so many samples to take. */
  readonly effort: (samples: number) => number
  /** Further Node.js executables, from the command line. */
  readonly nodes: readonly string[]
}

export type Row = {
  readonly name: string
  /** Throws Lack for what the machine does not offer. */
  readonly measure: (bench: Bench) => Promise<readonly Result[]>
}

export const ROOT = dirname(import.meta.dirname)

export function guest(name: string): string {
  return join(ROOT, 'guests', 'prebuilt', `${name}.spt`)
}

// What a row of the bench finds, and whether that keeps the promise. Pure.

import type { Summary } from './statistics.ts'

export type Unit = 'x' | 'ms' | 'us' | 'ns' | 'KiB' | 'bytes' | '/s' | 'Gbit/s' | 's/GB' | 'guests' | 'left'

export type Target = { readonly comparison: '<=' | '<' | '>='; readonly limit: number }

export type Figure = {
  readonly what: string
  readonly unit: Unit
  readonly measured: number
  /** Without one, the figure is information. */
  readonly target?: Target
  /** What the figure was made of; units are in the names where they are not the figure's. */
  readonly samples: Readonly<Record<string, Summary>>
  readonly notes?: readonly string[]
}

export type Skipped = { readonly what: string; readonly skipped: string }

export type Result = Figure | Skipped

/** Something that a row needs and this machine does not have: the row is skipped with this message, which says what would mend it. */
export class Lack extends Error {
  override readonly name = 'Lack'
}

export function atMost(limit: number): Target {
  return { comparison: '<=', limit }
}

export function atLeast(limit: number): Target {
  return { comparison: '>=', limit }
}

export function below(limit: number): Target {
  return { comparison: '<', limit }
}

/** Undefined for a figure without a target. */
export function isMet({ measured, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined
  switch (target.comparison) {
    case '<':
      return measured < target.limit
    case '<=':
      return measured <= target.limit
    case '>=':
      return measured >= target.limit
  }
}

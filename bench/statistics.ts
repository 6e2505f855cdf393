// What is made of samples. Medians and bests only: on a machine that others use as well, a mean tells more about them. Pure.

/** Quartiles show how noisy the machine was; `best` is the lowest sample, which noise can only have made worse. */
export type Summary = {
  readonly count: number
  readonly best: number
  readonly lower: number
  readonly median: number
  readonly upper: number
}

/** Samples by the name of what was measured, all taken in turns in one go. */
export type Pass = ReadonlyMap<string, readonly number[]>

/**
 * The value below which the given part of the samples lies, between two samples where it falls between them. Throws RangeError for no
 * samples, and for a part outside 0 to 1.
 *
 * @example
 * ```ts
 * quantile([4, 1, 3, 2], 0.5) // 2.5
 * ```
 */
export function quantile(samples: readonly number[], part: number): number {
  if (samples.length === 0 || !(part >= 0 && part <= 1)) throw new RangeError('a quantile of nothing')
  const sorted = samples.toSorted((a, b) => a - b)
  const at = part * (sorted.length - 1)
  const below = sorted[Math.floor(at)] as number
  const above = sorted[Math.ceil(at)] as number
  return below + (above - below) * (at - Math.floor(at))
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

export function summarize(samples: readonly number[]): Summary {
  return {
    count: samples.length,
    best: quantile(samples, 0),
    lower: quantile(samples, 0.25),
    median: median(samples),
    upper: quantile(samples, 0.75),
  }
}

/** A summary for each name over all passes, in the order of the first pass. */
export function summarizePasses(passes: readonly Pass[]): Record<string, Summary> {
  const names = [...(passes[0]?.keys() ?? [])]
  return Object.fromEntries(names.map((name) => [name, summarize(passes.flatMap((pass) => pass.get(name) ?? []))]))
}

/**
 * A figure made of one pass's medians, for every pass: their spread says what a single measurement on this machine is worth.
 *
 * @example
 * ```ts
 * const pass = new Map([['a', [6, 6]], ['b', [2, 2]]])
 * eachPass([pass], (of) => of('a') / of('b')) // [3]
 * ```
 */
export function eachPass(passes: readonly Pass[], figure: (median: (name: string) => number) => number): number[] {
  return passes.map((pass) => figure((name) => median(pass.get(name) ?? [])))
}

/**
 * The order of `count` things in a round. Who comes first changes from round to round, and every other round runs backwards: otherwise
 * each thing would always meet the caches that the same other one has left.
 */
export function orderOf(round: number, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => (i + round) % count)
  return round % 2 === 0 ? order : order.reverse()
}

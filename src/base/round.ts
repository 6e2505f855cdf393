// Rounding to a unit, for addresses, offsets and sizes. Pure.

/** The next multiple of `unit`, or the value itself. Exact for whole numbers up to 2^53. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit
}

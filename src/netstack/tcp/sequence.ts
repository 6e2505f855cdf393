// Sequence numbers (RFC 9293, 3.4): 32 bits on a circle, kept as signed integers, since those are never boxed. Pure.

/** How far `to` lies ahead of `from`; negative where it lies behind. */
export function ahead(from: number, to: number): number {
  return (to - from) | 0
}

export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

export function later(a: number, b: number): number {
  return ((a - b) | 0) > 0 ? a : b
}

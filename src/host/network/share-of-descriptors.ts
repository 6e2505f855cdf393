// How many descriptors of this process one guest may take: not so many that others go without.

import { readFileSync } from 'node:fs'

const USUAL = 1024

/** Half of what the process may have. */
export function shareOfDescriptors(): number {
  return Math.floor(maxDescriptors() / 2)
}

function maxDescriptors(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
  } catch {
    return USUAL
  }
}

// IPv6 addresses as text (RFC 4291 2.2) and as the eight groups of 16 bits that they are. Pure.

import { parseIpv4 } from './ipv4.ts'

const GROUPS = 8
const GROUP = /^[0-9A-Fa-f]{1,4}$/

/**
 * The eight groups of an address; undefined for any other spelling, for one with a zone too. The last two groups may be spelt as IPv4.
 *
 * @example
 * ```ts
 * parseIpv6('fd00::2') // [0xfd00, 0, 0, 0, 0, 0, 0, 2]
 * ```
 */
export function parseIpv6(text: string): readonly number[] | undefined {
  const [before = '', after, ...more] = text.split('::', 3)
  if (more.length > 0) return undefined
  const tail = after === undefined ? [] : groupsOf(after)
  const head = groupsOf(before, after !== undefined)
  if (head === undefined || tail === undefined) return undefined
  const missing = GROUPS - head.length - tail.length
  // `::` stands for one group at least.
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array<number>(missing).fill(0), ...tail]
}

/** Groups with single colons between them; only what stands last may end in an IPv4 address. */
function groupsOf(text: string, moreFollows = false): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':', GROUPS + 1)
  const groups: number[] = []
  for (const [i, part] of parts.entries()) {
    const ipv4 = !moreFollows && i === parts.length - 1 ? parseIpv4(part) : undefined
    if (ipv4 !== undefined) groups.push(ipv4 >>> 16, ipv4 & 0xffff)
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

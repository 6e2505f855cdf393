// Which parameters an image takes: its own list (docs/discoveries/command-lines.md), as inspect reads it. Pure.

import { quote } from '../../../base/quote.ts'
import type { Guest, Refuse } from '../dialect.ts'

/** What an image takes; without its list, whatever the newer ones take. */
export interface Parameters {
  /** Undefined where there is no list. */
  readonly names: readonly string[] | undefined
  readonly has: (name: string) => boolean
  /** Refuses a setting for which the image has no parameter, or no room. */
  readonly require: (name: string, key: string, count: number) => void
}

/** Of images up to 0.16.0. */
const OLD_NAMES: ReadonlySet<string> = new Set([
  'netdev.ipv4_addr',
  'netdev.ipv4_gw_addr',
  'netdev.ipv4_subnet_mask',
  'vfs.rootfs',
])

export function parametersOf({ parameters }: Guest, refuse: Refuse): Parameters {
  if (parameters === undefined) return { names: undefined, has: (name) => !OLD_NAMES.has(name), require: () => {} }
  // An old image's list has the names without their prefix.
  const find = (name: string) =>
    parameters.find((each) => each.name === name || each.name === name.replace(/^[^.]*\./, ''))
  return {
    names: parameters.map(({ name }) => name),
    has: (name) => find(name) !== undefined,
    require: (name, key, count) => {
      const found = find(name)
      if (found === undefined) {
        const advice = `it lists ${parameters.length === 0 ? 'none' : parameters.map((each) => quote(each.name, 40)).join(', ')}`
        return refuse(key, `needs the parameter ${name}, which the image does not have`, advice)
      }
      if (count > Math.max(found.count, 1)) {
        refuse(
          key,
          `is one of ${count} values for ${name}, and the image has room for ${found.count}`,
          undefined,
          'LIMIT',
        )
      }
    },
  }
}

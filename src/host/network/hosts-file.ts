// The machine's own table of names (hosts(5)), for questions that cannot wait for the machine's resolver.

import { readFileSync, statSync } from 'node:fs'
import { isIPv4, isIPv6 } from 'node:net'

const MAX_SIZE = 4 * 1024 * 1024 // bytes: lists of blocked names are long, but not longer

export type HostsFile = {
  /** Of a name in lower case; undefined where it is not in the table. */
  readonly addressesOf: (name: string) => readonly string[] | undefined
}

/** Read again whenever it has changed; while it cannot be, for want of a descriptor, what was read last holds. */
export function hostsFile(path = '/etc/hosts'): HostsFile {
  let version = ''
  let table: ReadonlyMap<string, readonly string[]> = new Map()
  return {
    addressesOf: (name) => {
      const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
      const current = stats === undefined ? '' : `${stats.ino} ${stats.mtimeNs} ${stats.size}`
      if (current !== version) {
        const text = stats === undefined || stats.size > MAX_SIZE ? '' : readQuietly(path)
        if (text !== undefined) {
          version = current
          table = parseHosts(text)
        }
      }
      return table.get(name)
    },
  }
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Names in lower case with all of their addresses, in the order of the lines. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (!isIPv4(address) && !isIPv6(address)) continue
    for (const name of names) {
      const known = table.get(name.toLowerCase())
      if (known === undefined) table.set(name.toLowerCase(), [address])
      else known.push(address)
    }
  }
  return table
}

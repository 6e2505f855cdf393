// Names that are there to choose from: files of a directory, TAP interfaces. For proposals only: what cannot be read is an empty list.

import { readdirSync, readFileSync } from 'node:fs'

const IFF_TAP = 2 // linux/if_tun.h
const MOST = 2000 // names: nobody looks at more

/**
 * Files and directories (those with a slash at the end), in order. Without hidden ones, and without names that a terminal or a list of lines
 * would take for something else.
 */
export function namesIn(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    const shown = entries.filter(({ name }) => !/^\.|\p{Cc}/u.test(name)).slice(0, MOST)
    return shown.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).toSorted()
  } catch {
    return []
  }
}

export function tapInterfaces(): readonly string[] {
  const isTap = (name: string): boolean => {
    try {
      return (Number(readFileSync(`/sys/class/net/${name}/tun_flags`, 'utf8')) & IFF_TAP) !== 0
    } catch {
      return false // only TUN and TAP interfaces have that file
    }
  }
  try {
    return readdirSync('/sys/class/net').filter(isTap).toSorted()
  } catch {
    return []
  }
}

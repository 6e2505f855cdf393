// Other processes, as messages name them.

import { readFileSync } from 'node:fs'

export type ProcessName = { readonly pid: number; readonly name: string }

/** As `ps` names it; undefined for a process that has ended. */
export function nameProcess(pid: number): ProcessName | undefined {
  try {
    return { pid, name: readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd() }
  } catch {
    return undefined
  }
}

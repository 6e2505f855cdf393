// What a probe is: one question about this machine, answered by looking. A probe changes nothing: no file, no interface, no module of the
// kernel that opening a device would load.

import { readFileSync } from 'node:fs'

/**
 * ok: all there. limited: there, with a restriction worth knowing. missing: not there, or not for this user. unknown: it could not be
 * found out, or not in time.
 */
export const STATUSES = ['ok', 'limited', 'missing', 'unknown'] as const

export type Status = (typeof STATUSES)[number]

export type Observation = {
  readonly status: Status
  /** A few words; text from outside in them is quoted. */
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
}

export type Probe = {
  readonly name: string
  /** Under which heading people look for it. */
  readonly group: string
  /** No spt guest runs without it. */
  readonly needed?: true
  /** There is such a thing on Linux only. */
  readonly linux?: true
  readonly observe: () => Observation | Promise<Observation>
}

/** The text of a small file of /proc or /sys; undefined where there is none or it may not be read. */
export type Read = (path: string) => string | undefined

export const readSystem: Read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The number in a file that holds nothing else. */
export function readNumber(read: Read, path: string): number | undefined {
  const text = read(path)?.trim() ?? ''
  return /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** The value of a line `Name:  value` of /proc/self/status or /proc/meminfo. */
export function readField(text: string | undefined, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text ?? '')?.[1]?.trim()
}

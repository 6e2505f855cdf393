// Names of files as plain ISO 9660 and Joliet have them: for whoever does not know Rock Ridge. They are made of the real ones, each once in its
// directory. Pure.

import type { Inode } from '../tree.ts'

/** UCS-2 units of a Joliet name. */
const MAX_JOLIET = 64

/** Eight and three of A-Z, 0-9 and _, with the version that files have. */
export function plainNames(entries: ReadonlyMap<string, Inode>): ReadonlyMap<string, Uint8Array> {
  const taken = new Set<string>()
  const last = new Map<string, number>()
  return new Map(
    [...entries].map(([name, inode]) => {
      const isDirectory = inode.kind === 'directory'
      const dot = isDirectory ? -1 : name.lastIndexOf('.')
      const base = plain(dot > 0 ? name.slice(0, dot) : name).slice(0, 8)
      const extension = dot > 0 ? plain(name.slice(dot + 1)).slice(0, 3) : ''
      const shape = (text: string): string => (isDirectory ? text : `${text}.${extension};1`)
      const found = firstFree(shape, base, taken, last)
      return [name, new TextEncoder().encode(found)] as const
    }),
  )
}

function plain(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9_]/gu, '_') || '_'
}

function firstFree(
  shape: (text: string) => string,
  base: string,
  taken: Set<string>,
  last: Map<string, number>,
): string {
  const key = shape(base)
  if (!taken.has(key)) {
    taken.add(key)
    return key
  }
  for (let number = (last.get(key) ?? 0) + 1; ; number++) {
    const tail = String(number).padStart(3, '0')
    const found = shape(base.slice(0, 8 - tail.length) + tail)
    if (taken.has(found)) continue
    taken.add(found)
    last.set(key, number)
    return found
  }
}

/** Big-endian UCS-2. Signs that Joliet does not have become _, as do characters beyond the first plane and bytes of no encoding. */
export function jolietNames(entries: ReadonlyMap<string, Inode>): ReadonlyMap<string, Uint8Array> {
  const taken = new Set<string>()
  return new Map(
    [...entries].map(([name]) => {
      const clean = name.replaceAll(/[\0-\x1f*/:;?\\\ud800-\udfff]|[\u{10000}-\u{10ffff}]/gu, '_')
      let found = clean.slice(0, MAX_JOLIET)
      for (let number = 1; taken.has(found); number++)
        found = clean.slice(0, MAX_JOLIET - 1 - String(number).length) + `~${number}`
      taken.add(found)
      return [name, encodeJoliet(found)] as const
    }),
  )
}

export function encodeJoliet(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  for (let i = 0; i < text.length; i++) {
    bytes[i * 2] = text.charCodeAt(i) >>> 8
    bytes[i * 2 + 1] = text.charCodeAt(i) & 0xff
  }
  return bytes
}

// What has been verified of which file: an empty file in the user's cache for each, so that the next start need not read a gigabyte again.
// Where the cache cannot be trusted or written, everything is verified each time.

import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { exists } from './files.ts'
import { cacheDirectory } from './launcher-file.ts'

/** A range of a file and the digest that it has been found to have, in hexadecimal. */
export type VerifiedRange = { readonly offset: number; readonly length: number; readonly digest: string }

/**
 * Somebody who changes a file within this time of its last change may not be seen in its times: what is so young is not remembered.
 * Milliseconds; the coarsest clock of a file system that Linux runs programs from has two seconds (FAT).
 */
const YOUNG = 2000n
/** Of more the oldest are forgotten. */
const MOST = 4096

/** Which state of which file: what changes its bytes changes its ctime, which nobody can set. */
export type FileState = { readonly key: string; readonly settled: boolean }

export function stateOf(descriptor: number): FileState {
  const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(descriptor, { bigint: true })
  const age = BigInt(Date.now()) - ctimeNs / 1_000_000n
  const key = [dev, ino, size, mtimeNs, ctimeNs].map((value) => value.toString(36)).join('-')
  return { key, settled: age > YOUNG }
}

export function isVerified({ key }: FileState, range: VerifiedRange): boolean {
  try {
    const directory = trustedDirectory()
    return directory !== undefined && exists(join(directory, nameOf(key, range)))
  } catch {
    return false // somebody else's home, links in a circle: nothing can be known from there
  }
}

/** Whatever goes wrong: it is verified again the next time. */
export function rememberVerified({ key, settled }: FileState, range: VerifiedRange): void {
  if (!settled) return
  try {
    const base = cacheDirectory()
    if (base === undefined) return
    mkdirSync(join(base, NAME), { recursive: true, mode: 0o700 })
    const directory = trustedDirectory()
    if (directory === undefined) return
    forgetOldest(directory)
    closeSync(openSync(join(directory, nameOf(key, range)), 'a', 0o600))
  } catch {
    // a full disk, a read-only one
  }
}

const NAME = 'verified'

/** Ours, and nobody else can write there or put another one in its place: or else somebody could vouch for what is damaged. */
function trustedDirectory(): string | undefined {
  const base = cacheDirectory()
  if (base === undefined) return undefined
  const directory = join(base, NAME)
  return [base, directory].every(isOurs) ? directory : undefined
}

function isOurs(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && stats.isDirectory() && stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0
}

function nameOf(key: string, { offset, length, digest }: VerifiedRange): string {
  return `${key}-${offset.toString(36)}-${length.toString(36)}-${digest}`
}

function forgetOldest(directory: string): void {
  const names = readdirSync(directory)
  if (names.length < MOST) return
  const dated = names.map((name) => ({ name, time: statSync(join(directory, name)).mtimeMs }))
  for (const { name } of dated.toSorted((a, b) => a.time - b.time).slice(0, MOST / 2)) rmSync(join(directory, name))
}

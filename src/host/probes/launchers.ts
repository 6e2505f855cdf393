// Where a launcher can be executed from, and what this Node.js can do to become one. Files without a name are made in each place and
// vanish when they are closed; directories are not made.

import { closeSync, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { quote } from '../../base/quote.ts'
import { loadFfi } from '../ffi.ts'
import { cacheDirectory, openMemfd, reopenExecutable, runtimeDirectory } from '../launcher-file.ts'
import { hasOwnExec } from '../replace-process.ts'
import { openUnnamed } from '../unnamed-file.ts'
import { type Observation, type Probe, type Read, readNumber, readSystem } from './probe.ts'

const PLACE_ADVICE = 'set XDG_RUNTIME_DIR to a directory of yours that is not mounted noexec'

/** What became of one place: undefined where a launcher can be executed from it. */
export type Refusal = { readonly place: string; readonly reason: string | undefined }

export function judgePlaces(tried: readonly Refusal[]): Observation {
  const [good, bad] = [tried.filter(({ reason }) => reason === undefined), tried.filter(({ reason }) => reason)]
  const refused = bad.map(({ place, reason }) => `${place}: ${reason}`).join('; ')
  if (good.length === 0) return { status: 'missing', detail: refused, advice: PLACE_ADVICE }
  const detail = good.map(({ place }) => place).join(', ') + (refused === '' ? '' : `; not ${refused}`)
  return { status: 'ok', detail }
}

function tryPlaces(): Observation {
  const tried: Refusal[] = [{ place: 'memfd', reason: refusalOf(openMemfd) }]
  for (const directory of [runtimeDirectory(), cacheDirectory()]) {
    if (directory === undefined) continue
    const there = nearestDirectory(directory)
    const place = there === directory ? quote(directory) : `${quote(directory)} (not there yet)`
    tried.push({ place, reason: refusalOf(() => openWithoutTrace(there)) })
  }
  return judgePlaces(tried)
}

/** The directory, or the one in which it would be made. */
export function nearestDirectory(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestDirectory(dirname(path))
}

function openWithoutTrace(directory: string): number {
  const descriptor = openUnnamed(directory, 0o700)
  if (descriptor === undefined) throw new Error('no files without a name there, so nothing was tried')
  return descriptor
}

function refusalOf(open: () => number): string | undefined {
  try {
    const writable = open()
    try {
      closeSync(reopenExecutable(writable))
    } finally {
      closeSync(writable)
    }
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code ?? message
  }
}

export function judgeMemfd(refusal: string | undefined, read: Read): Observation {
  const policy = readNumber(read, '/proc/sys/vm/memfd_noexec')
  const setting = policy === undefined ? '' : ` (vm.memfd_noexec=${policy})`
  if (refusal === undefined) return { status: 'ok', detail: `can be executed${setting}` }
  const advice = policy === 2 ? 'sysctl vm.memfd_noexec=1, if memory is to serve; files do as well' : undefined
  const detail = `${refusal}${setting}: launchers go to a file`
  return { status: 'limited', detail, ...(advice === undefined ? {} : { advice }) }
}

export function judgeNode(version: string, ownExec: boolean, ffi: boolean): Observation {
  const name = `Node.js ${version}`
  if (ownExec) return { status: 'ok', detail: `${name}, which can become a launcher by itself` }
  if (ffi) return { status: 'ok', detail: `${name}, which becomes a launcher through FFI` }
  const advice = 'use Node.js 22.15 or newer, or install the optional package koffi'
  return { status: 'limited', detail: `${name} stays beside each guest`, advice }
}

function judgeFfi(there: boolean): Observation {
  if (there) return { status: 'ok', detail: 'koffi and the C library load' }
  const advice = 'npm install --include=optional'
  return { status: 'limited', detail: 'koffi is not installed or does not load: no memfd', advice }
}

export const LAUNCHERS: readonly Probe[] = [
  {
    name: 'node',
    group: 'system',
    observe: () => judgeNode(process.versions.node, hasOwnExec(), loadFfi() !== undefined),
  },
  { name: 'ffi', group: 'system', observe: () => judgeFfi(loadFfi() !== undefined) },
  {
    name: 'memfd',
    group: 'sandbox',
    linux: true,
    observe: () => judgeMemfd(refusalOf(openMemfd), readSystem),
  },
  { name: 'launcher-places', group: 'sandbox', needed: true, linux: true, observe: tryPlaces },
]

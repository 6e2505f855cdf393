// A place for a launcher to be executed from: a file with no name, so that nothing is left behind whatever happens, not even after
// kill -9. Launchers are not cached: composing one is cheaper than finding it again.

import { accessSync, closeSync, constants, fchmodSync, ftruncateSync, mkdirSync, openSync, unlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { HostError } from '../base/errors.ts'
import type { FileParts } from '../base/file-parts.ts'
import { quote } from '../base/quote.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { hostError, isExhausted, systemError } from './errors.ts'
import { loadFfi } from './ffi.ts'
import { openUnnamed } from './unnamed-file.ts'
import { writeAll } from './write-all.ts'

export type ExecutableFile = {
  /** For exec, in this process or a child of it. */
  readonly path: string
  readonly close: () => void
}

const MFD_CLOEXEC = 1
const MFD_EXEC = 0x10
const EINVAL = 22
const COPY_WINDOW = 1024 * 1024 // bytes

/** A launcher that is run maps its guest: nothing of the artefact is in the file. */
const NOTHING = sourceOf(new Uint8Array(0))

/**
 * Writes the launcher where it can be executed: a memfd, then an unnamed file in XDG_RUNTIME_DIR, then one in the user's cache. Making a
 * memfd takes FFI; with `ffi: 'avoid'` it comes last, so that FFI is loaded only where nothing else serves; with `ffi: 'only'` there is no other
 * place, because nothing of this launcher may reach a disk. Throws HostError
 * NO_EXECUTABLE_PLACE saying what refused, one by one.
 */
export function placeLauncher(launcher: FileParts, ffi: Ffi): ExecutableFile {
  const refusals: string[] = []
  for (const [name, open, close] of places(ffi)) {
    try {
      return finish(open(), close, launcher)
    } catch (error) {
      if (isExhausted(error)) throw hostError('cannot make a file for the launcher', error)
      refusals.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new HostError('NO_EXECUTABLE_PLACE', `nowhere to execute a launcher from (${refusals.join('; ')})`, {
    advice:
      ffi === 'only'
        ? 'a launcher with secrets is held in memory only: install the optional package koffi'
        : 'set XDG_RUNTIME_DIR to a directory of yours that is not mounted noexec',
  })
}

type Ffi = 'wanted' | 'avoid' | 'only'

type Place = readonly [name: string, open: () => number, close: (descriptor: number) => void]

function places(ffi: Ffi): readonly Place[] {
  const memory: Place = ['memfd', openMemfd, (descriptor) => loadFfi()?.close(descriptor)]
  if (ffi === 'only') return [memory]
  const files: Place[] = []
  const runtime = runtimeDirectory()
  if (runtime !== undefined) files.push([quote(runtime), () => openPlace(runtime), closeSync]) // one that does not exist is not ours to make
  const cache = cacheDirectory()
  if (cache !== undefined) {
    const openCache = (): number => {
      mkdirSync(cache, { recursive: true, mode: 0o700 })
      return openPlace(cache)
    }
    files.push([quote(cache), openCache, closeSync])
  }
  return ffi === 'avoid' ? [...files, memory] : [memory, ...files]
}

/** Only absolute paths are valid (XDG Base Directory Specification). */
export function runtimeDirectory(): string | undefined {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? ''
  return isAbsolute(runtime) ? runtime : undefined
}

/** The user's cache; undefined for a user who has none: no variable, and no entry in the user database. */
export function cacheDirectory(): string | undefined {
  const own = process.env['XDG_CACHE_HOME'] ?? ''
  if (isAbsolute(own)) return join(own, 'slipway')
  try {
    const home = homedir()
    return isAbsolute(home) ? join(home, '.cache/slipway') : undefined
  } catch {
    return undefined
  }
}

/** Executable memory without a name, writable still. Throws the system's error, or one that says that there is no FFI. */
export function openMemfd(): number {
  const ffi = loadFfi()
  if (ffi === undefined) throw new Error('koffi is not installed or does not load')
  let descriptor = ffi.memfdCreate('slipway', MFD_CLOEXEC | MFD_EXEC)
  // MFD_EXEC came with Linux 6.3; before that every memfd is executable and the flag is an error.
  if (descriptor === -EINVAL) descriptor = ffi.memfdCreate('slipway', MFD_CLOEXEC)
  if (descriptor < 0) throw systemError('memfd_create', -descriptor)
  return descriptor
}

function openPlace(directory: string): number {
  const unnamed = openUnnamed(directory, 0o700)
  if (unnamed !== undefined) return unnamed
  // A file system without unnamed files (some network ones): a name for as short as possible.
  const path = join(directory, `launcher-${process.pid}-${process.hrtime.bigint()}`)
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o700)
  unlinkSync(path)
  return descriptor
}

function finish(writable: number, close: Place[2], launcher: FileParts): ExecutableFile {
  try {
    writeParts(writable, launcher, NOTHING)
    const descriptor = reopenExecutable(writable)
    return { path: `/proc/self/fd/${descriptor}`, close: () => closeSync(descriptor) }
  } finally {
    close(writable)
  }
}

/** The same file for reading only, since the kernel executes nothing that is open for writing. Throws EACCES on a noexec mount, where exec
 * would fail too late to choose another place. */
export function reopenExecutable(writable: number): number {
  fchmodSync(writable, 0o500)
  const descriptor = openSync(`/proc/self/fd/${writable}`, constants.O_RDONLY)
  try {
    accessSync(`/proc/self/fd/${descriptor}`, constants.X_OK)
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** Writes a file's parts to a descriptor; ranges of the artefact are copied in bounded pieces. */
export function writeParts(descriptor: number, file: FileParts, artefact: Source): void {
  ftruncateSync(descriptor, file.size)
  const copies = file.parts.flatMap((part) => ('bytes' in part ? [] : part.length))
  const zeros = new Uint8Array(Math.min(COPY_WINDOW, Math.max(0, ...copies)))
  for (const part of file.parts) {
    if ('bytes' in part) writeAll(descriptor, part.bytes, part.at)
    else {
      for (let done = 0; done < part.length; done += COPY_WINDOW) {
        const length = Math.min(COPY_WINDOW, part.length - done)
        const bytes = artefact.readAt(part.from + done, length)
        // Zeroes are there already; an artefact with holes keeps them.
        if (Buffer.compare(bytes, zeros.subarray(0, length)) !== 0) writeAll(descriptor, bytes, part.at + done)
      }
    }
  }
}

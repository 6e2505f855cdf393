// Where the bench puts the programs that it starts: in memory if possible, since a disk would be measured otherwise.

import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HostError } from '../src/base/errors.ts'
import { composeElf } from '../src/elf/write.ts'
import { whenOver } from './keeper.ts'

export type Scratch = {
  readonly path: string
  /** What is wrong with the place; to be shown beside every figure that depends on it. */
  readonly notes: readonly string[]
  readonly remove: () => Promise<void>
}

export const TMPFS = 0x01021994 // TMPFS_MAGIC, linux/magic.h
const EM_X86_64 = 62

/** A directory from which programs can be executed; it goes away with the bench. Throws HostError where there is none. */
export function makeScratch(): Scratch {
  const notes: string[] = []
  for (const parent of ['/dev/shm', process.env['XDG_RUNTIME_DIR'] ?? '', tmpdir()]) {
    if (parent === '') continue
    try {
      const path = mkdtempSync(join(parent, 'slipway-bench-'))
      const remove = whenOver('rm -rf -- "$1"', path)
      if (executes(path)) {
        if (statfsSync(path).type !== TMPFS) notes.push(`${parent} is not in memory: the disk is measured as well`)
        return { path, notes, remove }
      }
      rmSync(path, { recursive: true })
      notes.push(`${parent} is mounted noexec`)
    } catch (error) {
      notes.push(`${parent}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new HostError('NO_EXECUTABLE_PLACE', `nowhere to start programs from (${notes.join('; ')})`, {
    advice: 'set TMPDIR to a directory that is not mounted noexec',
  })
}

/** The least that Linux can start: it exits with status 0. */
export function emptyProgram(directory: string): string {
  const path = join(directory, 'empty')
  const bytes = Uint8Array.of(0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05) // mov eax, 60; xor edi, edi; syscall
  const segment = { address: 0x10000, bytes, read: true, write: false, execute: true }
  const file = composeElf({ machine: EM_X86_64, entry: 0x10000, gnuStack: true, segments: [segment] })
  writeFileSync(path, file, { mode: 0o700 })
  return path
}

function executes(directory: string): boolean {
  try {
    accessSync(emptyProgram(directory), constants.X_OK) // EACCES on a noexec mount
    return true
  } catch {
    return false
  }
}

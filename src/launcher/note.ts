// The note by which a launcher is recognised, and from which whoever looks at one finds its records (docs/spec/launcher.md). It lies
// in no segment: the process never sees it. Pure.

import type { ByteReader } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import type { NoteToCompose } from '../elf/write.ts'

/** n_type: "LCH1" in ASCII. */
export const LAUNCHER_NOTE_TYPE = 0x3148434c
const NAME = 'Slipway'
/** As notes are read: a character for each byte, its NUL included. */
export const LAUNCHER_NOTE_NAME = `${NAME}\0`
export const LAUNCHER_NOTE_SIZE = 24

/** Grows when the records or the executor mean something else than before. */
export const LAUNCHER_VERSION = 1

/** What the launcher starts. */
const KINDS = ['spt'] as const

export type LauncherNote = {
  readonly kind: (typeof KINDS)[number]
  /** Address of the first record. */
  readonly table: number
  readonly records: number
}

export function launcherNote({ kind, table, records }: LauncherNote): NoteToCompose {
  const descriptor = new ByteWriter(LAUNCHER_NOTE_SIZE)
    .u32(0, LAUNCHER_VERSION)
    .u32(4, KINDS.indexOf(kind) + 1)
    .u64(8, BigInt(table))
    .u64(16, BigInt(records)).bytes
  return { name: NAME, type: LAUNCHER_NOTE_TYPE, descriptor }
}

/** The reverse, of a note's descriptor. Throws FormatError. */
export function decodeLauncherNote(r: ByteReader): LauncherNote {
  const version = r.u32(0, 'launcher.version')
  const known = `is ${version}, only ${LAUNCHER_VERSION} is known`
  r.check(version === LAUNCHER_VERSION, 'UNSUPPORTED', 0, 'launcher.version', known, 'use a newer Slipway')
  const number = r.u32(4, 'launcher.kind')
  const kind = KINDS[number - 1]
  r.check(kind !== undefined, 'UNSUPPORTED', 4, 'launcher.kind', `is ${number}, only 1 (spt) is known`)
  const count = (at: number, field: string): number => {
    const value = r.u64(at, field)
    r.check(value <= Number.MAX_SAFE_INTEGER, 'BAD_VALUE', at, field, `is ${value}`)
    return Number(value)
  }
  return { kind, table: count(8, 'launcher.table'), records: count(16, 'launcher.records') }
}

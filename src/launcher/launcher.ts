// Puts a launcher together: two programs, the executor, and staged pages become the parts of one static ELF file. Pure.
//
//   PARTS …         parts   R    of the artefact, that the guest reads: they lie where they stay
//   LAUNCHER_BASE   setup   R    data, then records up to the very end      } records are contiguous across the border, so
//                   last    R+X  records, then data, then the executor      } that last's first record can unmap setup
//   STAGING …       staged  any  pages that setup moves to guest addresses

import type { FilePart, FileParts } from '../base/file-parts.ts'
import { roundUp } from '../base/round.ts'
import { layOutElf } from '../elf/write.ts'
import { LAUNCHER_BASE, LAUNCHER_SPACE, pageUp } from './address-space.ts'
import { executorFor, EXECUTOR_SIZE } from './executor.ts'
import { launcherNote } from './note.ts'
import type { Program } from './program.ts'
import type { PlacedRecord } from './record.ts'

const EM_X86_64 = 62

/** Pages of the file at an address: bytes in memory, or a range of the artefact that is copied when the file is written. */
export type Staged = {
  readonly address: number
  readonly read: boolean
  readonly write: boolean
  readonly execute: boolean
  readonly content: Content
}

/** `size` bytes: `bytes` first or a range of the artefact at `lead`, zeroes elsewhere. */
export type Content =
  | { readonly size: number; readonly bytes: Uint8Array }
  | { readonly size: number; readonly lead: number; readonly from: number; readonly length: number }

export type LauncherFile = FileParts & {
  /** Every record in the order in which the executor walks them. */
  readonly records: readonly PlacedRecord[]
}

/** What last's unmapping record must name; known only when setup is complete. */
export type SetupPages = { readonly address: number; readonly size: number }

/** The pages that setup will occupy. Call when it is complete, before `last` is. */
export function setupPages(setup: Program): SetupPages {
  return { address: LAUNCHER_BASE, size: pageUp(setup.dataBytes + setup.recordBytes) }
}

/** Throws RangeError when the programs outgrow LAUNCHER_SPACE, which no plan within its limits can do. */
export function composeLauncher(parts: {
  readonly setup: Program
  readonly last: Program
  readonly staged: readonly Staged[]
  readonly parts?: readonly Staged[]
  readonly status: number
}): LauncherFile {
  const { setup, last, staged, status, parts: kept = [] } = parts
  const pages = setupPages(setup)
  const lastAddress = pages.address + pages.size
  const codeOffset = roundUp(last.recordBytes + last.dataBytes, 16)
  const lastSize = codeOffset + EXECUTOR_SIZE
  if (pages.size + pageUp(lastSize) > LAUNCHER_SPACE) throw new RangeError('the launcher outgrows its space')

  const first = setup.place(pages.address)
  const second = last.place(lastAddress + last.recordBytes)
  const table = lastAddress - setup.recordBytes
  const setupBytes = new Uint8Array(pages.size)
  setupBytes.set(first.data)
  setupBytes.set(first.records, pages.size - setup.recordBytes)
  const lastBytes = new Uint8Array(lastSize)
  lastBytes.set(second.records)
  lastBytes.set(second.data, last.recordBytes)
  lastBytes.set(executorFor(table, status), codeOffset)

  const own: Staged[] = [
    { address: pages.address, read: true, write: false, execute: false, content: whole(setupBytes) },
    { address: lastAddress, read: true, write: false, execute: true, content: whole(lastBytes) },
  ]
  const segments = [...kept, ...own, ...staged]
  const records = [...first.listing, ...second.listing]
  const elf = layOutElf({
    machine: EM_X86_64,
    entry: lastAddress + codeOffset,
    gnuStack: true,
    note: launcherNote({ kind: 'spt', table, records: records.length }),
    segments: segments.map(({ content, ...segment }) => ({ ...segment, fileSize: content.size })),
  })
  const body = segments.map(({ content }, i): FilePart => partOf(content, elf.offsets[i] as number))
  return {
    size: elf.totalSize,
    parts: [{ at: 0, bytes: elf.header }, ...body],
    records,
  }
}

export function whole(bytes: Uint8Array): Content {
  return { size: bytes.length, bytes }
}

function partOf(content: Content, at: number): FilePart {
  return 'bytes' in content
    ? { at, bytes: content.bytes }
    : { at: at + content.lead, from: content.from, length: content.length }
}

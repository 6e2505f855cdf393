// Writes a tree as tar: an entry for each file, and behind it the contents. Sources: POSIX.1-2017 (pax); GNU tar manual, “Storing Sparse Files”
// (format 1.0). Pure.

import type { WriteOptions } from '../format.ts'
import { fitTree } from '../fit.ts'
import { bytesOf } from '../name.ts'
import { copySettling, countReads, pad, type Sink } from '../output.ts'
import { dataRanges } from '../parts.ts'
import { type Directory, type Inode, type RegularFile, walk } from '../tree.ts'
import { TAR } from './capabilities.ts'
import { EntryWriter } from './entry-writer.ts'
import { BLOCK } from './header.ts'
import type { PaxRecord } from './pax.ts'

/** What GNU tar fills its output up to. */
const RECORD = 20 * BLOCK

const TYPES = { file: '0', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' } as const

export async function writeTar(
  root: Directory,
  output: Sink,
  { allowLoss = new Set(), progress }: WriteOptions = {},
): Promise<void> {
  const first = new Map<Inode, string>()
  const counted = countReads(progress)
  const entries = new EntryWriter(output)
  for (const { path, inode } of walk(fitTree('tar', TAR, root, allowLoss))) {
    const earlier = first.get(inode)
    if (earlier !== undefined) {
      entries.put(path, inode, { type: '1', link: earlier })
      continue
    }
    if (inode.kind !== 'directory') first.set(inode, path)
    if (inode.kind === 'file') await writeFile(output, entries, path, { ...inode, content: counted(inode.content) })
    else entries.put(path, inode, { type: typeOf(inode), link: inode.kind === 'symlink' ? inode.target : '' })
  }
  output.zeroes(2 * BLOCK)
  pad(output, RECORD)
}

/** Sockets have none, and no tree that comes this far has sockets. */
function typeOf({ kind }: Inode): string {
  return TYPES[kind as keyof typeof TYPES]
}

async function writeFile(output: Sink, entries: EntryWriter, path: string, file: RegularFile): Promise<void> {
  if (file.sparse && (await writeSparse(output, entries, path, file))) return
  entries.put(path, file, { type: TYPES.file, size: file.content.size })
  await copySettling(file.content, output)
  pad(output, BLOCK)
}

/** False where there is no hole to be left out. */
async function writeSparse(output: Sink, entries: EntryWriter, path: string, file: RegularFile): Promise<boolean> {
  const { size } = file.content
  const ranges = dataRanges(file.content)
  const held = ranges.reduce((sum, { length }) => sum + length, 0)
  if (held === size) return false
  // A range of nothing at the end says how long the file is.
  const numbers = [...ranges.flatMap(({ at, length }) => [at, length]), size, 0]
  const map = new TextEncoder().encode(`${[ranges.length + 1, ...numbers].join('\n')}\n`)
  const mapBlocks = Math.ceil(map.length / BLOCK) * BLOCK
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const records: PaxRecord[] = [
    ['GNU.sparse.major', text('1')],
    ['GNU.sparse.minor', text('0')],
    ['GNU.sparse.name', bytesOf(path)],
    ['GNU.sparse.realsize', text(String(size))],
  ]
  entries.put(path, file, { type: TYPES.file, records, size: mapBlocks + held })
  output.write(map)
  pad(output, BLOCK)
  for (const { at, length } of ranges) await copySettling(file.content, output, at, length)
  pad(output, BLOCK)
  return true
}

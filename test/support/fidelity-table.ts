// The table of docs/guide/files.md: a row a property, a column a format.

import { cpio } from '../../src/files/cpio/cpio.ts'
import { ext2 } from '../../src/files/ext2/ext2.ts'
import { fat } from '../../src/files/fat/fat.ts'
import type { Format } from '../../src/files/format.ts'
import { iso9660 } from '../../src/files/iso9660/iso9660.ts'
import { squashfs } from '../../src/files/squashfs/squashfs.ts'
import { tar } from '../../src/files/tar/tar.ts'
import { FIDELITY } from './fidelity.ts'
import { PLAIN_BLOCKS } from './fuzz-images.ts'

export const COLUMNS: readonly { readonly title: string; readonly format: Format }[] = [
  { title: 'tar', format: tar },
  { title: 'cpio', format: cpio },
  // What packs its blocks has nothing to do with what it holds.
  { title: 'SquashFS', format: squashfs(PLAIN_BLOCKS, new Map([['gzip', (block) => block]])) },
  { title: 'ISO 9660', format: iso9660 },
  { title: 'ext2', format: ext2 },
  { title: 'FAT', format: fat },
]

export async function fidelityTable(): Promise<string> {
  const line = (cells: readonly string[]): string =>
    `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|\n`
  const rows: string[] = []
  for (const { property, cell } of FIDELITY) {
    const cells: string[] = []
    for (const { format } of COLUMNS) cells.push(await cell(format))
    rows.push(line([property, ...cells]))
  }
  const titles = COLUMNS.map(({ title }) => title)
  return [line(['', ...titles]), `|${'---|'.repeat(1 + titles.length)}\n`, ...rows].join('')
}

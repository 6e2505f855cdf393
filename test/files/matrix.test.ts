// The table of docs/guide/files.md, row by row, against what the formats say of themselves.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { cpio } from '../../src/files/cpio/cpio.ts'
import { EXT2 } from '../../src/files/ext2/write.ts'
import { FAT } from '../../src/files/fat/write.ts'
import { ISO9660 } from '../../src/files/iso9660/write.ts'
import type { Capabilities } from '../../src/files/losses.ts'
import { SQUASHFS } from '../../src/files/squashfs/write.ts'
import { tar } from '../../src/files/tar/tar.ts'

const FORMATS: readonly Capabilities[] = [tar.capabilities, cpio.capabilities, SQUASHFS, ISO9660, EXT2, FAT]
const guide = readFileSync(new URL('../../docs/guide/files.md', import.meta.url), 'utf8')
const rows = new Map(
  [...guide.matchAll(/^\| ([a-z; ]+) \| (.+) \|$/gm)].map(([, name = '', cells = '']) => [name, cells.split(' | ')]),
)

const yes = (holds: boolean): string => (holds ? 'yes' : '–')
const year = (seconds: number): number => new Date(seconds * 1000).getUTCFullYear()

const CELLS: readonly [row: string, cell: (can: Capabilities) => string][] = [
  ['symbolic links', (can) => yes(can.symlinks)],
  ['hard links', (can) => yes(can.hardLinks)],
  ['owners', (can) => (can.maxOwner === 2 ** 32 - 1 ? '32 bits' : '–')],
  ['devices', (can) => yes(can.devices(8, 1))],
  [
    'times',
    ({ time }) => {
      const step = { 1: 'nanoseconds', 1_000_000_000: 'seconds', 2_000_000_000: 'two seconds' }[time?.step ?? 0]
      return time?.step === 1 ? 'nanoseconds' : `${year(time?.first ?? 0)} to ${year(time?.last ?? 0)}, ${step}`
    },
  ],
  ['names', (can) => (can.anyBytes ? 'any bytes' : 'UTF-16, one case')],
  [
    'extended attributes',
    (can) => {
      const [all, some] = [can.xattr('system.posix_acl_access', 9), can.xattr('user.a', 9)]
      if (all) return 'yes'
      return some ? 'user, trusted, security' : '–'
    },
  ],
  ['named pipes; sockets', (can) => (can.fifos ? `${yes(can.fifos)}; ${yes(can.sockets)}` : '–')],
  [
    'largest file',
    ({ maxFile }) =>
      new Map([
        [2 ** 32 - 1, '4 GiB'],
        [2 ** 42, '4 TiB'],
        [2 ** 41 - 1, '2 TiB'],
      ]).get(maxFile) ?? 'any',
  ],
]

describe('docs/guide/files.md', () => {
  for (const [row, cell] of CELLS) {
    it(`tells of ${row} what the formats say themselves`, () => assert.deepEqual(rows.get(row), FORMATS.map(cell)))
  }
})

// Which of the formats an image is, by its first bytes. Pure.

import type { Source } from '../base/reader.ts'

export const FORMAT_NAMES = ['tar', 'cpio', 'squashfs', 'iso9660', 'ext2', 'fat'] as const
export type FormatName = (typeof FORMAT_NAMES)[number]
export type Packing = 'gzip' | 'zstd'

type Mark = { readonly at: number; readonly text: string }

/** A FAT is looked for last: what marks it is in many boot sectors. */
const MARKS: readonly (readonly [FormatName, Mark])[] = [
  ['squashfs', { at: 0, text: 'hsqs' }],
  ['cpio', { at: 0, text: '070701' }],
  ['cpio', { at: 0, text: '070702' }],
  ['tar', { at: 257, text: 'ustar' }],
  ['iso9660', { at: 32769, text: 'CD001' }],
  ['ext2', { at: 1080, text: '\x53\xef' }],
  ['fat', { at: 510, text: '\x55\xaa' }],
]

/** undefined for what is none of them. A tar of before 1988 has no mark, and is known by its name alone. */
export function detectFormat(source: Source): FormatName | undefined {
  return MARKS.find(([, mark]) => has(source, mark))?.[0]
}

export function detectPacking(source: Source): Packing | undefined {
  if (has(source, { at: 0, text: '\x1f\x8b' })) return 'gzip'
  // A frame to be passed over may come first: pzstd writes the sizes of the others into it.
  const isZstd = has(source, { at: 0, text: '\x28\xb5\x2f\xfd' }) || has(source, { at: 1, text: '\x2a\x4d\x18' })
  return isZstd ? 'zstd' : undefined
}

function has(source: Source, { at, text }: Mark): boolean {
  return source.size >= at + text.length && String.fromCharCode(...source.readAt(at, text.length)) === text
}

/** By the end of a file's name, as everybody calls them; with what it is packed in. */
export function formatOfName(
  name: string,
): { readonly format: FormatName; readonly packing: Packing | undefined } | undefined {
  const [, plain = name, end] = /^(.*?)\.(gz|zst)$/.exec(name) ?? []
  const packing = end === undefined ? undefined : PACKINGS[end as keyof typeof PACKINGS]
  const [, short] = /\.(tgz|tzst)$/.exec(name) ?? []
  if (short !== undefined) return { format: 'tar', packing: short === 'tgz' ? 'gzip' : 'zstd' }
  const format = ENDINGS.get(/\.([a-z0-9]+)$/.exec(plain)?.[1] ?? '')
  return format === undefined ? undefined : { format, packing }
}

const PACKINGS = { gz: 'gzip', zst: 'zstd' } as const
const ENDINGS: ReadonlyMap<string, FormatName> = new Map([
  ['tar', 'tar'],
  ['cpio', 'cpio'],
  ['sqfs', 'squashfs'],
  ['squashfs', 'squashfs'],
  ['sfs', 'squashfs'],
  ['iso', 'iso9660'],
  ['ext2', 'ext2'],
  ['fat', 'fat'],
  ['vfat', 'fat'],
])

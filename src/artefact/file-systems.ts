// Which file system an image holds, by its magic number, with the little that its first block says in plain text. Pure.

import { quote } from '../base/quote.ts'
import { type Source, window } from '../base/reader.ts'
import { formatSize } from '../base/size.ts'
import type { Fact } from './identification.ts'
import { hasBytes, peek, textOf } from './values.ts'

export interface FileSystem {
  readonly name: string
  readonly facts: readonly Fact[]
}

const PLAIN: readonly (readonly [name: string, offset: number, magic: string])[] = [
  ['btrfs', 0x10040, '_BHRfS_M'],
  ['XFS', 0, 'XFSB'],
  ['EROFS', 1024, '\xe2\xe1\xf5\xe0'],
  ['romfs', 0, '-rom1fs-'],
  ['cramfs', 0, '\x45\x3d\xcd\x28'],
  ['swap space', 4086, 'SWAPSPACE2'],
  ['LUKS', 0, 'LUKS\xba\xbe'],
  ['NTFS', 3, 'NTFS    '],
  ['exFAT', 3, 'EXFAT   '],
]

/** undefined for what is none. Throws FormatError where the file ends within the block that says so. */
export function readFileSystem(source: Source): FileSystem | undefined {
  if (hasBytes(source, 0, 'hsqs')) return readSquashfs(source)
  if (hasBytes(source, 0x438, '\x53\xef')) return readExt(source)
  if (hasBytes(source, 0x8001, 'CD001')) return readIso(source)
  const fat = readFat(source)
  if (fat !== undefined) return fat
  const plain = PLAIN.find(([, offset, magic]) => hasBytes(source, offset, magic))
  return plain === undefined ? undefined : { name: plain[0], facts: [] }
}

const SQUASHFS_CODECS = ['', 'gzip', 'lzma', 'lzo', 'xz', 'lz4', 'zstd']

function readSquashfs(source: Source): FileSystem {
  const r = window(source, 0, 96, 'SquashFS')
  const codec = r.u16(20, 'compression')
  const used = r.u64(40, 'bytes_used')
  return {
    name: 'SquashFS',
    facts: [
      { name: 'version', value: `${r.u16(28, 'major')}.${r.u16(30, 'minor')}` },
      { name: 'compression', value: SQUASHFS_CODECS[codec] ?? `number ${codec}` },
      { name: 'inodes', value: `${r.u32(4, 'inodes')}` },
      ...(used < 2n ** 53n ? [{ name: 'used', value: formatSize(Number(used)) }] : []),
    ],
  }
}

const HAS_JOURNAL = 4
const EXT4_INCOMPATIBLE = 0x40 | 0x80 | 0x200 // extents, 64-bit, flexible block groups

function readExt(source: Source): FileSystem {
  const r = window(source, 1024, 0x88, 'ext superblock')
  const journal = (r.u32(0x5c, 's_feature_compat') & HAS_JOURNAL) !== 0
  const extents = (r.u32(0x60, 's_feature_incompat') & EXT4_INCOMPATIBLE) !== 0
  const older = journal ? 'ext3' : 'ext2'
  const name = extents ? 'ext4' : older
  const label = textOf(r.bytes(0x78, 16, 's_volume_name'))
  const blockBits = r.u32(0x18, 's_log_block_size')
  const blocks = r.u32(4, 's_blocks_count')
  const size = blockBits <= 6 ? [{ name: 'size', value: formatSize(blocks * 2 ** (10 + blockBits)) }] : []
  return { name, facts: [...(label === '' ? [] : [{ name: 'label', value: quote(label) }]), ...size] }
}

function readIso(source: Source): FileSystem {
  const label = textOf(peek(source, 0x8028, 32)).trimEnd()
  const boots = hasBytes(source, 0x8807, 'EL TORITO SPECIFICATION')
  return {
    name: 'ISO 9660',
    facts: [
      ...(label === '' ? [] : [{ name: 'label', value: quote(label) }]),
      { name: 'El Torito', value: boots ? 'yes: firmware can boot it as a CD' : 'no' },
    ],
  }
}

/** The boot sector names the kind where everybody looks, though no driver should. */
function readFat(source: Source): FileSystem | undefined {
  if (!hasBytes(source, 510, '\x55\xaa')) return undefined
  const old = textOf(peek(source, 54, 8))
  if (old === 'FAT12   ' || old === 'FAT16   ') return { name: old.trim(), facts: fatLabel(source, 43) }
  if (hasBytes(source, 82, 'FAT32   ')) return { name: 'FAT32', facts: fatLabel(source, 71) }
  return undefined
}

function fatLabel(source: Source, at: number): Fact[] {
  const label = textOf(peek(source, at, 11)).trimEnd()
  return label === '' || label === 'NO NAME' ? [] : [{ name: 'label', value: quote(label) }]
}

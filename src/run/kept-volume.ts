// What an image that is written anew keeps of itself beside its files: what it is called and known by, and how it is divided.

import type { Source } from '../base/reader.ts'
import type { FormatName, Packing } from '../files/detect.ts'
import { openVolume } from '../files/ext2/volume.ts'
import type { BlockSize } from '../files/ext2/write.ts'
import { type FatIdentity, readFatIdentity } from '../files/fat/identity.ts'
import { type IsoIdentity, readIsoIdentity } from '../files/iso9660/volume.ts'
import { readBlocks } from '../files/squashfs/read.ts'

export type KeptVolume = {
  /** The codec of a SquashFS. */
  readonly packing?: Packing
  /** Bytes. */
  readonly blockSize?: number
  readonly iso9660?: IsoIdentity
  readonly ext2?: { readonly label: string; readonly uuid: Uint8Array; readonly leastBlockSize: BlockSize }
  readonly fat?: FatIdentity
  /** What it has and would not have when it is written anew: reason enough not to do it. */
  readonly loses?: string
  /** What would be another, and is as good. */
  readonly changes?: string
}

/** Throws FormatError. An archive has nothing of the kind. */
export function keptVolume(format: FormatName, source: Source): KeptVolume {
  switch (format) {
    case 'tar':
    case 'cpio':
      return {}
    case 'squashfs': {
      const { hasMore, ...blocks } = readBlocks(source)
      return { ...blocks, ...(hasMore && { loses: 'has more behind its end, such as hashes or a signature' }) }
    }
    case 'iso9660': {
      const iso9660 = readIsoIdentity(source)
      return { iso9660, ...(iso9660.boots && { loses: 'has what a machine boots from' }) }
    }
    case 'ext2': {
      const { label, uuid, blockSize, isNewer } = openVolume(source)
      // Larger blocks than pages are, as only some machines can have them, are none of ours.
      const ext2 = { label, uuid, leastBlockSize: Math.min(blockSize, 4096) as BlockSize }
      return { ext2, ...(isNewer && { changes: 'is an ext3 or ext4, and becomes an ext2 without a journal' }) }
    }
    case 'fat':
      return { fat: readFatIdentity(source) }
  }
}

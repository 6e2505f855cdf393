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
}

/** Throws FormatError. An archive has nothing of the kind. */
export function keptVolume(format: FormatName, source: Source): KeptVolume {
  switch (format) {
    case 'tar':
    case 'cpio':
      return {}
    case 'squashfs':
      return readBlocks(source)
    case 'iso9660':
      return { iso9660: readIsoIdentity(source) }
    case 'ext2': {
      const { label, uuid, blockSize } = openVolume(source)
      // Larger blocks than pages are, as only some machines can have them, are none of ours.
      return { ext2: { label, uuid, leastBlockSize: Math.min(blockSize, 4096) as BlockSize } }
    }
    case 'fat':
      return { fat: readFatIdentity(source) }
  }
}

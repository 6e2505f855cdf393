// What a FAT image is called and known by, and how it is divided: for one that is written anew. Pure.

import { type ByteReader, type Source, window } from '../../base/reader.ts'
import {
  ATTRIBUTE,
  ENTRY,
  ENTRY_SIZE,
  EXTENDED,
  EXTENDED_SIGNATURE,
  extendedAt,
  MAX_DIRECTORY,
  SECTOR,
  type Width,
} from './format.ts'
import { openFat } from './volume.ts'

export type FatIdentity = {
  /** Eleven bytes. */
  readonly label: Uint8Array | undefined
  readonly volumeId: number | undefined
  readonly width: Width
  /** Bytes. */
  readonly clusterSize: number
}

/** Throws FormatError for what is no such image. The label is that of the root directory, as everybody shows it. */
export function readFatIdentity(source: Source): FatIdentity {
  const { width, clusterSize, root } = openFat(source)
  const boot: ByteReader = window(source, 0, SECTOR, 'boot sector')
  const extended = extendedAt(width)
  const hasId = boot.u8(extended + EXTENDED.signature, 'boot.signature') === EXTENDED_SIGNATURE
  return {
    label: findLabel(root(MAX_DIRECTORY)),
    volumeId: hasId ? boot.u32(extended + EXTENDED.volumeId, 'boot.volumeId') : undefined,
    width,
    clusterSize,
  }
}

function findLabel(root: Source): Uint8Array | undefined {
  const reader: ByteReader = window(root, 0, root.size, 'root directory')
  for (let at = 0; at + ENTRY_SIZE <= reader.length; at += ENTRY_SIZE) {
    const first = reader.u8(at + ENTRY.name, 'entry.name')
    if (first === 0) return undefined
    const attributes = reader.u8(at + ENTRY.attributes, 'entry.attributes') & 0x3f
    const isLabel = (attributes & ATTRIBUTE.label) !== 0 && attributes !== ATTRIBUTE.longName
    if (first !== 0xe5 && isLabel) return reader.bytes(at, 11, 'entry.name').slice()
  }
  return undefined
}

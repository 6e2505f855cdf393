// SquashFS among the formats, with the codecs that somebody brings. Pure.

import type { Compressor, Decompressors } from '../codec.ts'
import type { Format } from '../format.ts'
import { readSquash } from './read.ts'
import { SQUASHFS, writeSquash } from './write.ts'

export function squashfs(codec: Compressor, decompressors: Decompressors): Format {
  return {
    name: 'squashfs',
    capabilities: SQUASHFS,
    write: (root, output, options) => writeSquash(root, output, { ...options, codec }),
    read: (source) => readSquash(source, decompressors),
  }
}

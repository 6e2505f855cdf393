// Which compression begins with which bytes. Pure.

import type { Source } from '../base/reader.ts'
import { hasBytes } from './values.ts'

export type Compression = 'gzip' | 'xz' | 'zstd' | 'lz4' | 'bzip2' | 'lzma' | 'lzo'

const MAGICS: readonly (readonly [Compression, string])[] = [
  ['gzip', '\x1f\x8b\x08'],
  ['xz', '\xfd7zXZ\0'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['lz4', '\x04\x22\x4d\x18'],
  ['lz4', '\x02\x21\x4c\x18'], // the legacy frame, which kernels use
  ['bzip2', 'BZh'],
  ['lzo', '\x89LZO\0\r\n\x1a\n'],
  ['lzma', '\x5d\0\0'],
]

export function compressionAt(source: Source, offset: number): Compression | undefined {
  return MAGICS.find(([, magic]) => hasBytes(source, offset, magic))?.[0]
}

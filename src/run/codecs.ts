// What Node.js can unpack, for the pure half. zlib is loaded when something is to be unpacked: most files that are inspected are not.

import type { Codecs, Unpack } from '../artefact/codecs.ts'
import { unpackLegacyLz4 } from '../artefact/lz4.ts'

type Zlib = typeof import('node:zlib')

/** Refuses what is damaged and what would be larger; a file that is cut short gives what there is of it. */
function unpackWith(unpack: (zlib: Zlib, bytes: Uint8Array, most: number) => Uint8Array | undefined): Unpack {
  return (bytes, most) => {
    try {
      return unpack(process.getBuiltinModule('node:zlib'), bytes, most)
    } catch {
      return undefined
    }
  }
}

/** zstd came with Node.js 22.15. */
export const codecs: Codecs = {
  lz4: unpackLegacyLz4,
  gzip: unpackWith((zlib, bytes, most) =>
    zlib.gunzipSync(bytes, { maxOutputLength: most, finishFlush: zlib.constants.Z_SYNC_FLUSH }),
  ),
  zstd: unpackWith((zlib, bytes, most) => {
    const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array }
    return zstdDecompressSync?.(bytes, { maxOutputLength: most })
  }),
}

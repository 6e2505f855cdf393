// Decompression, as the pure half asks for it: whoever has a machine at hand brings what that has.

import type { Compression } from './compression.ts'

/** Returns what is packed, undefined where it cannot be unpacked or would be more than `most` bytes. */
export type Unpack = (bytes: Uint8Array, most: number) => Uint8Array | undefined

export type Codecs = { readonly [compression in Compression]?: Unpack }

export const NO_CODECS: Codecs = {}

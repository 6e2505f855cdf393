// Compression as images need it: block by block, and the same bytes on every machine. Given to this folder by whoever has a codec. Pure.

export type Compressor = {
  readonly name: 'gzip' | 'zstd'
  /** What a block becomes; longer than it was where it cannot be made shorter. */
  readonly compress: (block: Uint8Array) => Uint8Array
  /** The same, perhaps on another processor, which has the memory of the block until then and gives it back. */
  readonly compressApart: (block: Uint8Array) => Promise<Compressed>
  /** Bytes that are worth having under way at once. */
  readonly ahead: number
}

export type Compressed = { readonly block: Uint8Array; readonly bytes: Uint8Array }

/** Throws anything for what is no such block, or would become longer than `most` bytes. */
export type Decompress = (block: Uint8Array, most: number) => Uint8Array

/** By the name that the format gives to the codec. */
export type Decompressors = ReadonlyMap<string, Decompress>

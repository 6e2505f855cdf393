// What a tree may take of memory while it is read out of an image: some kilobytes that are packed well, or that name the same bytes over and over, may
// claim any number of files. Every reader counts here what it keeps. Pure.

/** Some 600 bytes of memory each. Distributions' root file systems have a tenth of it. */
export const MAX_ENTRIES = 1_000_000
/** Names, what links lead to, extended attributes: bytes of all of them. */
export const MAX_TEXT = 64 * 1024 * 1024
/** Pieces in which contents lie, beyond the first of each file: some 100 bytes of memory each. */
export const MAX_PIECES = 1_000_000
/** What ext4 lets a file have, its holes included. Bytes. */
export const MAX_FILE = 2 ** 44

/** What an attribute takes beside its bytes. */
const ATTRIBUTE = 100

/** What there is too much of, to be said behind the name of what says so; undefined where there is room. */
export type Excess = string | undefined

export class Budget {
  #entries = 0
  #text = 0
  #pieces = 0

  /** A name in a directory, and what it leads to if it is a link. */
  entry(name: string, target = ''): Excess {
    if (++this.#entries > MAX_ENTRIES) return `is one of more than ${MAX_ENTRIES} entries`
    return this.#addText(name.length + target.length)
  }

  /** Attributes that are kept for one file, or for many that have them in common. */
  attributes(attributes: ReadonlyMap<string, Uint8Array>): Excess {
    let bytes = 0
    for (const [name, value] of attributes) bytes += ATTRIBUTE + name.length + value.length
    return this.#addText(bytes)
  }

  /** Pieces of one file. */
  pieces(count: number): Excess {
    this.#pieces += Math.max(0, count - 1)
    return this.#pieces > MAX_PIECES ? `makes more than ${MAX_PIECES} pieces of all files` : undefined
  }

  #addText(bytes: number): Excess {
    this.#text += bytes
    if (this.#text <= MAX_TEXT) return undefined
    return `makes more than ${MAX_TEXT} bytes of names, links and extended attributes`
  }
}

/** Whether a file can have so many bytes. */
export function excessOfSize(size: number): Excess {
  return size <= MAX_FILE ? undefined : `is ${size}, a file has at most ${MAX_FILE} bytes`
}

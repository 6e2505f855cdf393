// Puts the contents of all files into an image: whole blocks by themselves, ends and small files together in fragments, equal files once. Pure.

import { readInto, type Source } from '../../base/reader.ts'
import { countReads } from '../output.ts'
import { isZero } from '../parts.ts'
import { type Directory, type Inode, type RegularFile, walk } from '../tree.ts'
import type { DataWriter } from './data-writer.ts'
import { NO_FRAGMENT } from './format.ts'

/** Where a file's contents are. */
export type StoredFile = {
  start: number
  /** As stored, in the order of the blocks; 0 is a block of zeroes that is not there. */
  readonly sizes: number[]
  /** Bytes that holes have spared. */
  sparse: number
  fragment: number
  offset: number
}

export type Fragment = { start: number; size: number }

export type StoredFiles = { readonly files: ReadonlyMap<Inode, StoredFile>; readonly fragments: readonly Fragment[] }

export async function storeFiles(
  root: Directory,
  data: DataWriter,
  progress: ((bytes: number) => void) | undefined,
): Promise<StoredFiles> {
  const files = new Map<Inode, StoredFile>()
  const fragments = new Fragments(data)
  const equals = new EqualFiles(root)
  const counted = countReads(progress)
  for (const { inode } of walk(root)) {
    if (inode.kind !== 'file' || files.has(inode)) continue
    const equal = equals.find(inode)
    const known = equal === undefined ? undefined : files.get(equal)
    const file = { ...inode, content: counted(inode.content) }
    files.set(inode, known ?? (await storeFile(file, data, fragments)))
  }
  await fragments.finish()
  await data.finish()
  return { files, fragments: fragments.all }
}

async function storeFile(
  { content, sparse }: RegularFile,
  data: DataWriter,
  fragments: Fragments,
): Promise<StoredFile> {
  const stored: StoredFile = { start: 0, sizes: [], sparse: 0, fragment: NO_FRAGMENT, offset: 0 }
  const { blockSize } = data
  const whole = Math.floor(content.size / blockSize) * blockSize
  let isFirst = true
  for (let at = 0; at < whole; at += blockSize) {
    const index = stored.sizes.push(0) - 1
    const block = data.take()
    const isHole = sparse && content.isHole?.(at, blockSize) === true
    if (!isHole) readInto(content, at, block)
    if (isHole || (sparse && isZero(block))) {
      stored.sparse += blockSize
      data.giveBack(block)
      continue
    }
    const first = isFirst
    isFirst = false
    await data.put(block, blockSize, (start, size) => {
      if (first) stored.start = start
      stored.sizes[index] = size
    })
  }
  if (whole < content.size) await fragments.add(content, whole, stored)
  return stored
}

class Fragments {
  readonly all: Fragment[] = []
  readonly #data: DataWriter
  #open: Uint8Array
  #used = 0

  constructor(data: DataWriter) {
    this.#data = data
    this.#open = data.take()
  }

  /** What a file has from `whole` on: less than a block. */
  async add(content: Source, whole: number, stored: StoredFile): Promise<void> {
    const length = content.size - whole
    if (this.#used + length > this.#data.blockSize) await this.#close()
    stored.fragment = this.all.length
    stored.offset = this.#used
    this.#used += length
    readInto(content, whole, this.#open.subarray(stored.offset, this.#used))
  }

  async finish(): Promise<void> {
    if (this.#used > 0) await this.#close()
  }

  async #close(): Promise<void> {
    const fragment: Fragment = { start: 0, size: 0 }
    this.all.push(fragment)
    const [block, length] = [this.#open, this.#used]
    this.#open = this.#data.take()
    this.#used = 0
    await this.#data.put(block, length, (start, size) => {
      fragment.start = start
      fragment.size = size
    })
  }
}

const STEP = 1024 * 1024 // bytes read at once for a comparison

/** Files whose contents are the same. Only those of one size are read for it, and equal sums are made sure of. */
class EqualFiles {
  readonly #bySize = new Map<number, number>()
  readonly #bySum = new Map<string, RegularFile[]>()

  constructor(root: Directory) {
    const seen = new Set<Inode>()
    for (const { inode } of walk(root)) {
      if (inode.kind !== 'file' || seen.has(inode)) continue
      seen.add(inode)
      this.#bySize.set(inode.content.size, (this.#bySize.get(inode.content.size) ?? 0) + 1)
    }
  }

  /** An earlier file with the same contents. */
  find(file: RegularFile): RegularFile | undefined {
    const { size } = file.content
    if (size === 0 || (this.#bySize.get(size) ?? 0) < 2) return undefined
    // Holes are kept as holes: a file without them does not stand for one with them.
    const key = `${size} ${file.sparse} ${sumOf(file.content)}`
    const others = this.#bySum.get(key) ?? []
    const equal = others.find((other) => isEqual(other.content, file.content))
    if (equal === undefined) this.#bySum.set(key, [...others, file])
    return equal
  }
}

/** 64 bits of it, in two halves: good enough to make comparisons rare. Steps of zeroes are passed over, so that nobody has to read holes. */
function sumOf(content: Source): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9]
  for (let at = 0; at < content.size; at += STEP) {
    const length = Math.min(STEP, content.size - at)
    if (content.isHole?.(at, length) === true) continue
    const bytes = content.readAt(at, length)
    if (isZero(bytes)) continue
    a = Math.imul(a ^ (at / STEP), 0x01000193)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const words = bytes.length & ~3
    for (let i = 0; i < words; i += 4) {
      const word = view.getUint32(i, true)
      a = Math.imul(a ^ word, 0x01000193)
      b = Math.imul((b ^ word) + (a >>> 15), 0x85ebca6b)
    }
    for (let i = words; i < bytes.length; i++) a = Math.imul(a ^ (bytes[i] as number), 0x01000193)
  }
  return `${a >>> 0}:${b >>> 0}`
}

function isEqual(a: Source, b: Source): boolean {
  for (let at = 0; at < a.size; at += STEP) {
    const length = Math.min(STEP, a.size - at)
    if (a.isHole?.(at, length) === true && b.isHole?.(at, length) === true) continue
    const [left, right] = [a.readAt(at, length), b.readAt(at, length)]
    for (let i = 0; i < length; i++) if (left[i] !== right[i]) return false
  }
  return true
}

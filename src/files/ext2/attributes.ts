// The block of an inode's extended attributes: entries from its begin, values from its end. Source: Linux, Documentation/filesystems/ext4/
// attributes.rst. Pure.

import type { ByteReader } from '../../base/reader.ts'
import { roundUp } from '../../base/round.ts'
import { ByteWriter } from '../../base/writer.ts'

const MAGIC = 0xea020000
const HEADER = 32
const ENTRY = 16

/** Prefixes that are a number on disk. Access control lists (2, 3) have another form there than programs see, and are not among them. */
const PREFIXES = new Map([
  ['user.', 1],
  ['trusted.', 4],
  ['security.', 6],
])

type Attribute = { readonly index: number; readonly name: Uint8Array; readonly value: Uint8Array }

/** Whether an attribute can be stored; all of a file's have to fit one block together. */
export function canHold(name: string): boolean {
  const split = splitName(name)
  return split !== undefined && split.rest.length > 0 && split.rest.length <= 255
}

function splitName(name: string): { readonly index: number; readonly rest: Uint8Array } | undefined {
  for (const [prefix, index] of PREFIXES) {
    if (name.startsWith(prefix)) return { index, rest: new TextEncoder().encode(name.slice(prefix.length)) }
  }
  return undefined
}

/** Bytes that a file's attributes take. */
export function sizeOfAttributes(attributes: ReadonlyMap<string, Uint8Array>): number {
  const sizes = [...attributes].map(
    ([name, { length }]) => ENTRY + roundUp(splitName(name)?.rest.length ?? 0, 4) + roundUp(length, 4),
  )
  return HEADER + sizes.reduce((sum, size) => sum + size, 0) + 4 // four bytes of zero end the entries
}

/** They must fit: `sizeOfAttributes` tells. */
export function encodeAttributes(attributes: ReadonlyMap<string, Uint8Array>, blockSize: number): Uint8Array {
  const sorted = [...attributes].flatMap(([name, value]): Attribute[] => {
    const split = splitName(name)
    return split === undefined ? [] : [{ index: split.index, name: split.rest, value }]
  })
  sorted.sort((a, b) => a.index - b.index || a.name.length - b.name.length || compareBytes(a.name, b.name))
  const writer = new ByteWriter(blockSize).u32(0, MAGIC).u32(4, 1).u32(8, 1)
  let [at, valueAt, whole] = [HEADER, blockSize, 0]
  for (const { index, name, value } of sorted) {
    valueAt -= roundUp(value.length, 4)
    const hash = hashOf(name, value)
    writer
      .u8(at, name.length)
      .u8(at + 1, index)
      .u16(at + 2, value.length === 0 ? 0 : valueAt)
    writer
      .u32(at + 8, value.length)
      .u32(at + 12, hash)
      .put(at + ENTRY, name)
      .put(valueAt, value)
    at += ENTRY + roundUp(name.length, 4)
    whole = ((whole << 16) ^ (whole >>> 16) ^ hash) >>> 0
  }
  return writer.u32(12, whole).bytes
}

/** Throws FormatError for a block that is none, or whose entries leave it. */
export function decodeAttributes(block: ByteReader): ReadonlyMap<string, Uint8Array> {
  block.check(
    block.u32(0, 'attributes.magic') === MAGIC,
    'BAD_MAGIC',
    0,
    'attributes.magic',
    'is not that of extended attributes',
  )
  return decodeEntries(block, HEADER, 0)
}

/** Entries from `from`, whose values are counted from `base`. What has a prefix that is not known is left out: only a kernel made for it can say what it is. */
export function decodeEntries(block: ByteReader, from: number, base: number): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  for (let at = from; at + 4 <= block.length && block.u32(at, 'attribute') !== 0; ) {
    const length = block.u8(at, 'attribute.name_len')
    const name = block.bytes(at + ENTRY, length, 'attribute.name')
    const prefix = [...PREFIXES].find(([, index]) => index === block.u8(at + 1, 'attribute.name_index'))?.[0]
    const size = block.u32(at + 8, 'attribute.value_size')
    const value = block.bytes(base + block.u16(at + 2, 'attribute.value_offs'), size, 'attribute.value')
    block.check(
      block.u32(at + 4, 'attribute.value_block') === 0,
      'UNSUPPORTED',
      at + 4,
      'attribute.value_block',
      'says that the value is elsewhere',
    )
    if (prefix !== undefined) found.set(prefix + new TextDecoder().decode(name), value.slice())
    at += ENTRY + roundUp(length, 4)
  }
  return found
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number)
}

/** As the kernel computes it: the name by bytes, the value by words. */
function hashOf(name: Uint8Array, value: Uint8Array): number {
  let hash = 0
  for (const byte of name) hash = ((hash << 5) ^ (hash >>> 27) ^ byte) >>> 0
  const padded = new Uint8Array(roundUp(value.length, 4))
  padded.set(value)
  const view = new DataView(padded.buffer)
  for (let at = 0; at < padded.length; at += 4) hash = ((hash << 16) ^ (hash >>> 16) ^ view.getUint32(at, true)) >>> 0
  return hash
}

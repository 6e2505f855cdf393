// What each format keeps of what Linux keeps of files, found out by writing and reading back. tools/generate-fidelity.ts makes the table of
// docs/guide/files.md of it, test/files/matrix.test.ts demands it of images with the codecs that they really have.

import assert from 'node:assert/strict'
import { ConfigError } from '../../src/base/errors.ts'
import { formatSize } from '../../src/base/size.ts'
import { sourceOf } from '../../src/base/reader.ts'
import type { Format } from '../../src/files/format.ts'
import { findLosses } from '../../src/files/losses.ts'
import { nameOf } from '../../src/files/name.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { describeTree, directory, file } from '../../src/files/sample.ts'
import { type Directory, type Inode, lookUp, metadata, type Metadata, type Time } from '../../src/files/tree.ts'
import { imageOf } from './fuzz-images.ts'
import { NOTHING } from './sparse-output.ts'

export type FidelityRow = {
  readonly property: string
  /** What the format does with it, in the words of the table. Throws where something is lost that was not refused before. */
  readonly cell: (format: Format) => Promise<string>
}

const YES = 'yes'
const NO = '–'
const yesIf = (kept: boolean): string => (kept ? YES : NO)

export const FIDELITY: readonly FidelityRow[] = [
  {
    property: 'symbolic links',
    cell: async (format) => {
      const link = (target: string): Inode => ({ kind: 'symlink', meta: metadata(0o777), target })
      return yesIf(await keeps(format, directory({ short: link('../a'), long: link('a/'.repeat(400)) })))
    },
  },
  {
    property: 'hard links',
    cell: async (format) => {
      const twice = file('of two names')
      return yesIf(await keeps(format, directory({ a: twice, b: directory({ c: twice }) })))
    },
  },
  {
    property: 'empty directories',
    cell: async (format) => yesIf(await keeps(format, directory({ a: directory({}) }))),
  },
  { property: 'owners', cell: ownersOf },
  { property: 'modes', cell: modesOf },
  { property: 'times', cell: timesOf },
  { property: 'names', cell: namesOf },
  { property: 'longest name', cell: longestName },
  { property: 'extended attributes', cell: attributesOf },
  {
    property: 'devices',
    cell: async (format) => {
      const device = (kind: 'block' | 'character', major: number, minor: number): Inode => {
        return { kind, meta: metadata(0o600), major, minor }
      }
      const both = { console: device('character', 5, 1), disk: device('block', 259, 70_000) }
      return yesIf(await keeps(format, directory(both)))
    },
  },
  {
    property: 'named pipes; sockets',
    cell: async (format) => {
      const kept = async (kind: 'fifo' | 'socket') =>
        await keeps(format, directory({ a: { kind, meta: metadata(0o640) } }))
      const [pipes, sockets] = [await kept('fifo'), await kept('socket')]
      return pipes || sockets ? `${yesIf(pipes)}; ${yesIf(sockets)}` : NO
    },
  },
  { property: 'holes', cell: holesOf },
  { property: 'largest file', cell: async (format) => sizeInWords(await largestFile(format)) },
]

/** Whether a tree comes back as it was. Where it was neither refused nor came back, something has been dropped silently: that throws. */
async function keeps(format: Format, tree: Directory): Promise<boolean> {
  const output = new MemoryOutput()
  try {
    await format.write(tree, output)
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'INEXPRESSIBLE') return false
    throw error
  }
  assert.deepEqual(describeTree(format.read(sourceOf(output.bytes))), describeTree(tree), format.name)
  return true
}

/** The tree that comes back where everything may be lost. */
async function afterLosses(format: Format, tree: Directory): Promise<Directory> {
  return format.read(sourceOf(await imageOf(format, tree)))
}

const one = (more: Partial<Metadata>): Directory => directory({ a: file('a', metadata(0o644, more)) })

async function ownersOf(format: Format): Promise<string> {
  for (let bits = 32; bits > 0; bits--) {
    const [most, half] = [2 ** bits - 1, 2 ** (bits - 1)]
    if (await keeps(format, directory({ a: file('a', metadata(0o644, { uid: most, gid: half })) })))
      return `${bits} bits`
  }
  return NO
}

/** All permissions that a file can have, and the bits above them; what does not come back must have been named as lost. */
async function modesOf(format: Format): Promise<string> {
  const special = Array.from({ length: 7 }, (_, bits) => ((bits + 1) << 9) | 0o755)
  const modes = [...Array.from({ length: 0o1000 }, (_, mode) => mode), ...special]
  const bits = [...Array.from({ length: 12 }, (_, bit) => 1 << bit), 0, 0o7777]
  const tree = directory({
    files: directory(Object.fromEntries(modes.map((mode) => [`${mode}`, file('', metadata(mode))]))),
    directories: directory(Object.fromEntries(bits.map((mode) => [`${mode}`, directory({}, metadata(mode))]))),
  })
  const back = await afterLosses(format, tree)
  const foundAt = (path: string): number => lookUp(back, path)?.meta.mode ?? Number.NaN
  const paths = [...modes.map((mode) => `files/${mode}`), ...bits.map((mode) => `directories/${mode}`)]
  const changed = paths.filter((path) => foundAt(path) !== lookUp(tree, path)?.meta.mode)
  const named = [...findLosses(format.name, format.capabilities, tree)].map(({ path }) => path)
  assert.deepEqual(changed.toSorted(), named.toSorted(), format.name)
  if (changed.length === 0) return YES
  const writable = (mode: number): boolean => (mode & 0o222) !== 0
  const toldByOwner = modes.every((mode) => writable(foundAt(`files/${mode}`)) === ((mode & 0o200) !== 0))
  return toldByOwner ? 'read-only or not' : NO
}

/** Far beyond what any field of seconds holds that people count in. */
const FOREVER = 2 ** 40

async function timesOf(format: Format): Promise<string> {
  const kept = async (seconds: number, nanoseconds = 0): Promise<boolean> => {
    const mtime: Time = { seconds, nanoseconds }
    return await keeps(format, one({ mtime }))
  }
  const known = 1_000_000_000 // 2001
  const step = (await kept(known + 1)) ? 1 : 2
  if (!(await kept(known))) return NO
  const later = await furthest(async (steps) => await kept(known + steps * step), (FOREVER - known) / step)
  const earlier = await furthest(async (steps) => await kept(known - steps * step), (FOREVER + known) / step)
  const [first, last] = [known - earlier * step, known + later * step]
  if (await kept(known, 1)) {
    assert.ok(first === -FOREVER && last === FOREVER, `${format.name} has nanoseconds from ${first} to ${last} s only`)
    return 'nanoseconds'
  }
  const year = (seconds: number): number => new Date(seconds * 1000).getUTCFullYear()
  return `${year(first)} to ${year(last)}, ${step === 1 ? 'seconds' : 'two seconds'}`
}

/** The largest number up to `most` of which something is true, where it is true of all smaller ones. */
async function furthest(holds: (steps: number) => Promise<boolean>, most: number): Promise<number> {
  if (await holds(most)) return most
  let [low, high] = [0, most]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await holds(middle)) low = middle
    else high = middle
  }
  return low
}

async function namesOf(format: Format): Promise<string> {
  const bytes = Array.from({ length: 255 }, (_, i) => i + 1).filter((byte) => byte !== 0x2f)
  const everyByte = directory(
    Object.fromEntries(bytes.map((byte) => [nameOf(Uint8Array.of(0x78, byte, 0x79)), file('')])),
  )
  if (await keeps(format, everyByte)) return 'any bytes'
  assert.ok(await keeps(format, directory({ 'Grüße \u{1f6a2}': file('') })), format.name)
  return (await keeps(format, directory({ a: file(''), A: file('') }))) ? 'Unicode' : 'Unicode, one case'
}

async function longestName(format: Format): Promise<string> {
  const longest = async (letter: string): Promise<number> =>
    await furthest(async (length) => await keeps(format, directory({ [letter.repeat(length) || 'x']: file('') })), 1024)
  const [narrow, wide] = [await longest('n'), await longest('ü')]
  assert.equal(wide, Math.floor(narrow / 2), format.name)
  return `${narrow} bytes`
}

async function attributesOf(format: Format): Promise<string> {
  const value = new Uint8Array([0, 61, 10, 255])
  const kept: string[] = []
  for (const prefix of ['user', 'trusted', 'security', 'system']) {
    if (await keeps(format, one({ xattrs: new Map([[`${prefix}.origin`, value]]) }))) kept.push(prefix)
  }
  if (kept.length === 4) return YES
  return kept.length === 0 ? NO : kept.join(', ')
}

/** Contents must be whole in any case; kept are holes that are known as such when they are read, and take no room in the image. */
async function holesOf(format: Format): Promise<string> {
  const content = new Uint8Array(2 ** 22)
  content.set([1, 2, 3])
  content.set([4, 5, 6], content.length - 3)
  const image = await imageOf(format, directory({ a: file(content, metadata(0o644), true) }))
  const back = lookUp(format.read(sourceOf(image)), 'a')
  assert.ok(back?.kind === 'file', format.name)
  assert.equal(Buffer.compare(back.content.readAt(0, back.content.size), content), 0, format.name)
  assert.equal(image.length < content.length, back.sparse, format.name)
  assert.equal(format.capabilities.holes, back.sparse, format.name)
  return back.sparse ? 'kept' : 'written out'
}

/** Beyond every disk. Bytes. */
const ENDLESS = 2 ** 50

/** The largest file that is not refused. matrix.test.ts writes and reads one as large as a test may. */
export async function largestFile(format: Format): Promise<number> {
  return await furthest(async (size) => await begins(format, directory({ a: nothing(size) })), ENDLESS)
}

/** Zeroes that take no memory. */
export function nothing(size: number): Inode {
  const content = { size, readAt: (_: number, length: number) => NOTHING.subarray(0, length) }
  return { kind: 'file', meta: metadata(0o644), content, sparse: false }
}

class Begun extends Error {}

/** Whether the writer begins: what it cannot hold it refuses before. */
async function begins(format: Format, tree: Directory): Promise<boolean> {
  const stop = (): never => {
    throw new Begun()
  }
  try {
    await format.write(tree, { position: 0, write: stop, zeroes: stop, writeAt: stop })
  } catch (error) {
    if (error instanceof Begun) return true
    if (error instanceof ConfigError && error.code === 'INEXPRESSIBLE') return false
    throw error
  }
  throw new Error(`${format.name} has written nothing`)
}

function sizeInWords(most: number): string {
  return most === ENDLESS ? 'any' : formatSize(most)
}

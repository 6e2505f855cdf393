// What differs between two trees, file by file.

import { PIECE } from '../files/output.ts'
import { type Directory, type Inode, type RegularFile, walk } from '../files/tree.ts'
import { describeFile, type FileEntry } from './file-report.ts'

export type FileDifference = {
  readonly path: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Of what is changed: which of its properties, `contents` among them. */
  readonly properties?: readonly string[]
}

/** `progress` is told how many bytes of files that both have are behind it. */
export function compareTrees(
  before: Directory,
  after: Directory,
  progress: (bytes: number) => void = () => {},
): FileDifference[] {
  const [old, now] = [byPath(before), byPath(after)]
  const [oldNames, newNames] = [namesOf(old), namesOf(now)]
  let done = 0
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort()
  return paths.flatMap((path): FileDifference[] => {
    const [left, right] = [old.get(path), now.get(path)]
    if (left === undefined) return [{ path, change: 'added' }]
    if (right === undefined) return [{ path, change: 'removed' }]
    const properties = compare(left, right, (bytes) => progress((done += bytes)))
    if (left.kind !== 'directory' && oldNames.get(left) !== newNames.get(right)) properties.push('links')
    return properties.length === 0 ? [] : [{ path, change: 'changed', properties }]
  })
}

function byPath(root: Directory): Map<string, Inode> {
  return new Map([...walk(root)].map(({ path, inode }) => [path, inode]))
}

/** What else each file is called: files with the same names are linked in the same way. */
function namesOf(paths: ReadonlyMap<string, Inode>): ReadonlyMap<Inode, string> {
  const names = new Map<Inode, string>()
  for (const [path, inode] of paths) {
    const before = names.get(inode)
    names.set(inode, before === undefined ? path : `${before}\0${path}`)
  }
  return names
}

const COMPARED: readonly (keyof FileEntry)[] = ['kind', 'mode', 'uid', 'gid', 'mtime', 'size', 'target', 'device']

function compare(a: Inode, b: Inode, read: (bytes: number) => void): string[] {
  const none = new Map<Inode, number>()
  const [left, right] = [describeFile('', a, none), describeFile('', b, none)]
  const properties: string[] = COMPARED.filter((key) => JSON.stringify(left[key]) !== JSON.stringify(right[key]))
  if (!sameAttributes(a, b)) properties.push('xattrs')
  if (a.kind === 'file' && b.kind === 'file' && !properties.includes('size') && !sameContents(a, b, read))
    properties.push('contents')
  return properties
}

function sameAttributes(a: Inode, b: Inode): boolean {
  const describe = ({ meta }: Inode): string =>
    JSON.stringify([...meta.xattrs].map(([name, value]) => [name, [...value]]).sort())
  return describe(a) === describe(b)
}

function sameContents(
  { content: a }: RegularFile,
  { content: b }: RegularFile,
  read: (bytes: number) => void,
): boolean {
  for (let at = 0; at < a.size; at += PIECE) {
    const length = Math.min(PIECE, a.size - at)
    read(length)
    if (a.isHole?.(at, length) === true && b.isHole?.(at, length) === true) continue
    if (Buffer.compare(a.readAt(at, length), b.readAt(at, length)) !== 0) return false
  }
  return true
}

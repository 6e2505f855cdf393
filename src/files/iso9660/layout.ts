// Where every directory and file of an image lies. Directories first, in the order that path tables want, then continuation areas and
// contents. Pure.

import { concat } from '../../base/concat.ts'
import { ConfigError } from '../../base/errors.ts'
import { compareNames } from '../name.ts'
import type { Directory, Inode } from '../tree.ts'
import { MAX_EXTENT, MAX_RECORD, RECORD, SECTOR, sectorsOf } from './format.ts'
import { type Areas, areaSize, distribute } from './system-use.ts'

export type Node = {
  readonly inode: Directory
  readonly path: string
  readonly parent: Node | undefined
  /** In the path table, from 1. */
  number: number
  readonly name: Uint8Array
  readonly children: Child[]
  sector: number
  /** Bytes; whole sectors. */
  size: number
  /** Sectors behind those that hold its continuation areas. Some readers look for them nowhere else. */
  areaSectors: number
  /** The records of `.` and `..`, before the children's. */
  own: RecordPlan[]
}

export type Child = {
  readonly name: Uint8Array
  readonly inode: Inode
  readonly node: Node | undefined
  readonly plan: RecordPlan
}

/** A directory record before anybody knows where things lie. A file of several extents has as many records. */
export type RecordPlan = {
  readonly name: Uint8Array
  readonly areas: Areas
  /** Where the continued areas lie: sector and offset. */
  places: { sector: number; offset: number }[]
}

export const DOT = Uint8Array.of(0)
export const DOT_DOT = Uint8Array.of(1)
/** A path table has 16 bits for a parent's number. */
const MAX_DIRECTORIES = 0xffff

export function planRecord(name: Uint8Array, systemUse: readonly Uint8Array[]): RecordPlan {
  return { name, areas: distribute(systemUse, MAX_RECORD - baseSize(name)), places: [] }
}

/** Record and name, on an even length. */
export function baseSize(name: Uint8Array): number {
  return RECORD + name.length + (name.length % 2 === 0 ? 1 : 0)
}

export function recordSize({ name, areas }: RecordPlan): number {
  const size = baseSize(name) + areaSize(areas.inRecord, areas.continued.length === 0)
  return size + (size % 2)
}

export function extentsOf(size: number): number[] {
  const lengths: number[] = []
  for (let at = 0; at < size; at += MAX_EXTENT) lengths.push(Math.min(MAX_EXTENT, size - at))
  return lengths.length === 0 ? [0] : lengths
}

export type Names = (entries: ReadonlyMap<string, Inode>) => ReadonlyMap<string, Uint8Array>
export type SystemUse = (inode: Inode, name: string, role: 'child' | 'dot' | 'dotdot' | 'root') => readonly Uint8Array[]

/** The directories of one of the two trees of an image, breadth first and by name within a parent. */
export function planNodes(root: Directory, names: Names, systemUse: SystemUse, has: (inode: Inode) => boolean): Node[] {
  const make = (inode: Directory, path: string, name: Uint8Array, parent: Node | undefined): Node => ({
    inode,
    path,
    parent,
    number: 0,
    name,
    children: [],
    sector: 0,
    size: 0,
    areaSectors: 0,
    own: [
      planRecord(DOT, systemUse(inode, '', parent === undefined ? 'root' : 'dot')),
      planRecord(DOT_DOT, systemUse(parent?.inode ?? inode, '', 'dotdot')),
    ],
  })
  const nodes = [make(root, '', DOT, undefined)]
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Node
    node.number = i + 1
    if (nodes.length > MAX_DIRECTORIES) {
      throw new ConfigError(
        'INEXPRESSIBLE',
        { words: node.path },
        `is one of more than ${MAX_DIRECTORIES} directories`,
        'choose another format than iso9660',
      )
    }
    const named = names(node.inode.entries)
    for (const [name, inode] of node.inode.entries) {
      if (!has(inode)) continue
      const short = named.get(name) as Uint8Array
      const below = inode.kind === 'directory' ? make(inode, `${node.path}/${name}`, short, node) : undefined
      node.children.push({ name: short, inode, node: below, plan: planRecord(short, systemUse(inode, name, 'child')) })
    }
    node.children.sort((a, b) => compareBytes(a.name, b.name))
    nodes.push(...node.children.flatMap(({ node: below }) => (below === undefined ? [] : [below])))
    node.size = directorySize(node)
  }
  return nodes
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareNames(String.fromCharCode(...a), String.fromCharCode(...b))
}

/** Records never cross the end of a sector. */
function directorySize({ own, children }: Node): number {
  let at = 0
  const add = (size: number): void => {
    if ((at % SECTOR) + size > SECTOR) at = sectorsOf(at) * SECTOR
    at += size
  }
  for (const plan of own) add(recordSize(plan))
  for (const { inode, plan } of children) {
    const count = inode.kind === 'file' ? extentsOf(inode.content.size).length : 1
    for (let i = 0; i < count; i++) add(recordSize(plan))
  }
  return sectorsOf(at) * SECTOR
}

/** Gives a directory its place, with its continuation areas behind it; returns the sector behind both. No area crosses the end of a sector. */
export function placeNode(node: Node, sector: number): number {
  node.sector = sector
  const first = sector + node.size / SECTOR
  let at = first * SECTOR
  for (const plan of plansOf(node)) {
    const { continued } = plan.areas
    continued.forEach((area, i) => {
      const size = areaSize(area, i === continued.length - 1)
      if ((at % SECTOR) + size > SECTOR) at = sectorsOf(at) * SECTOR
      plan.places.push({ sector: Math.floor(at / SECTOR), offset: at % SECTOR })
      at += size
    })
  }
  node.areaSectors = sectorsOf(at) - first
  return sectorsOf(at)
}

export function plansOf({ own, children }: Node): RecordPlan[] {
  return [...own, ...children.map(({ plan }) => plan)]
}

export function pathTable(nodes: readonly Node[], bigEndian: boolean): Uint8Array {
  return concat(
    nodes.map(({ name, sector, parent }) => {
      const bytes = new Uint8Array(8 + name.length + (name.length % 2))
      const view = new DataView(bytes.buffer)
      bytes[0] = name.length
      view.setUint32(2, sector, !bigEndian)
      view.setUint16(6, parent?.number ?? 1, !bigEndian)
      bytes.set(name, 8)
      return bytes
    }),
  )
}

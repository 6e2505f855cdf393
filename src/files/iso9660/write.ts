// Writes a tree as ISO 9660 with Rock Ridge, which holds what Unix keeps of files, and Joliet, which has its names for others. Contents lie once,
// whatever the number of names and trees. Pure.

import { concat } from '../../base/concat.ts'
import { ConfigError } from '../../base/errors.ts'
import { ByteWriter } from '../../base/writer.ts'
import { fitTree } from '../fit.ts'
import type { WriteOptions } from '../format.ts'
import type { Capabilities } from '../losses.ts'
import { MAX_PATH, problemOfName } from '../name.ts'
import { copySource, countReads, type ImageOutput, pad } from '../output.ts'
import { countNames, type Directory, type Inode, type RegularFile, walk } from '../tree.ts'
import {
  big32,
  both16,
  both32,
  DATE_SIZE,
  DESCRIPTOR,
  FIRST_TIME,
  JOLIET_ESCAPE,
  LABEL_SIZE,
  LAST_TIME,
  SECTOR,
  sectorsOf,
  STANDARD,
  SYSTEM_SECTORS,
  VOLUME,
} from './format.ts'
import { DOT, type Node, pathTable, placeNode, planNodes, planRecord } from './layout.ts'
import { encodeJoliet, jolietNames, plainNames } from './names.ts'
import { directoryTarget, encodeAreas, encodeDirectory, encodeRecord } from './record.ts'
import type { IsoIdentity } from './volume.ts'
import { alternateName, attributes, extension, presence } from './system-use.ts'

export type IsoOptions = WriteOptions & {
  /** At most 32 letters, digits and _; 16 of any kind in Joliet. */
  readonly label?: string | undefined
  /** When it was made and changed, as `parseVolumeDate` gives it: what others make a UUID of. Not said, if not given. */
  readonly date?: Uint8Array | undefined
  /** What it was called before, where no other name is given. */
  readonly identity?: Omit<IsoIdentity, 'boots'> | undefined
  /** Names for those who do not know Rock Ridge, cut to 64 characters; without symbolic links and devices. Yes, if not said. */
  readonly joliet?: boolean | undefined
}

export const ISO9660: Capabilities = {
  maxOwner: 2 ** 32 - 1,
  modeOf: ({ meta }) => meta.mode,
  time: { first: FIRST_TIME, last: LAST_TIME, step: 1_000_000_000 },
  xattr: () => false,
  symlinks: true,
  hardLinks: true,
  devices: (major, minor) => major > 0 || minor < 256,
  fifos: true,
  sockets: true,
  holes: false,
  maxFile: 2 ** 42, // sectors have 32 bits, and so has an image
  anyBytes: true,
  maxPath: MAX_PATH,
  problemOfName,
}

type Tree = {
  readonly nodes: readonly Node[]
  readonly little: number
  readonly big: number
  readonly tableSize: number
}

export function writeIso(root: Directory, output: ImageOutput, options: IsoOptions = {}): void {
  const tree = fitTree('iso9660', ISO9660, root, options.allowLoss ?? new Set())
  const identity = identityOf(options)
  const withJoliet = identity.jolietLabel !== undefined
  let next = SYSTEM_SECTORS + (withJoliet ? 3 : 2)
  const place = (nodes: readonly Node[]): Tree => {
    const tableSize = pathTable(nodes, false).length
    const little = next
    const big = little + sectorsOf(tableSize)
    next = big + sectorsOf(tableSize)
    return { nodes, little, big, tableSize }
  }
  const primary = place(planNodes(tree, plainNames, rockRidge(tree), () => true))
  const joliet = withJoliet
    ? place(
        planNodes(
          tree,
          jolietNames,
          () => [],
          ({ kind }) => kind === 'directory' || kind === 'file',
        ),
      )
    : undefined
  const trees = joliet === undefined ? [primary] : [primary, joliet]
  for (const { nodes } of trees) for (const node of nodes) next = placeNode(node, next)
  const { files, sectors, end } = placeFiles(tree, next)
  if (end >= 2 ** 32)
    throw new ConfigError('INEXPRESSIBLE', { words: '/' }, 'has more than the 8 TiB that ISO 9660 can hold')

  output.zeroes(SYSTEM_SECTORS * SECTOR)
  output.write(descriptor(primary, identity, end, false))
  if (joliet !== undefined) output.write(descriptor(joliet, identity, end, true))
  output.write(new ByteWriter(SECTOR).u8(0, DESCRIPTOR.end).put(1, STANDARD).u8(6, 1).bytes)
  for (const { nodes } of trees) {
    for (const bigEndian of [false, true]) {
      output.write(pathTable(nodes, bigEndian))
      pad(output, SECTOR)
    }
  }
  for (const { nodes } of trees) {
    for (const node of nodes) {
      output.write(encodeDirectory(node, sectors))
      output.write(encodeAreas(node))
    }
  }
  const counted = countReads(options.progress)
  for (const { content } of files) {
    copySource(counted(content), output)
    pad(output, SECTOR)
  }
}

const NO_DATE = new TextEncoder().encode(`${'0'.repeat(DATE_SIZE - 1)}\0`)

function identityOf({ label, date, identity, joliet }: IsoOptions): Omit<IsoIdentity, 'boots'> {
  const withJoliet = joliet ?? (identity === undefined || identity.jolietLabel !== undefined)
  const named = label ?? (identity === undefined ? 'CDROM' : undefined)
  const plain = named === undefined ? undefined : new TextEncoder().encode(labelOf(named).padEnd(LABEL_SIZE))
  const wide = named === undefined ? identity?.jolietLabel : encodeJoliet(named.slice(0, 16).padEnd(16))
  return {
    label: plain ?? (identity?.label as Uint8Array),
    jolietLabel: withJoliet ? (wide ?? encodeJoliet(' '.repeat(16))) : undefined,
    dates:
      date === undefined
        ? (identity?.dates ?? concat([NO_DATE, NO_DATE, NO_DATE, NO_DATE]))
        : concat([date, date, NO_DATE, NO_DATE]),
  }
}

function labelOf(label: string): string {
  if (/^[A-Z0-9_]{1,32}$/.test(label.toUpperCase())) return label.toUpperCase()
  throw new ConfigError(
    'BAD_VALUE',
    { words: `--label ${label}` },
    'is no label of ISO 9660: at most 32 letters, digits and _',
  )
}

/** What Rock Ridge says of each inode. The serial number makes names of one file known as such. */
function rockRidge(root: Directory) {
  const names = countNames(root)
  const serials = new Map<Inode, number>()
  const serialOf = (inode: Inode): number => {
    const serial = serials.get(inode) ?? serials.size + 1
    serials.set(inode, serial)
    return serial
  }
  const links = (inode: Inode): number => {
    if (inode.kind !== 'directory') return names.get(inode) ?? 1
    return 2 + [...inode.entries.values()].filter(({ kind }) => kind === 'directory').length
  }
  return (inode: Inode, name: string, role: 'child' | 'dot' | 'dotdot' | 'root'): readonly Uint8Array[] => {
    const own = attributes(inode, links(inode), serialOf(inode))
    if (role === 'root') return [presence(), ...own, extension()]
    return role === 'child' ? [...alternateName(name), ...own] : own
  }
}

function placeFiles(root: Directory, first: number) {
  const files: RegularFile[] = []
  const sectors = new Map<Inode, number>()
  let end = first
  for (const { inode } of walk(root)) {
    if (inode.kind !== 'file' || inode.content.size === 0 || sectors.has(inode)) continue
    files.push(inode)
    sectors.set(inode, end)
    end += sectorsOf(inode.content.size)
  }
  return { files, sectors, end }
}

function descriptor(
  { nodes, little, big, tableSize }: Tree,
  { label, jolietLabel, dates }: Omit<IsoIdentity, 'boots'>,
  sectors: number,
  isJoliet: boolean,
): Uint8Array {
  const writer = new ByteWriter(SECTOR)
    .u8(VOLUME.type, isJoliet ? DESCRIPTOR.supplementary : DESCRIPTOR.primary)
    .put(VOLUME.id, STANDARD)
    .u8(VOLUME.version, 1)
  const text = (at: number, value: string, length: number): void => {
    const bytes = isJoliet
      ? encodeJoliet(value.slice(0, length / 2).padEnd(Math.floor(length / 2)))
      : new TextEncoder().encode(value.padEnd(length))
    writer.put(at, bytes)
  }
  text(VOLUME.system, '', 32)
  writer.put(VOLUME.label, isJoliet ? (jolietLabel as Uint8Array) : label)
  both32(writer, VOLUME.size, sectors)
  if (isJoliet) writer.put(VOLUME.escapes, JOLIET_ESCAPE)
  both16(both16(both16(writer, VOLUME.setSize, 1), VOLUME.sequence, 1), VOLUME.blockSize, SECTOR)
  both32(writer, VOLUME.tableSize, tableSize)
  writer.u32(VOLUME.littleTable, little).put(VOLUME.bigTable, big32(big))
  // The root's record has no room for anything but itself.
  writer.put(VOLUME.root, encodeRecord(planRecord(DOT, []), directoryTarget(nodes[0] as Node)))
  for (const at of [VOLUME.set, VOLUME.publisher, VOLUME.preparer, VOLUME.application]) text(at, '', 128)
  for (const i of [0, 1, 2]) text(VOLUME.files + i * 37, '', 37)
  return writer.put(VOLUME.created, dates).u8(VOLUME.structure, 1).bytes
}

// Directory records and continuation areas as bytes, once everything has its place. Pure.

import { concat } from '../../base/concat.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Inode } from '../tree.ts'
import { both16, both32, encodeTime, FIELD, FLAGS, SECTOR, sectorsOf } from './format.ts'
import { baseSize, type Child, extentsOf, type Node, plansOf, type RecordPlan, recordSize } from './layout.ts'
import { areaSize, continuation } from './system-use.ts'

type Target = { readonly sector: number; readonly size: number; readonly flags: number; readonly seconds: number }

export function encodeRecord(plan: RecordPlan, { sector, size, flags, seconds }: Target): Uint8Array {
  const { name, areas } = plan
  const length = recordSize(plan)
  const writer = new ByteWriter(length).u8(FIELD.length, length)
  both32(both32(writer, FIELD.extent, sector), FIELD.size, size)
  both16(writer, FIELD.sequence, 1)
  writer
    .put(FIELD.date, encodeTime(seconds))
    .u8(FIELD.flags, flags)
    .u8(FIELD.nameLength, name.length)
    .put(FIELD.name, name)
  return writer.put(baseSize(name), concat([...areas.inRecord, ...leadingTo(plan, 0)])).bytes
}

/** The entry that leads from an area to the next; nothing behind the last. */
function leadingTo({ areas, places }: RecordPlan, next: number): Uint8Array[] {
  const place = places[next]
  const area = areas.continued[next]
  if (place === undefined || area === undefined) return []
  return [continuation(place.sector, place.offset, areaSize(area, next === areas.continued.length - 1))]
}

/** All records of a directory. `sectors` says where files lie. */
export function encodeDirectory(node: Node, sectors: ReadonlyMap<Inode, number>): Uint8Array {
  const bytes = new Uint8Array(node.size)
  let at = 0
  const put = (record: Uint8Array): void => {
    if ((at % SECTOR) + record.length > SECTOR) at = sectorsOf(at) * SECTOR
    bytes.set(record, at)
    at += record.length
  }
  const parent = node.parent ?? node
  node.own.forEach((plan, i) => put(encodeRecord(plan, directoryTarget(i === 0 ? node : parent))))
  for (const child of node.children) for (const record of recordsOf(child, sectors)) put(record)
  return bytes
}

export function directoryTarget({ sector, size, inode }: Node): Target {
  return { sector, size, flags: FLAGS.directory, seconds: inode.meta.mtime.seconds }
}

function recordsOf({ inode, node, plan }: Child, sectors: ReadonlyMap<Inode, number>): Uint8Array[] {
  if (node !== undefined) return [encodeRecord(plan, directoryTarget(node))]
  const { seconds } = inode.meta.mtime
  if (inode.kind !== 'file') return [encodeRecord(plan, { sector: 0, size: 0, flags: 0, seconds })]
  let sector = sectors.get(inode) ?? 0
  const lengths = extentsOf(inode.content.size)
  return lengths.map((size, i) => {
    const record = encodeRecord(plan, { sector, size, flags: i < lengths.length - 1 ? FLAGS.more : 0, seconds })
    sector += sectorsOf(size)
    return record
  })
}

/** What lies behind a directory's records: the continuation areas of all of them. */
export function encodeAreas(node: Node): Uint8Array {
  const first = node.sector + node.size / SECTOR
  const bytes = new Uint8Array(node.areaSectors * SECTOR)
  for (const plan of plansOf(node)) {
    plan.areas.continued.forEach((area, i) => {
      const place = plan.places[i] as RecordPlan['places'][number]
      bytes.set(concat([...area, ...leadingTo(plan, i + 1)]), (place.sector - first) * SECTOR + place.offset)
    })
  }
  return bytes
}

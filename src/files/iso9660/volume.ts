// An ISO 9660 image that is read: its descriptors, and the records of its directories. Nothing in it is believed. Pure.

import { type ByteReader, type Source, window } from '../../base/reader.ts'
import {
  DATE_SIZE,
  DESCRIPTOR,
  FIELD,
  JOLIET_ESCAPES,
  LABEL_SIZE,
  RECORD,
  SECTOR,
  STANDARD,
  SYSTEM_SECTORS,
  VOLUME,
} from './format.ts'

/** Descriptors in front of an image; real ones have three or four. */
const MAX_DESCRIPTORS = 64

export type IsoVolume = {
  /** The reader of the root's record. */
  readonly primary: ByteReader
  readonly joliet: ByteReader | undefined
}

/** What an image is called and known by, as it stands in its descriptors. */
export type IsoIdentity = {
  /** 32 bytes. */
  readonly label: Uint8Array
  /** The same in UTF-16; undefined where there is no Joliet. */
  readonly jolietLabel: Uint8Array | undefined
  /** When it was made, changed, goes out of use, comes into use: four times of 17 bytes. Of the second others make a UUID. */
  readonly dates: Uint8Array
  /** It has a boot record, or a boot sector in front. */
  readonly boots: boolean
}

/** Throws FormatError for what is no such image. */
export function readIsoIdentity(source: Source): IsoIdentity {
  const { primary, joliet, boots } = findDescriptors(source)
  const front = source.readAt(0, SYSTEM_SECTORS * SECTOR)
  const labelOf = (reader: ByteReader): Uint8Array => reader.bytes(VOLUME.label, LABEL_SIZE, 'volume.label').slice()
  return {
    label: labelOf(primary),
    jolietLabel: joliet === undefined ? undefined : labelOf(joliet),
    dates: primary.bytes(VOLUME.created, 4 * DATE_SIZE, 'volume.dates').slice(),
    boots: boots || front.some((byte) => byte !== 0),
  }
}

/** Throws FormatError for what is no such image. */
export function openIso(source: Source): IsoVolume {
  const { primary, joliet } = findDescriptors(source)
  return { primary: rootOf(primary), joliet: joliet === undefined ? undefined : rootOf(joliet) }
}

type Descriptors = {
  readonly primary: ByteReader
  readonly joliet: ByteReader | undefined
  readonly boots: boolean
}

function findDescriptors(source: Source): Descriptors {
  let [primary, joliet]: [ByteReader | undefined, ByteReader | undefined] = [undefined, undefined]
  let boots = false
  for (let i = 0; ; i++) {
    const reader: ByteReader = window(source, (SYSTEM_SECTORS + i) * SECTOR, SECTOR, 'volume descriptor')
    const id = reader.bytes(VOLUME.id, 5, 'volume descriptor')
    reader.check(
      STANDARD.every((byte, at) => id[at] === byte),
      'BAD_MAGIC',
      VOLUME.id,
      'volume descriptor',
      'is not that of ISO 9660',
    )
    reader.check(i < MAX_DESCRIPTORS, 'LIMIT', 0, 'volume descriptor', `is one of more than ${MAX_DESCRIPTORS}`)
    const type = reader.u8(VOLUME.type, 'volume.type')
    if (type === DESCRIPTOR.end) break
    boots ||= type === DESCRIPTOR.boot
    if (type === DESCRIPTOR.primary) primary ??= reader
    const escapes = String.fromCharCode(...reader.bytes(VOLUME.escapes, 3, 'volume.escapes'))
    if (type === DESCRIPTOR.supplementary && JOLIET_ESCAPES.includes(escapes)) joliet ??= reader
    if (primary !== undefined && joliet !== undefined) break
  }
  if (primary !== undefined) return { primary, joliet, boots }
  return window(source, SYSTEM_SECTORS * SECTOR, SECTOR, 'volume descriptor').check(
    false,
    'BAD_VALUE',
    0,
    'volume descriptor',
    'is not followed by a primary one',
  ) as never
}

function rootOf(reader: ByteReader): ByteReader {
  const size = reader.u16(VOLUME.blockSize, 'volume.blockSize')
  reader.check(
    size === SECTOR,
    'UNSUPPORTED',
    VOLUME.blockSize,
    'volume.blockSize',
    `is ${size}, only ${SECTOR} is read`,
  )
  return reader.slice(VOLUME.root, RECORD + 1, 'volume.root')
}

export type IsoRecord = {
  readonly reader: ByteReader
  readonly extent: number
  readonly size: number
  readonly flags: number
  readonly date: Uint8Array
  readonly name: Uint8Array
  /** What lies behind the name: entries of SUSP, where there are any. */
  readonly systemUse: ByteReader
}

export function decodeRecord(reader: ByteReader): IsoRecord {
  const nameLength = reader.u8(FIELD.nameLength, 'record.name')
  const use = FIELD.name + nameLength + (nameLength % 2 === 0 ? 1 : 0)
  // A record may end with its name, without the byte that makes its length even.
  const begin = Math.min(use, reader.length)
  return {
    reader,
    extent: reader.u32(FIELD.extent, 'record.extent'),
    size: reader.u32(FIELD.size, 'record.size'),
    flags: reader.u8(FIELD.flags, 'record.flags'),
    date: reader.bytes(FIELD.date, 7, 'record.date'),
    name: reader.bytes(FIELD.name, nameLength, 'record.name'),
    systemUse: reader.slice(begin, reader.length - begin, 'record.systemUse'),
  }
}

/** The records of a directory. A zero where a length should be leads to the next sector. */
export function* recordsOf(content: Source): Generator<IsoRecord> {
  for (let sector = 0; sector < content.size; sector += SECTOR) {
    const reader: ByteReader = window(content, sector, Math.min(SECTOR, content.size - sector), 'directory')
    for (let at = 0; at < reader.length; ) {
      const length = reader.u8(at, 'record.length')
      if (length === 0) break
      reader.check(length >= RECORD, 'BAD_VALUE', at, 'record.length', `is ${length}`)
      yield decodeRecord(reader.slice(at, length, 'record'))
      at += length
    }
  }
}

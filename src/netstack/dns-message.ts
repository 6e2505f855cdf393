// Messages of DNS (RFC 1035, EDNS of RFC 6891): questions taken apart, answers put together. Pure.

import { ByteReader } from '../base/reader.ts'
import { putU16, putU32 } from './bytes.ts'
import { DNS_HEADER, readName } from './dns-name.ts'
import { readU16 } from './network-order.ts'

export const TYPE = { A: 1, PTR: 12, AAAA: 28, OPT: 41 } as const
export const IN = 1
export const RESPONSE = { ok: 0, malformed: 1, failed: 2, unknownName: 3, unsupported: 4, refused: 5 } as const

const IS_RESPONSE = 0x8000
const AUTHORITATIVE = 0x0400
const TRUNCATED = 0x0200
const RECURSION_WANTED = 0x0100
const RECURSION_AVAILABLE = 0x0080
const MAX_RECORDS = 64 // of a question: it has one or two beside itself
/** Without EDNS, and the least that anybody may say with it. */
export const PLAIN_SIZE = 512

export type DnsQuery = {
  readonly id: number
  readonly operation: number
  readonly wantsRecursion: boolean
  /** In lower case, without the last dot; undefined where a label holds other characters than names of hosts. */
  readonly name: string | undefined
  readonly type: number
  readonly class: number
  /** The question as it was asked, with its capitals: it is repeated in the answer. */
  readonly question: Uint8Array
  /** The longest answer that the asker takes in a datagram, where it has said so (EDNS). */
  readonly size: number | undefined
}

/** Whether `message` is a question that deserves an answer, be it that it is malformed: answers to answers would never end. */
export function isQuery(message: Uint8Array): boolean {
  return message.length >= DNS_HEADER && ((message[2] as number) & 0x80) === 0
}

/** Throws FormatError, and nothing else, whatever the bytes are. */
export function decodeQuery(r: ByteReader): DnsQuery {
  const flags = readU16(r, 2, 'flags')
  r.check((flags & IS_RESPONSE) === 0, 'BAD_VALUE', 2, 'flags', 'are those of an answer')
  r.check(readU16(r, 4, 'questions') === 1, 'BAD_VALUE', 4, 'questions', 'is not one')
  const name = readName(r, DNS_HEADER, 'question')
  return {
    id: readU16(r, 0, 'id'),
    operation: (flags >>> 11) & 15,
    wantsRecursion: (flags & RECURSION_WANTED) !== 0,
    name: name.text,
    type: readU16(r, name.end, 'question.type'),
    class: readU16(r, name.end + 2, 'question.class'),
    question: r.bytes(DNS_HEADER, name.end + 4 - DNS_HEADER, 'question').slice(),
    size: readSize(r, name.end + 4),
  }
}

/** The size that an OPT record among those behind the question gives. */
function readSize(r: ByteReader, start: number): number | undefined {
  const count = readU16(r, 6, 'answers') + readU16(r, 8, 'authorities') + readU16(r, 10, 'additionals')
  r.check(count <= MAX_RECORDS, 'LIMIT', 6, 'answers', `of all sections are ${count}, more than ${MAX_RECORDS}`)
  let at = start
  let size: number | undefined
  for (let i = 0; i < count; i++) {
    const name = readName(r, at, 'record')
    if (readU16(r, name.end, 'record.type') === TYPE.OPT) size = readU16(r, name.end + 2, 'record.class')
    const length = readU16(r, name.end + 8, 'record.length')
    r.slice(name.end + 10, length, 'record.data')
    at = name.end + 10 + length
  }
  return size
}

export type DnsReply = {
  readonly code: number
  /** The records' data; each of the question's name and type. */
  readonly records: readonly Uint8Array[]
  /** Seconds that the records may be kept. */
  readonly ttl: number
  /** We know it of ourselves. */
  readonly isOurs: boolean
}

/** An answer of `limit` bytes at most; where it would be longer, none, and the asker is told to ask again by TCP. */
export function encodeReply(query: DnsQuery, reply: DnsReply, limit: number): Uint8Array {
  const whole = encode(query, reply, reply.records, 0)
  return whole.length <= limit ? whole : encodeTruncated(query, reply)
}

export function encodeTruncated(query: DnsQuery, reply: DnsReply): Uint8Array {
  return encode(query, reply, [], TRUNCATED)
}

function encode(query: DnsQuery, reply: DnsReply, records: readonly Uint8Array[], more: number): Uint8Array {
  const opt = query.size === undefined ? 0 : OPT_LENGTH
  const start = DNS_HEADER + query.question.length
  const size = records.reduce((sum, data) => sum + RECORD_HEADER + data.length, start + opt)
  const bytes = new Uint8Array(size)
  putHeader(bytes, query, reply, more)
  putU16(bytes, 4, 1)
  putU16(bytes, 6, records.length)
  putU16(bytes, 10, opt > 0 ? 1 : 0)
  bytes.set(query.question, DNS_HEADER)
  let at = start
  for (const data of records) {
    putU16(bytes, at, 0xc000 | DNS_HEADER) // the question's name
    putU16(bytes, at + 2, query.type)
    putU16(bytes, at + 4, IN)
    putU32(bytes, at + 6, reply.ttl)
    putU16(bytes, at + 10, data.length)
    bytes.set(data, at + RECORD_HEADER)
    at += RECORD_HEADER + data.length
  }
  if (opt > 0) putOpt(bytes, at)
  return bytes
}

const RECORD_HEADER = 12 // with a pointer for a name
const OPT_LENGTH = 11
const OUR_SIZE = 4096 // bytes that a question may have

function putOpt(bytes: Uint8Array, at: number): void {
  putU16(bytes, at + 1, TYPE.OPT)
  putU16(bytes, at + 3, OUR_SIZE)
}

function putHeader(bytes: Uint8Array, query: DnsQuery, { code, isOurs }: DnsReply, more: number): void {
  const flags =
    IS_RESPONSE |
    RECURSION_AVAILABLE |
    (query.operation << 11) |
    (isOurs ? AUTHORITATIVE : 0) |
    more |
    (query.wantsRecursion ? RECURSION_WANTED : 0)
  putU16(bytes, 0, query.id)
  putU16(bytes, 2, flags | code)
}

/** To a question that cannot be read: its header alone, since nobody knows where it ends. */
export function encodeMalformed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DNS_HEADER)
  bytes.set(message.subarray(0, 2))
  putU16(bytes, 2, IS_RESPONSE | RECURSION_AVAILABLE | RESPONSE.malformed | (((message[2] as number) & 0x79) << 8))
  return bytes
}

/** Whether a name server's `response` answers the question that was relayed to it under `id`. */
export function isResponseTo(response: Uint8Array, query: DnsQuery, id: number): boolean {
  if (response.length < DNS_HEADER + query.question.length) return false
  const r = new ByteReader(response)
  const isAnswer = (readU16(r, 2, 'flags') & IS_RESPONSE) !== 0 && readU16(r, 4, 'questions') === 1
  return isAnswer && readU16(r, 0, 'id') === id && query.question.every((byte, i) => response[DNS_HEADER + i] === byte)
}

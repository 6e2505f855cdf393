// Messages of DHCP and DNS as a guest writes and reads them. For tests. Pure.

import { be16, be32, concat, type ReadPacket, word } from './sample-frames.ts'

export const TRANSACTION = 0x12345678

/** All in front of the options, the magic number with it. */
export function dhcpHeader(mac: Uint8Array): Uint8Array {
  return concat(
    [1, 1, 6, 0],
    be32(TRANSACTION),
    new Uint8Array(20),
    mac,
    new Uint8Array(10 + 64 + 128),
    [99, 130, 83, 99],
  )
}

export type DhcpFacts = {
  readonly to: string
  readonly toPort: number
  readonly type: number | undefined
  readonly transaction: Uint8Array
  readonly flags: number
  readonly clientAddress: string
  readonly yourAddress: string
  readonly hardware: Uint8Array
  /** The numbers of its options, in order. */
  readonly codes: readonly number[]
  readonly option: (code: number) => readonly number[] | undefined
}

export function readDhcp({ to, payload }: ReadPacket): DhcpFacts {
  const message = payload.subarray(8)
  const options = new Map<number, readonly number[]>()
  let at = 240
  if (word(payload, 2) !== 68) throw new Error('not for a DHCP client')
  while (message[at] !== 255) {
    if (at >= message.length) throw new Error('options without an end')
    const [code = 255, length = 0] = message.subarray(at, at + 2)
    options.set(code, [...message.subarray(at + 2, at + 2 + length)])
    at += 2 + length
  }
  return {
    to,
    toPort: word(payload, 2),
    type: options.get(53)?.[0],
    transaction: message.slice(4, 8),
    flags: word(message, 10),
    clientAddress: message.subarray(12, 16).join('.'),
    yourAddress: message.subarray(16, 20).join('.'),
    hardware: message.slice(28, 34),
    codes: [...options.keys()],
    option: (code) => options.get(code),
  }
}

export function dnsName(text: string): Uint8Array {
  const labels = text === '' ? [] : text.split('.').map((label) => new TextEncoder().encode(label))
  return concat(...labels.map((label) => [label.length, ...label]), [0])
}

export type QueryOptions = {
  readonly id?: number
  readonly flags?: number
  readonly class?: number
  readonly size?: number
}

export function dnsQuery(name: string, type: number, more: QueryOptions = {}): Uint8Array<ArrayBuffer> {
  const { id = 0x4242, flags = 0x0100, size } = more
  const opt = size === undefined ? [] : [0, ...be16(41), ...be16(size), 0, 0, 0, 0, 0, 0]
  const counts = [0, 1, 0, 0, 0, 0, 0, size === undefined ? 0 : 1]
  return concat(be16(id), be16(flags), counts, dnsName(name), be16(type), be16(more.class ?? 1), opt)
}

export type DnsFacts = {
  readonly id: number
  readonly flags: number
  readonly code: number
  readonly truncated: boolean
  /** The data of its answers: addresses in four numbers, others in bytes. */
  readonly answers: readonly string[]
  readonly ttls: readonly number[]
  readonly additionals: number
}

/** An answer to a question of `dnsQuery`, its names as we write them: a pointer to the question's. */
export function readDns(message: Uint8Array): DnsFacts {
  const flags = word(message, 2)
  const answers: string[] = []
  const ttls: number[] = []
  let at = 12
  while (message[at] !== 0 && at < message.length) at += (message[at] as number) + 1
  at += 5
  for (let i = 0; i < word(message, 6); i++) {
    if (word(message, at) !== 0xc00c) throw new Error('the name of an answer is not the question')
    const length = word(message, at + 10)
    ttls.push(word(message, at + 6) * 65536 + word(message, at + 8))
    answers.push(message.subarray(at + 12, at + 12 + length).join('.'))
    at += 12 + length
  }
  const facts = { id: word(message, 0), flags, code: flags & 15, truncated: (flags & 0x0200) !== 0 }
  return { ...facts, answers, ttls, additionals: word(message, 10) }
}

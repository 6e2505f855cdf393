// The name server at the gateway: names of this network are answered here, all others as the machine itself resolves them. Pure.

import { FormatError } from '../base/errors.ts'
import { parseIpv4 } from '../base/ipv4.ts'
import { ByteReader } from '../base/reader.ts'
import { putU16, putU32 } from './bytes.ts'
import {
  type DnsQuery,
  type DnsReply,
  decodeQuery,
  encodeMalformed,
  encodeReply,
  encodeTruncated,
  IN,
  isQuery,
  isResponseTo,
  PLAIN_SIZE,
  RESPONSE,
  TYPE,
} from './dns-message.ts'
import { encodeName } from './dns-name.ts'
import { type Pending, PendingQuestions } from './dns-pending.ts'
import { type Names, reversedAddress } from './names.ts'
import type { DnsAnswer, Outside } from './outside.ts'
import { IP_HEADER } from './packet.ts'
import type { GuestPort } from './port.ts'
import type { Timers } from './timers.ts'

/** Seconds that answers may be kept. What the machine's own answers are worth it does not say; ours may change at once. */
const TTL = 60
const OUR_TTL = 5
const MAX_ADDRESSES = 64 // of one answer
const MAX_TCP = 65535 // bytes: what a length of 16 bits can say
const UDP_HEADER = 8
const ZONE_TRANSFERS: ReadonlySet<number> = new Set([251, 252])

export type Answer = (response: Uint8Array) => void

/** The whole message of a name server, or what to make one of. */
type Result = DnsReply | Uint8Array

export type DnsOptions = {
  readonly names: Names
  readonly outside: Outside
  readonly random: () => number
  readonly timers: Timers
  readonly now: () => number
}

export class Dns {
  readonly #names: Names
  readonly #outside: Outside
  readonly #random: () => number
  readonly #pending: PendingQuestions<Result>

  constructor({ names, outside, random, timers, now }: DnsOptions) {
    this.#names = names
    this.#outside = outside
    this.#random = random
    this.#pending = new PendingQuestions<Result>(timers, now, failure(RESPONSE.failed))
  }

  detach(port: GuestPort): void {
    this.#pending.detach(port)
  }

  /** A question in a datagram. */
  receive(port: GuestPort, message: Uint8Array, answer: Answer): void {
    this.#question(port, message, answer, (size) => {
      // What is longer than a frame would come in fragments, which not every guest puts together.
      const most = Math.max(PLAIN_SIZE, port.mtu - IP_HEADER - UDP_HEADER)
      return Math.min(Math.max(size ?? PLAIN_SIZE, PLAIN_SIZE), most)
    })
  }

  /** A question in a stream, where answers may have any length. */
  receiveStream(port: GuestPort, message: Uint8Array, answer: Answer): void {
    this.#question(port, message, answer, () => MAX_TCP)
  }

  #question(port: GuestPort, message: Uint8Array, answer: Answer, limitOf: (size: number | undefined) => number): void {
    if (!isQuery(message)) {
      port.drop('bad packet')
      return
    }
    const query = decode(message)
    if (query === undefined) {
      answer(encodeMalformed(message))
      return
    }
    const limit = limitOf(query.size)
    const ours = this.#answerOurselves(query)
    if (ours !== undefined) answer(encodeReply(query, ours, limit))
    else if (port.policy.internet) {
      this.#askOutside(port, query, message, (result) => answer(encodeResult(query, result, limit)))
    } else {
      // Whoever may ask the world for names can tell it anything in them.
      port.tell('names', 'asks for names of the outside, and no-internet is set: only those of this network are known')
      answer(encodeReply(query, failure(RESPONSE.refused), limit))
    }
  }

  /** Undefined for what only the outside knows. */
  #answerOurselves(query: DnsQuery): DnsReply | undefined {
    if (query.operation !== 0) return failure(RESPONSE.unsupported)
    if (query.class !== IN || ZONE_TRANSFERS.has(query.type)) return failure(RESPONSE.refused)
    const { name, type } = query
    if (name === undefined) return isAddressType(type) ? failure(RESPONSE.unknownName) : undefined
    const local = this.#names.addressesOf(name)
    if (local === 'unknown') return failure(RESPONSE.unknownName, true)
    // The network has no IPv6: an address of it would cost the guest the time in which it tries.
    if (type === TYPE.AAAA) return { ...failure(RESPONSE.ok), isOurs: local !== 'not ours' }
    if (local !== 'not ours') {
      return { code: RESPONSE.ok, records: type === TYPE.A ? local.map(addressData) : [], ttl: OUR_TTL, isOurs: true }
    }
    return type === TYPE.PTR ? this.#answerReverse(name) : undefined
  }

  #answerReverse(name: string): DnsReply | undefined {
    const address = parseIpv4(reversedAddress(name) ?? '')
    if (address === undefined) return undefined
    const owner = this.#names.nameOf(address)
    const data = owner === undefined ? undefined : encodeName(owner)
    if (data !== undefined) return { code: RESPONSE.ok, records: [data], ttl: OUR_TTL, isOurs: true }
    return this.#names.isInside(address) ? failure(RESPONSE.unknownName, true) : undefined
  }

  #askOutside(port: GuestPort, query: DnsQuery, message: Uint8Array, give: (result: Result) => void): void {
    const pending = this.#pending.begin(port, give)
    if (pending === undefined) {
      give(failure(RESPONSE.failed))
      return
    }
    const type = questionType(query)
    if (type !== undefined && query.name !== undefined) {
      this.#outside.resolve({ name: query.name, type }, (found) => this.#pending.finish(pending, replyOf(found)))
    } else this.#relay(pending, query, message)
  }

  /** Under a number of our own: the guest's is easily guessed by whoever wants to answer instead of the name server. */
  #relay(pending: Pending<Result>, query: DnsQuery, message: Uint8Array): void {
    const id = this.#random() & 0xffff
    const relayed = message.slice()
    putU16(relayed, 0, id)
    this.#outside.relayDns(relayed, (response) => {
      if (response === undefined || !isResponseTo(response, query, id)) {
        this.#pending.finish(pending, failure(RESPONSE.failed))
        return
      }
      const own = response.slice()
      putU16(own, 0, query.id)
      this.#pending.finish(pending, own)
    })
  }
}

function decode(message: Uint8Array): DnsQuery | undefined {
  try {
    return decodeQuery(new ByteReader(message))
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

function failure(code: number, isOurs = false): DnsReply {
  return { code, records: [], ttl: 0, isOurs }
}

function encodeResult(query: DnsQuery, result: Result, limit: number): Uint8Array {
  if (!(result instanceof Uint8Array)) return encodeReply(query, result, limit)
  return result.length <= limit ? result : encodeTruncated(query, failure(RESPONSE.ok))
}

function isAddressType(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA
}

/** What `Outside.resolve` is asked for; it takes what else there is as it is. */
function questionType({ type, name }: DnsQuery): 'A' | 'PTR' | undefined {
  if (name === undefined || name === '') return undefined
  if (type === TYPE.A) return 'A'
  return type === TYPE.PTR && name.endsWith('.arpa') ? 'PTR' : undefined
}

function replyOf(found: DnsAnswer): DnsReply {
  switch (found.kind) {
    case 'addresses': {
      const addresses = found.addresses.flatMap((text) => parseIpv4(text) ?? []).slice(0, MAX_ADDRESSES)
      return { code: RESPONSE.ok, records: addresses.map(addressData), ttl: TTL, isOurs: false }
    }
    case 'names': {
      const names = found.names.flatMap((text) => encodeName(text.replace(/\.$/, '')) ?? []).slice(0, MAX_ADDRESSES)
      return { code: RESPONSE.ok, records: names, ttl: TTL, isOurs: false }
    }
    case 'unknown':
      return failure(RESPONSE.unknownName)
    case 'failed':
      return failure(RESPONSE.failed)
  }
}

function addressData(address: number): Uint8Array {
  const bytes = new Uint8Array(4)
  putU32(bytes, 0, address)
  return bytes
}

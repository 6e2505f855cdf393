// The options of a net device that is on a network of Slipway's own: what may be reached from it, and how good the line is. Pure.

import { parseDuration } from '../base/duration.ts'
import { UsageError } from '../base/errors.ts'
import { type Cidr, isSubnet, maskOf } from '../base/ipv4.ts'
import { quote } from '../base/quote.ts'
import type { Publication } from './publish.ts'

export type UserLine = {
  readonly kind: 'user'
  /** One that clashes with no route of the host if not given. */
  readonly subnet: Cidr | undefined
  /** Opened although it is refused by default. */
  readonly allow: readonly Cidr[]
  /** What listens on the host's own loopback addresses can be reached. */
  readonly allowHostLoopback: boolean
  /** Addresses outside of the network can be reached. */
  readonly internet: boolean
  /** The host can be reached, by the name host.slipway.internal. */
  readonly host: boolean
  /** A file for every frame, as Wireshark reads it; replaced where it exists. */
  readonly pcap: string | undefined
  /** For testing, each way: bits per second, milliseconds on the way, and the share of frames that are lost, from 0 to 1. */
  readonly rate: number | undefined
  readonly delay: number
  readonly loss: number
  /** Ports that the wire itself brings along. */
  readonly publish: readonly Publication[]
}

export const PLAIN_USER_LINE: UserLine = {
  kind: 'user',
  subnet: undefined,
  allow: [],
  allowHostLoopback: false,
  internet: true,
  host: true,
  pcap: undefined,
  rate: undefined,
  delay: 0,
  loss: 0,
  publish: [],
}

/** What a lease may take (RFC 2131, 2): with less, a guest could be told nothing in one packet. */
export const MIN_USER_MTU = 576
/** Every packet is compared with each of them. */
export const MAX_ALLOWED = 64

/** Milliseconds, all of them less: frames on the way have to be kept. */
const DELAYS = 10_000
const RATE = /^(?:([1-9]\d{0,8})|(?=[\d.]*[1-9])(\d{1,6}(?:\.\d{1,3})?)([kMG]))$/
const DELAY = /^(?:[1-9]\d{0,3}ms|(?=[\d.]*[1-9])\d(?:\.\d{1,3})?s)$/
const LOSS = /^(?:\d{1,2}(?:\.\d{1,3})?|100)%$/
const FACTORS: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 }

/** Bits per second from `10M`: powers of 1000, as lines are sold. Throws UsageError naming `what`, as all of these do. */
export function parseRate(text: string, what: string): number {
  const match = RATE.exec(text)
  if (match === null) throw refusal(text, what, 'no number of bits per second', '500k, 10M or 1.5G')
  const [, plain, amount, unit = ''] = match
  return plain === undefined ? Math.round(Number(amount) * (FACTORS[unit] ?? 1)) : Number(plain)
}

/** Milliseconds, from `20ms` or `1.5s`. */
export function parseDelay(text: string, what: string): number {
  if (!DELAY.test(text)) throw refusal(text, what, 'not between 1ms and 9.999s', '20ms or 1.5s')
  return parseDuration(text, what)
}

/** The share that `1%` is: 0.01. */
export function parseLoss(text: string, what: string): number {
  if (!LOSS.test(text)) throw refusal(text, what, 'not between 0% and 100%', '1% or 0.5%')
  return Number(text.slice(0, -1)) / 100
}

/** What is wrong with one that a program has written by hand, but for its path; or undefined. */
export function problemOfUserLine({ subnet, allow, rate, delay, loss }: UserLine): string | undefined {
  if (allow.length > MAX_ALLOWED) return `${allow.length} networks are allowed, at most ${MAX_ALLOWED} can be`
  if (!allow.every(isNetwork)) return 'what is allowed is no network'
  if (subnet !== undefined && !(isNetwork(subnet) && isSubnet(subnet))) return 'that cannot be its subnet'
  if (rate !== undefined && !(Number.isSafeInteger(rate) && rate > 0)) return `a rate of ${rate} is not possible`
  if (!(Number.isInteger(delay) && delay >= 0 && delay < DELAYS)) return `a delay of ${delay} ms is not possible`
  return loss >= 0 && loss <= 1 ? undefined : `a loss of ${loss} is no share from 0 to 1`
}

function isNetwork({ address, prefix }: Cidr): boolean {
  return Number.isInteger(prefix) && prefix >= 0 && prefix <= 32 && (address & maskOf(prefix)) >>> 0 === address
}

function refusal(text: string, what: string, problem: string, examples: string): UsageError {
  return new UsageError('BAD_ARGUMENT', `${what} ${quote(text)} is ${problem}`, `write for example ${examples}`)
}

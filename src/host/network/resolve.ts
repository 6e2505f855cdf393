// Names as this machine resolves them: by getaddrinfo(3), which heeds its hosts file and whatever else nsswitch.conf(5) names. That blocks a
// thread of the four that all of this process shares, for as long as a name server does not answer; so few at once may. What comes on top is
// asked of the hosts file and the name servers alone, which blocks nobody. A guest that asks for names nobody answers for thus slows nobody else down.

import { lookup, Resolver } from 'node:dns'
import { isIPv4 } from 'node:net'
import type { DnsAnswer, DnsQuestion } from '../../netstack/outside.ts'
import { fresh } from './fresh.ts'
import { type HostsFile, hostsFile } from './hosts-file.ts'
import { KNOWN_FOR } from './name-servers.ts'

const MAX_LOOKUPS = 2 // of libuv's four threads
/** After this, a lookup that has a thread is not waited for: the name servers are asked as well (ms). */
const LOOKUP_PATIENCE = 1000
/** After this, a guest is told that nobody answers (ms). Its own patience is 5 s, as a rule. */
const PATIENCE = 4500
const MAX_QUESTIONS = 512 // at once; each is a few hundred bytes and at most one socket
const MAX_ADDRESSES = 16 // in an answer: what a DNS message of 512 bytes has room for

export type Resolve = (question: DnsQuestion) => Promise<DnsAnswer>

const FAILED: DnsAnswer = { kind: 'failed' }
const UNKNOWN: DnsAnswer = { kind: 'unknown' }
/** What means that the name is known not to be, rather than that nobody knows. */
const NO_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'ENONAME'])

/** The parts that tests replace by others: slow ones, ones that never answer. */
export type ResolverParts = {
  readonly lookup: (name: string, family: 4 | 6) => Promise<readonly string[]>
  readonly hosts: HostsFile
  readonly servers: () => Pick<Resolver, 'resolve4' | 'resolve6' | 'reverse'>
}

export function machineParts(): ResolverParts {
  return {
    lookup: async (name, family) =>
      await new Promise((resolve, reject) => {
        lookup(name, { family, all: true }, (error, found) =>
          error === null ? resolve(found.map(({ address }) => address)) : reject(error),
        )
      }),
    hosts: hostsFile(),
    servers: fresh(() => new Resolver({ timeout: 1500, tries: 2 }), KNOWN_FOR),
  }
}

/** Never rejects. */
export function machineResolver(parts: ResolverParts): Resolve {
  let lookups = 0
  let questions = 0
  const look = async (name: string, family: 4 | 6): Promise<DnsAnswer> => {
    lookups++
    try {
      return addressesFound(await parts.lookup(name, family))
    } catch (error) {
      return noAddress(error, family)
    } finally {
      lookups--
    }
  }
  const answer = async (question: DnsQuestion): Promise<DnsAnswer> => {
    if (question.type === 'PTR') return await nameOf(parts, question.name)
    const family = question.type === 'A' ? 4 : 6
    const fromServers = async (): Promise<DnsAnswer> => await withoutThread(parts, question.name, family)
    if (lookups >= MAX_LOOKUPS) return await known(parts, question.name, await fromServers())
    const looked = look(question.name, family)
    const late = within(LOOKUP_PATIENCE, looked)
    return await known(parts, question.name, (await late) ?? (await firstUseful([looked, fromServers()])))
  }
  return async (question) => {
    if (questions >= MAX_QUESTIONS) return FAILED
    questions++
    try {
      return (await within(PATIENCE, answer(question))) ?? FAILED
    } catch {
      return FAILED // a hosts file that cannot even be looked at, a name that Node.js does not take for one
    } finally {
      questions--
    }
  }
}

function addressesFound(addresses: readonly string[]): DnsAnswer {
  return addresses.length === 0 ? UNKNOWN : { kind: 'addresses', addresses: addresses.slice(0, MAX_ADDRESSES) }
}

function answerOfError(error: unknown): DnsAnswer {
  return NO_NAME.has((error as NodeJS.ErrnoException | undefined)?.code ?? '') ? UNKNOWN : FAILED
}

/** A name that is not found for IPv6 may well be one that has IPv4 addresses only: nobody must conclude that there is no such name. */
function noAddress(error: unknown, family: 4 | 6): DnsAnswer {
  const answer = answerOfError(error)
  return answer.kind === 'unknown' && family === 6 ? { kind: 'addresses', addresses: [] } : answer
}

/** Nor the other way round: what is unknown may have IPv6 addresses only. */
async function known(parts: ResolverParts, name: string, answer: DnsAnswer): Promise<DnsAnswer> {
  if (answer.kind !== 'unknown') return answer
  const other = await withoutThread(parts, name, 6)
  return other.kind === 'addresses' && other.addresses.length > 0 ? { kind: 'addresses', addresses: [] } : answer
}

async function withoutThread({ hosts, servers }: ResolverParts, name: string, family: 4 | 6): Promise<DnsAnswer> {
  const known = hosts.addressesOf(name)
  if (known !== undefined) return addressesFound(known.filter((address) => isIPv4(address) === (family === 4)))
  return await new Promise((resolve) => {
    const answered = (error: Error | null, addresses: readonly string[]): void =>
      resolve(error === null ? addressesFound(addresses) : noAddress(error, family))
    if (family === 4) servers().resolve4(name, answered)
    else servers().resolve6(name, answered)
  })
}

/** `4.3.2.1.in-addr.arpa`: Node.js asks the hosts file and then the name servers, without a thread. */
async function nameOf({ servers }: ResolverParts, name: string): Promise<DnsAnswer> {
  const digits = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name)
  const address = digits?.slice(1).reverse().join('.') ?? ''
  if (!isIPv4(address)) return UNKNOWN
  return await new Promise((resolve) => {
    servers().reverse(address, (error, names) =>
      resolve(error === null ? { kind: 'names', names: names.slice(0, MAX_ADDRESSES) } : answerOfError(error)),
    )
  })
}

/** The first that knows something. */
async function firstUseful(candidates: readonly Promise<DnsAnswer>[]): Promise<DnsAnswer> {
  const useful = candidates.map(async (candidate) => {
    const answer = await candidate
    if (answer.kind === 'failed') throw new Error('knows nothing')
    return answer
  })
  try {
    return await Promise.any(useful)
  } catch {
    return FAILED
  }
}

async function within<T>(milliseconds: number, value: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([value, late])
  } finally {
    clearTimeout(timer)
  }
}

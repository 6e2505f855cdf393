// Ports of a guest that are published: somebody who connects to a port of the host is passed on to one of the guest. Pure.
//
//   [NAME=][ADDR:]HOST:GUEST[/tcp|/udp]

import { UsageError } from '../base/errors.ts'
import { parseIpv4 } from '../base/ipv4.ts'
import { parseIpv6 } from '../base/ipv6.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import type { WireOrigin } from './origin.ts'

export type Protocol = 'tcp' | 'udp'

/** As it is asked for; which device it is for is found out when the wires are matched. */
export type Publication = {
  /** The first that is wired to `user` where none is named. */
  readonly device: string | undefined
  readonly protocol: Protocol
  /** Where the host listens: an IPv4 or IPv6 address, without brackets. */
  readonly address: string
  /** 0: any port that is free. */
  readonly hostPort: number
  readonly guestPort: number
  readonly origin: WireOrigin
}

/** Nobody outside of the machine reaches a port whose address was not given. */
const DEFAULT_ADDRESS = '127.0.0.1'
const LAST_PORT = 65535
/** Each takes a descriptor, of which processes usually have 1024. */
export const MAX_PUBLISHED = 256
const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp']
const EXAMPLE = 'write for example 8080:80, 0.0.0.0:8080:80, 5353:53/udp or 0:80 for any port that is free'

/**
 * The value of `-p`. Throws UsageError BAD_ARGUMENT naming `what`.
 *
 * @example
 * ```ts
 * parsePublication('8080:80', '-p', { layer: 'command line' }).guestPort // 80
 * ```
 */
export function parsePublication(text: string, what: string, origin: WireOrigin): Publication {
  const refuse = (problem: string, advice = EXAMPLE): never => {
    throw new UsageError('BAD_ARGUMENT', `${what} ${quote(text)} ${problem}`, advice)
  }
  const [, device, rest = ''] = /^(?:([A-Za-z0-9]{1,67})=)?(.*)$/s.exec(text) ?? []
  const [, ports = '', protocol = 'tcp'] = /^([^/]*)(?:\/(.*))?$/s.exec(rest) ?? []
  const known = PROTOCOLS.find((name) => name === protocol)
  if (known === undefined) {
    const meant = nearest(protocol, PROTOCOLS)
    return refuse(
      `has ${quote(protocol)} for a protocol`,
      meant === undefined ? 'write /tcp or /udp' : `did you mean /${meant}?`,
    )
  }
  // The address is all that stands in front of the last two numbers: one of IPv6 has colons of its own, and brackets around it.
  const [, address, host = '', guest = ''] = /^(?:(.*):)?([^:]*):([^:]*)$/s.exec(ports) ?? []
  if (guest === '') refuse('is no pair of ports, HOST:GUEST')
  return {
    device,
    protocol: known,
    address: address === undefined ? DEFAULT_ADDRESS : parseAddress(address, refuse),
    hostPort: parsePort(host, 0, refuse),
    guestPort: parsePort(guest, 1, refuse),
    origin,
  }
}

type Refuse = (problem: string, advice?: string) => never

function parseAddress(text: string, refuse: Refuse): string {
  if (parseIpv4(text) !== undefined) return text
  const [, bracketed] = /^\[(.*)\]$/s.exec(text) ?? []
  if (bracketed !== undefined && parseIpv6(bracketed) !== undefined) return bracketed.toLowerCase()
  const problem = `has ${quote(text)} where an address to listen at should be`
  return refuse(
    problem,
    parseIpv6(text) !== undefined
      ? `write [${text}], with brackets`
      : 'write an IPv4 address, or one of IPv6 in brackets; 0.0.0.0 is all there are',
  )
}

function parsePort(text: string, least: number, refuse: Refuse): number {
  const port = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : -1
  if (port >= least && port <= LAST_PORT) return port
  return refuse(`has ${quote(text)} where a port from ${least} to ${LAST_PORT} should be`)
}

/** `tcp 127.0.0.1:8080`, as people and messages have it. */
export function describeListener({
  protocol,
  address,
  hostPort,
}: Pick<Publication, 'protocol' | 'address' | 'hostPort'>): string {
  return `${protocol} ${address.includes(':') ? `[${address}]` : address}:${hostPort}`
}

// Addresses for a Unikraft guest: the n-th `netdev.ip` is for the n-th device; images up to 0.16.0 have three parameters for one device. Pure.

import { formatKey } from '../../key.ts'
import type { Interface } from '../../document.ts'
import { dottedMask, splitAddress } from '../addresses.ts'
import type { Refuse, ToldDocument } from '../dialect.ts'
import { placedGateway } from '../gateways.ts'
import type { Parameters } from './parameters.ts'

export function networkWords(document: ToldDocument, parameters: Parameters, refuse: Refuse): readonly string[] {
  const { interfaces } = document.net
  const addresses = [...interfaces].map(([name, entry]) => addressOf(name, entry, refuse))
  const count = addresses.filter((address) => address !== undefined).length
  const late = addresses.findIndex((address, i) => address !== undefined && i >= count)
  if (late >= 0) {
    const key = formatKey(['net', 'interfaces', [...interfaces.keys()][late] as string])
    refuse(
      key,
      'has an address and comes behind one without, for which no word can stand',
      'put those with addresses first',
    )
  }
  requireAddress(document, count, refuse)
  if (count === 0) return []
  const old = !parameters.has('netdev.ip') && parameters.has('netdev.ipv4_addr')
  return old
    ? oldWords(document, addresses, parameters, refuse)
    : newWords(document, addresses.slice(0, count) as string[], parameters, refuse)
}

/** The static address; undefined where the guest asks for one. */
function addressOf(name: string, { addrs }: Interface, refuse: Refuse): string | undefined {
  const [first, second] = addrs
  const key = formatKey(['net', 'interfaces', name])
  if (first === undefined) return refuse(key, 'has no address', 'leave it out; a guest asks for one by itself')
  if (second !== undefined)
    refuse(formatKey(['net', 'interfaces', name, 'addrs', 1]), 'is a second address; such a guest has one')
  return first.method === 'static' ? first.addr : undefined
}

/** What is told together with an address, and only then. */
function namesIn({ net, hostname }: ToldDocument): readonly string[] {
  return [
    ...(hostname === undefined ? [] : ['hostname']),
    ...(net.dns.nameservers.length === 0 ? [] : ['net.dns.nameservers']),
    ...(net.dns.search.length === 0 ? [] : ['net.dns.search']),
  ]
}

function requireAddress(document: ToldDocument, count: number, refuse: Refuse): void {
  const [key] = count > 0 ? [] : namesIn(document)
  if (key !== undefined) refuse(key, 'is told together with a static address, and there is none')
}

/** cidr:gateway:dns:dns:host name:domain, as far as there is something to say. */
function newWords(
  document: ToldDocument,
  addresses: readonly string[],
  parameters: Parameters,
  refuse: Refuse,
): readonly string[] {
  const { net, hostname = '' } = document
  const [first] = net.interfaces.keys()
  parameters.require('netdev.ip', formatKey(['net', 'interfaces', first as string]), addresses.length)
  const { nameservers, search } = net.dns
  if (nameservers.length > 2) refuse('net.dns.nameservers[2]', 'is a third, and such a guest takes two')
  for (const [i, server] of nameservers.entries()) {
    if (server.includes(':'))
      refuse(`net.dns.nameservers[${i}]`, 'is an IPv6 address, and such a guest takes IPv4 only')
  }
  if (search.length > 1) refuse('net.dns.search[1]', 'is a second, and such a guest takes one')
  const gateway = placedGateway(net, 'inet', refuse)
  const names = [...net.interfaces.keys()]
  return addresses.map((address, i) => {
    const route = gateway !== undefined && gateway.interface === names[i] ? gateway.addr : ''
    const rest = i === 0 ? [nameservers[0] ?? '', nameservers[1] ?? '', hostname, search[0] ?? ''] : []
    return `netdev.ip=${[address, route, ...rest].join(':').replace(/:+$/, '')}`
  })
}

function oldWords(
  document: ToldDocument,
  addresses: readonly (string | undefined)[],
  parameters: Parameters,
  refuse: Refuse,
): readonly string[] {
  const { net } = document
  const [first, second] = net.interfaces.keys()
  if (second !== undefined)
    refuse(formatKey(['net', 'interfaces', second]), 'is a second one, and such an old image takes one')
  const [late] = namesIn(document)
  if (late !== undefined) refuse(late, 'is told with netdev.ip, which such an old image does not have')
  const key = formatKey(['net', 'interfaces', first as string])
  for (const name of ['netdev.ipv4_addr', 'netdev.ipv4_subnet_mask']) parameters.require(name, key, 1)
  const split = splitAddress('inet', addresses[0] ?? '')
  if (split === undefined) return refuse(key, 'has no address of IPv4')
  const gateway = placedGateway(net, 'inet', refuse)
  if (gateway !== undefined) parameters.require('netdev.ipv4_gw_addr', 'net.gateways[0]', 1)
  return [
    `netdev.ipv4_addr=${split.address}`,
    ...(gateway === undefined ? [] : [`netdev.ipv4_gw_addr=${gateway.addr}`]),
    `netdev.ipv4_subnet_mask=${dottedMask(split.prefix)}`,
  ]
}

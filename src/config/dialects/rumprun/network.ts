// The `net` of the later specification (docs/discoveries/rumprun.md). Pure.

import { quote } from '../../../base/quote.ts'
import type { Family, InterfaceAddress } from '../../document.ts'
import { MAX_NAMESERVERS, MAX_SEARCH } from '../../keys.ts'
import { ADDRESS, DOMAIN, INTERFACE, INTERFACE_ADDRESS } from '../../patterns.ts'
import { FAMILY_NAMES, isAddress } from '../addresses.ts'
import { type Draft, interfaceOf } from '../draft.ts'
import { requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import { expectArray, expectBoolean, expectObject, expectString, ignoreKey, pick } from './expect.ts'
import type { Loose } from './lenient-json.ts'

/** Characters of what a guest writes into its resolv.conf (MAXRESOLVCONF of the guest). */
export const MAX_RESOLVER_TEXT = 1024

export function readNet(source: SourceText, value: Loose, draft: Draft): void {
  const known = ['interfaces', 'gateways', 'dns'] as const
  const members = pick(source, expectObject(source, value, '"net"'), known, '"net"', ignoreKey)
  const [interfaces, gateways, dns] = known.map((key) => members.get(key))
  if (interfaces !== undefined) readInterfaces(source, interfaces, draft)
  if (gateways !== undefined) {
    for (const gateway of expectArray(source, gateways, '"gateways"')) readGateway(source, gateway, draft)
  }
  if (dns !== undefined) readResolver(source, dns, draft)
}

function readInterfaces(source: SourceText, value: Loose, draft: Draft): void {
  for (const { key, keyStart, value: settings } of expectObject(source, value, '"interfaces"')) {
    const what = `the interface ${quote(key)}`
    const name = requireRule(source, key, keyStart, INTERFACE, 'the name of an interface')
    const members = pick(source, expectObject(source, settings, what), ['create', 'addrs'], what, ignoreKey)
    const at = interfaceOf(draft, name)
    const create = members.get('create')
    if (create !== undefined) at.create ||= expectBoolean(source, create, '"create"')
    const addrs = members.get('addrs')
    const addresses = addrs === undefined ? [] : expectArray(source, addrs, '"addrs"')
    if (addresses.length === 0) source.tolerate(keyStart, `${what} gets no address`)
    at.addrs.push(...addresses.map((address) => readAddress(source, address)))
  }
}

function readAddress(source: SourceText, value: Loose): InterfaceAddress {
  const what = 'an address'
  const members = pick(source, expectObject(source, value, what), ['type', 'method', 'addr'], what, ignoreKey)
  const type = readFamily(source, value, members.get('type'))
  const given = members.get('method') ?? source.fail('BAD_VALUE', value.start, `${what} has no "method"`)
  const method = expectString(source, given, '"method"')
  const addr = members.get('addr')
  if (method === 'static') {
    if (addr === undefined) return source.fail('BAD_VALUE', value.start, `${what} is static and has no "addr"`)
    return { type, method, addr: readStatic(source, addr, type) }
  }
  const dynamic = type === 'inet' ? 'dhcp' : 'auto'
  if (method !== dynamic) {
    source.fail('BAD_VALUE', given.start, `"method" is ${quote(method)}, not "static" or "${dynamic}"`)
  }
  if (addr !== undefined) source.tolerate(addr.start, `"addr" has no effect with "${dynamic}"`)
  return type === 'inet' ? { type, method: 'dhcp' } : { type, method: 'auto' }
}

function readStatic(source: SourceText, value: Loose, type: Family): string {
  const text = requireRule(source, expectString(source, value, '"addr"'), value.start, INTERFACE_ADDRESS, '"addr"')
  return requireFamily(source, text, text.replace(/\/.*/, ''), value.start, type)
}

function requireFamily(source: SourceText, text: string, address: string, start: number, type: Family): string {
  if (isAddress(type, address)) return text
  return source.fail('BAD_VALUE', start, `"addr" is ${quote(text)}, no address of ${FAMILY_NAMES[type]}`)
}

function readFamily(source: SourceText, owner: Loose, value: Loose | undefined): Family {
  if (value === undefined) return source.fail('BAD_VALUE', owner.start, '"type" is missing')
  const text = expectString(source, value, '"type"')
  if (text === 'inet' || text === 'inet6') return text
  return source.fail('BAD_VALUE', value.start, `"type" is ${quote(text)}, not "inet" or "inet6"`)
}

function readGateway(source: SourceText, value: Loose, draft: Draft): void {
  const what = 'a gateway'
  const members = pick(source, expectObject(source, value, what), ['type', 'addr'], what, ignoreKey)
  const type = readFamily(source, value, members.get('type'))
  const addr = members.get('addr') ?? source.fail('BAD_VALUE', value.start, `${what} has no "addr"`)
  const text = requireRule(source, expectString(source, addr, '"addr"'), addr.start, ADDRESS, '"addr"')
  if (draft.gateways.some((other) => other.type === type)) {
    source.fail('BAD_VALUE', value.start, `a second gateway for ${FAMILY_NAMES[type]}`, 'give one of them')
  }
  draft.gateways.push({ type, addr: requireFamily(source, text, text, addr.start, type) })
}

function readResolver(source: SourceText, value: Loose, draft: Draft): void {
  const members = pick(source, expectObject(source, value, '"dns"'), ['nameservers', 'search'], '"dns"', ignoreKey)
  const [servers, domains] = [members.get('nameservers'), members.get('search')]
  const nameservers = texts(source, servers, MAX_NAMESERVERS, 'nameservers').map(({ text, start }) =>
    requireRule(source, text, start, ADDRESS, 'a name server'),
  )
  const search = texts(source, domains, MAX_SEARCH, 'search').map(({ text, start }) =>
    requireRule(source, text, start, DOMAIN, 'a search domain'),
  )
  if (nameservers.join('').length + search.join(' ').length > MAX_RESOLVER_TEXT) {
    source.fail('LIMIT', value.start, `"dns" comes to more than ${MAX_RESOLVER_TEXT} characters`)
  }
  if (draft.nameservers.length + draft.search.length > 0) {
    source.tolerate(value.start, '"dns" is given again; guests write over the first one, and the last one counts')
  }
  draft.nameservers.splice(0, draft.nameservers.length, ...nameservers)
  draft.search.splice(0, draft.search.length, ...search)
}

function texts(
  source: SourceText,
  value: Loose | undefined,
  most: number,
  key: string,
): readonly { text: string; start: number }[] {
  if (value === undefined) return []
  const elements = expectArray(source, value, `"${key}"`)
  if (elements.length > most)
    source.fail('LIMIT', value.start, `"${key}" has ${elements.length} elements, guests take ${most}`)
  return elements.map((element) => ({
    text: expectString(source, element, `an element of "${key}"`),
    start: element.start,
  }))
}

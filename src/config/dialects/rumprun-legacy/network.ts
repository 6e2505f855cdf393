// The `net` of a legacy document: one address of one interface (docs/discoveries/rumprun.md). Pure.

import { quote } from '../../../base/quote.ts'
import type { Family } from '../../document.ts'
import { INTERFACE } from '../../patterns.ts'
import { BITS, FAMILY_NAMES, isAddress } from '../addresses.ts'
import { type Draft, interfaceOf } from '../draft.ts'
import { requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import { type Cursor, type Member, takeMembers } from './members.ts'
import type { Token } from './tokens.ts'

/** In the order in which guests compare. */
const KEYS = ['if', 'cloner', 'type', 'method', 'addr', 'mask', 'gw'] as const

type Members = ReadonlyMap<(typeof KEYS)[number], Member>

/** Guests have one way to get an address by themselves for each family. */
const DYNAMIC = { inet: 'dhcp', inet6: 'auto' } as const

export function takeNet(cursor: Cursor, draft: Draft): void {
  const { object, members } = takeMembers(cursor, KEYS, '"net"')
  const { source } = cursor
  const name = need(source, object, members, 'if')
  const type = need(source, object, members, 'type')
  const method = need(source, object, members, 'method')
  const family = readFamily(source, type)
  const at = interfaceOf(draft, requireRule(source, name.text, name.start, INTERFACE, '"if"'))
  addCloner(source, members.get('cloner'), at)
  if (method.text === 'static') return addStatic(cursor, object, members, family, at.addrs, draft)
  if (method.text !== DYNAMIC[family]) {
    const problem = `"method" is ${quote(method.text)}, not "static" or "${DYNAMIC[family]}"`
    source.fail('BAD_VALUE', method.start, problem)
  }
  for (const key of ['addr', 'mask', 'gw'] as const) {
    const unused = members.get(key)
    if (unused !== undefined) source.tolerate(unused.start, `"${key}" has no effect with "${method.text}"`)
  }
  at.addrs.push(family === 'inet' ? { type: 'inet', method: 'dhcp' } : { type: 'inet6', method: 'auto' })
}

function need(source: SourceText, object: Token, members: Members, key: 'if' | 'type' | 'method'): Member {
  return members.get(key) ?? source.fail('BAD_VALUE', object.start, `"net" has no "${key}"`)
}

function readFamily(source: SourceText, { text, start }: Member): Family {
  if (text === 'inet' || text === 'inet6') return text
  return source.fail('BAD_VALUE', start, `"type" is ${quote(text)}, not "inet" or "inet6"`)
}

/** Any string will do, "false" too. */
function addCloner(source: SourceText, cloner: Member | undefined, at: { create: boolean }): void {
  if (cloner === undefined) return
  if (cloner.text !== 'true') {
    source.tolerate(cloner.start, `"cloner" is ${quote(cloner.text)}; any string makes guests create the interface`)
  }
  if (at.create) source.tolerate(cloner.start, 'the interface is created a second time, at which a guest may stop')
  at.create = true
}

function addStatic(
  cursor: Cursor,
  object: Token,
  members: Members,
  family: Family,
  addrs: { push(address: { type: Family; method: 'static'; addr: string }): void },
  draft: Draft,
): void {
  const { source } = cursor
  const [addr, mask, gateway] = [members.get('addr'), members.get('mask'), members.get('gw')]
  if (addr === undefined) return source.fail('BAD_VALUE', object.start, '"net" is static and has no "addr"')
  if (mask === undefined) return source.fail('BAD_VALUE', object.start, '"net" is static and has no "mask"')
  const address = readAddress(source, family, addr, 'addr')
  addrs.push({ type: family, method: 'static', addr: `${address}/${readMask(source, family, mask)}` })
  if (gateway === undefined) return
  const route = { type: family, addr: readAddress(source, family, gateway, 'gw') }
  if (draft.gateways.some(({ type }) => type === family)) {
    source.fail('BAD_VALUE', gateway.start, `a second gateway for ${FAMILY_NAMES[family]}`, 'give one of them')
  }
  draft.gateways.push(route)
}

function readAddress(source: SourceText, family: Family, { text, start }: Member, key: string): string {
  if (isAddress(family, text)) return text
  const advice = text.includes('/') ? 'the length of the prefix goes into "mask"' : undefined
  return source.fail('BAD_VALUE', start, `"${key}" is ${quote(text)}, no address of ${FAMILY_NAMES[family]}`, advice)
}

/** As atoi(3) does: leading digits, and 0 where there are none, which is no network that a host can be in. */
function readMask(source: SourceText, family: Family, { text, start }: Member): number {
  const bits = Number.parseInt(/^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text)?.[1] ?? '0', 10)
  if (bits < 1 || bits > BITS[family]) {
    const advice = 'write how many leading bits are the network: "24"'
    return source.fail('BAD_VALUE', start, `"mask" is ${quote(text)}, not between 1 and ${BITS[family]}`, advice)
  }
  if (text !== String(bits)) source.tolerate(start, `"mask" ${quote(text)} is taken for ${bits}`)
  return bits
}

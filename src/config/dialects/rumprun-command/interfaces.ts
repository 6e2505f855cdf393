// `-I`, `-n` and `-W` of rumprun's launch script: interfaces, and their addresses. Pure.

import { quote } from '../../../base/quote.ts'
import type { Family } from '../../document.ts'
import { ADDRESS, INTERFACE, INTERFACE_ADDRESS } from '../../patterns.ts'
import { FAMILY_NAMES, isAddress } from '../addresses.ts'
import { type Draft, interfaceOf } from '../draft.ts'
import { requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import type { Platform } from './platforms.ts'
import type { Word } from './shell-words.ts'

export interface Interfaces {
  readonly platform: Platform
  /** Names in the guest by the tags that the command gives them. */
  readonly names: Map<string, string>
  /** Whether the command uses -n or -I, which exclude each other. */
  style: string | undefined
}

/** `-I tag,base[,options]`, or `-n` with what -W has behind the tag. */
export function insertInterface(
  source: SourceText,
  letter: 'I' | 'n',
  value: Word,
  interfaces: Interfaces,
  draft: Draft,
): void {
  const { names, platform } = interfaces
  if (interfaces.style !== undefined && interfaces.style !== letter) {
    source.fail('BAD_VALUE', value.start, '-n and -I exclude each other')
  }
  interfaces.style = letter
  if (letter === 'n') {
    const tag = `_net${names.size}`
    addInterface(source, tag, platform.base, value, interfaces, draft)
    return addAddress(source, { text: `${tag},${value.text}`, start: value.start }, interfaces, draft)
  }
  const [, tag = '', base = '', options] = /^([^,]*),([^,]*)(?:,(.*))?$/s.exec(value.text) ?? []
  if (tag === '' || base === '') source.fail('BAD_VALUE', value.start, `-I ${quote(value.text)} is not TAG,BASE`)
  if (options !== undefined && options !== '') {
    source.tolerate(value.start, `${quote(options)} belongs to the host: give it with --net`)
  }
  // The script counts twice there, and names an interface that the guest does not have.
  if (names.size > 0 && platform.name !== 'xen') {
    source.tolerate(value.start, `this is ${base}${names.size}, which rumprun calls ${base}${2 * names.size}`)
  }
  addInterface(source, tag, base, value, interfaces, draft)
}

function addInterface(
  source: SourceText,
  tag: string,
  base: string,
  { start }: Word,
  { names, platform }: Interfaces,
  draft: Draft,
): void {
  const name = requireRule(source, `${base}${names.size}`, start, INTERFACE, 'the name of the interface')
  if (names.has(tag)) source.fail('BAD_VALUE', start, `a second interface with the tag ${quote(tag)}`)
  names.set(tag, name)
  interfaceOf(draft, name).create = platform.create
}

/** `-W tag,inet,dhcp` and its kin. */
export function addAddress(source: SourceText, { text, start }: Word, { names }: Interfaces, draft: Draft): void {
  const [tag = '', type = '', method = '', addr = '', gateway = ''] = text.split(',', 5)
  const name = names.get(tag)
  if (name === undefined) {
    return source.fail('BAD_VALUE', start, `${quote(tag)} is the tag of no interface`, 'put -I in front of its -W')
  }
  if (type !== 'inet' && type !== 'inet6') {
    return source.fail('BAD_VALUE', start, `${quote(type)} is not inet or inet6`, 'write for example -W net0,inet,dhcp')
  }
  const { addrs } = interfaceOf(draft, name)
  if (method === 'static') {
    addrs.push({ type, method, addr: readStatic(source, addr, start, type) })
    if (gateway !== '') addGateway(source, gateway, start, type, draft)
  } else if (type === 'inet' && method === 'dhcp') addrs.push({ type, method })
  else if (type === 'inet6' && method === 'auto') addrs.push({ type, method })
  else source.fail('BAD_VALUE', start, `${quote(method)} is not static or ${type === 'inet' ? 'dhcp' : 'auto'}`)
}

function readStatic(source: SourceText, text: string, start: number, type: Family): string {
  requireRule(source, text, start, INTERFACE_ADDRESS, 'the address')
  return requireFamily(source, text, text.replace(/\/.*/s, ''), start, type)
}

function addGateway(source: SourceText, text: string, start: number, type: Family, draft: Draft): void {
  requireRule(source, text, start, ADDRESS, 'the gateway')
  if (draft.gateways.some((other) => other.type === type)) {
    source.fail('BAD_VALUE', start, `a second gateway for ${FAMILY_NAMES[type]}`, 'give one of them')
  }
  draft.gateways.push({ type, addr: requireFamily(source, text, text, start, type) })
}

function requireFamily(source: SourceText, text: string, address: string, start: number, type: Family): string {
  if (isAddress(type, address)) return text
  return source.fail('BAD_VALUE', start, `${quote(text)} is no address of ${FAMILY_NAMES[type]}`)
}

// The words of a MirageOS guest (docs/discoveries/command-lines.md): options that every such guest with that device has, then the words of its own. Pure.

import { escapeWords } from '../../command-line.ts'
import type { Family, Interface } from '../../document.ts'
import { formatKey } from '../../key.ts'
import { type Dialect, type Guest, type Refuse, type ToldDocument, wordsBehindName } from '../dialect.ts'
import { NOTHING } from '../features.ts'
import { placedGateway, staticAddress } from '../gateways.ts'

export const mirageDialect: Dialect = {
  name: 'mirage',
  end: '',
  expresses: {
    ...NOTHING,
    argv: 'without argv[0] and empty words',
    hostname: '`--name`, from 4.10 on',
    interfaces: 'with `mirage.prefixes` for each',
    static4: 'one on each interface',
    static6: 'one on each interface',
    dhcp: 'what a guest does without an address',
    auto6: 'what a guest does without an address',
    gateway4: 'in the network of a static address',
    gateway6: 'in the network of a static address',
    nameservers: '`--dns-servers`',
    logs: true,
    prefixes: true,
  },
  write: writeMirage,
}

function writeMirage(document: ToldDocument, _: Guest, refuse: Refuse): { text: string; notes: readonly string[] } {
  const options = [...networkOptions(document, refuse)]
  const { nameservers } = document.net.dns
  if (nameservers.length > 0) options.push(['--dns-servers', nameservers.join(',')])
  if (document.hostname !== undefined) options.push(['--name', document.hostname])
  if (document.mirage.logs.length > 0) options.push(['--logs', document.mirage.logs.join(',')])
  const words = wordsBehindName(document)
  requireOnce(words, options, refuse)
  for (const [i, word] of words.entries()) {
    if (word === '') refuse(formatKey(['rc', 0, 'argv', i + 1]), 'is an empty word, which such a guest does not see')
  }
  return { text: escapeWords([...options.map((option) => option.join('=')), ...words]), notes: [] }
}

type Option = readonly [name: string, value: string]

/** A guest stops at an option that is given twice. */
function requireOnce(words: readonly string[], options: readonly Option[], refuse: Refuse): void {
  const end = words.indexOf('--')
  const own = end < 0 ? words : words.slice(0, end)
  for (const [i, word] of own.entries()) {
    const twice = options.find(
      ([name]) => word === name || word.startsWith(`${name}=`) || (name === '--logs' && word.startsWith('-l')),
    )
    if (twice === undefined) continue
    const key = formatKey(['rc', 0, 'argv', i + 1])
    refuse(key, `says ${twice[0]}, which a setting says as well`, 'keep one of the two', 'CONFLICT')
  }
}

const FAMILIES: readonly (readonly [Family, string])[] = [
  ['inet', 'ipv4'],
  ['inet6', 'ipv6'],
]

function* networkOptions({ net, mirage }: ToldDocument, refuse: Refuse): Generator<Option> {
  for (const name of mirage.prefixes.keys()) {
    if (!net.interfaces.has(name))
      refuse(formatKey(['mirage', 'prefixes', name]), 'is of an interface that "net.interfaces" does not have')
  }
  const gateways = FAMILIES.map(([family]) => placedGateway(net, family, refuse))
  for (const [name, entry] of net.interfaces) {
    const prefix = prefixOf(name, net.interfaces.size, mirage.prefixes, refuse)
    requireOneEach(name, entry, refuse)
    for (const [i, [family, option]] of FAMILIES.entries()) {
      const address = staticAddress(entry, family)
      if (address !== undefined) yield [`--${prefix}${option}`, address]
      const gateway = gateways[i]
      if (gateway?.interface === name) yield [`--${prefix}${option}-gateway`, gateway.addr]
    }
  }
}

/** What the options of an interface begin with; a single interface needs nothing. */
function prefixOf(name: string, count: number, prefixes: ReadonlyMap<string, string>, refuse: Refuse): string {
  const prefix = prefixes.get(name)
  if (prefix !== undefined) return prefix === '' ? '' : `${prefix}-`
  if (count === 1) return ''
  const key = formatKey(['net', 'interfaces', name])
  const advice = `say what stands before ipv4 in its options: --set ${formatKey(['mirage', 'prefixes', name])}=…`
  return refuse(key, 'is one of several, and nothing says which options are its own', advice)
}

function requireOneEach(name: string, { addrs }: Interface, refuse: Refuse): void {
  for (const [i, address] of addrs.entries()) {
    if (addrs.findIndex(({ type }) => type === address.type) === i) continue
    refuse(
      formatKey(['net', 'interfaces', name, 'addrs', i]),
      `is a second address of ${address.type}; such a guest has one of each`,
    )
  }
}

// Reads a MirageOS command line back: the settings that the `mirage` dialect writes, and everything else as words of the program's. Pure.

import { ADDRESS, fits, HOST_NAME, INTERFACE_ADDRESS, LOG_LEVEL } from '../../patterns.ts'
import type { Family } from '../../document.ts'
import { isAddress } from '../addresses.ts'
import { type Draft, interfaceOf } from '../draft.ts'
import type { SourceText } from '../source-text.ts'
import { readMirageWords } from './words.ts'

/** What a network device is called on Solo5 if nobody calls it otherwise (docs/discoveries/command-lines.md); its arguments have no prefix. */
export const USUAL_INTERFACE = 'service'

/** Throws ConfigError. */
export function readMirageLine(source: SourceText, draft: Draft): void {
  const words = readMirageWords(source).map(({ text }) => text)
  const argv: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') {
      argv.push(...words.slice(i))
      break
    }
    const [, name = '', value] = /^--([a-z0-9-]+)=([^]*)$/.exec(word) ?? []
    if (word === '-l' && readLogs(words[i + 1], draft)) i++
    else if (value === undefined || !readSetting(name, value, draft)) argv.push(word)
  }
  if (argv.length === 0) return
  const program = { bin: '*', runmode: '', workdir: undefined, netbsd: { sysctl: new Map() } } as const
  // The first word is the same in every such guest.
  draft.rc.push({ ...program, argv: ['mirage', ...argv] })
}

function readLogs(value: string | undefined, draft: Draft): boolean {
  const levels = value?.split(',') ?? []
  if (draft.logs.length > 0 || levels.length === 0 || !levels.every((level) => fits(level, LOG_LEVEL))) return false
  draft.logs.push(...levels)
  return true
}

function readSetting(name: string, value: string, draft: Draft): boolean {
  if (name === 'name') {
    if (draft.hostname !== undefined || !fits(value, HOST_NAME)) return false
    draft.hostname = value
    return true
  }
  if (name === 'logs') return readLogs(value, draft)
  if (name === 'dns-servers') {
    const servers = value.split(',')
    if (draft.nameservers.length > 0 || servers.length > 3 || !servers.every((server) => fits(server, ADDRESS)))
      return false
    draft.nameservers.push(...servers)
    return true
  }
  const [, prefix = '', version, gateway] = /^(?:([a-z][a-z0-9-]*)-)?ipv([46])(-gateway)?$/.exec(name) ?? []
  if (version === undefined) return false
  const family: Family = version === '4' ? 'inet' : 'inet6'
  return gateway === undefined ? readAddress(prefix, family, value, draft) : readGateway(family, value, draft)
}

function readAddress(prefix: string, type: Family, addr: string, draft: Draft): boolean {
  const name = prefix === '' ? USUAL_INTERFACE : prefix
  const before = draft.interfaces.get(name)?.addrs ?? []
  if (!fits(addr, INTERFACE_ADDRESS) || before.some((other) => other.type === type)) return false
  if (!isAddress(type, addr.replace(/\/.*/, ''))) return false
  interfaceOf(draft, name).addrs.push({ type, method: 'static', addr })
  if (prefix !== '') draft.prefixes.set(name, prefix)
  return true
}

function readGateway(type: Family, addr: string, draft: Draft): boolean {
  if (!isAddress(type, addr) || draft.gateways.some((other) => other.type === type)) return false
  draft.gateways.push({ type, addr })
  return true
}

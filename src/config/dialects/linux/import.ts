// Reads a Linux command line back: the settings that the `linux` dialect writes, and everything else as parameters of the kernel's. Pure.

import { quote } from '../../../base/quote.ts'
import { ADDRESS, DIRECTORY, fits, HOST_NAME, INTERFACE, PARAMETER, PATH, PROGRAM, VARIABLE } from '../../patterns.ts'
import { isAddress, prefixOfMask } from '../addresses.ts'
import { type Draft, interfaceOf } from '../draft.ts'
import { requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import { readLinuxWords, type Word } from './words.ts'

/** The kernel hands on as environment what it does not know; names in capitals are never its own. */
export const VARIABLE_NAME: RegExp = /^[A-Z_][A-Z0-9_]*$/

/** Throws ConfigError. */
export function readLinuxLine(source: SourceText, draft: Draft): void {
  const words = readLinuxWords(source)
  const end = words.findIndex(({ text }) => text === '--')
  const root: Root = { device: undefined, fstype: undefined, readOnly: false }
  let init = ''
  for (const word of end < 0 ? words : words.slice(0, end)) {
    const [, name = '', value] = /^([^=]*)(?:=([^]*))?$/.exec(word.text) ?? []
    if ((name === 'init' || name === 'rdinit') && value !== undefined) {
      init = requireRule(source, value, word.start, PROGRAM, quote(name))
      if (name === 'rdinit') draft.mount.set('/', { source: 'initrd' })
    } else if (!readRoot(name, value, root, source, word) && !readNetwork(name, value, draft)) {
      if (value !== undefined && VARIABLE_NAME.test(name) && fits(name, VARIABLE)) draft.env.set(name, value)
      else draft.parameters.push(requireRule(source, word.text, word.start, PARAMETER, 'a parameter'))
    }
  }
  addRoot(source, root, draft)
  const argv = end < 0 ? [] : words.slice(end + 1).map(({ text }) => text)
  if (init === '' && argv.length === 0) return
  const bin = init === '' ? '*' : init
  draft.rc.push({
    bin,
    argv: argv.length === 0 ? [] : [init === '' ? 'init' : init, ...argv],
    runmode: '',
    workdir: undefined,
    netbsd: { sysctl: new Map() },
  })
}

interface Root {
  device: { readonly text: string; readonly start: number } | undefined
  fstype: string | undefined
  readOnly: boolean
}

function readRoot(name: string, value: string | undefined, root: Root, source: SourceText, word: Word): boolean {
  if (name === 'root' && value !== undefined) {
    root.device = { text: requireRule(source, value, word.start, PATH, '"root"'), start: word.start }
  } else if (name === 'rootfstype' && value !== undefined) root.fstype = value
  else if (name === 'ro' && value === undefined) root.readOnly = true
  else if (name === 'rw' && value === undefined) root.readOnly = false
  else return false
  return true
}

/** Where there is no root of its own, the other words about it stay as they are. */
function addRoot(source: SourceText, { device, fstype, readOnly }: Root, draft: Draft): void {
  if (device === undefined) {
    if (fstype !== undefined) draft.parameters.push(`rootfstype=${fstype}`)
    if (readOnly) draft.parameters.push('ro')
    return
  }
  const [server, path] = device.text === '/dev/nfs' ? takeRemote(draft) : []
  if (server !== undefined && path !== undefined) draft.remote.set('/', { source: 'nfs', server, path })
  else if (fstype === 'virtiofs') draft.mount.set('/', { source: 'virtiofs', path: device.text })
  else if (fstype === '9p') {
    draft.mount.set('/', { source: '9pfs', path: device.text })
    const transport = draft.parameters.indexOf('rootflags=trans=virtio')
    if (transport >= 0) draft.parameters.splice(transport, 1)
  } else {
    if (!device.text.startsWith('/'))
      source.tolerate(device.start, `${quote(device.text)} is no path; it is kept as it is`)
    draft.mount.set('/', { source: 'blk', path: device.text, fstype, readOnly })
  }
}

/** Server and directory of an `nfsroot=` that says no more than those. */
function takeRemote({ parameters }: Draft): readonly string[] {
  const at = parameters.findIndex((word) => word.startsWith('nfsroot='))
  const [, server = '', path = ''] = /^nfsroot=([^:]*):([^,]*)$/.exec(parameters[at] ?? '') ?? []
  if (!isAddress('inet', server) || !fits(path, DIRECTORY)) return []
  parameters.splice(at, 1)
  return [server, path]
}

/** `hostname=` and `ip=`, where they say something that a document can hold. */
function readNetwork(name: string, value: string | undefined, draft: Draft): boolean {
  if (value === undefined) return false
  if (name === 'hostname') {
    if (!fits(value, HOST_NAME)) return false
    draft.hostname = value
    return true
  }
  return name === 'ip' && draft.interfaces.size === 0 && readAddress(value.split(':'), draft)
}

/** client:server:gateway:mask:host name:device:way:dns:dns (Documentation/admin-guide/nfs/nfsroot.rst). */
function readAddress(fields: readonly string[], draft: Draft): boolean {
  const [client = '', server = '', gateway = '', mask = '', host = '', device = '', way = '', ...dns] = fields
  const plain =
    server === '' && fits(device, INTERFACE) && dns.length <= 2 && dns.every((each) => isAddress('inet', each))
  const named = host === '' || (fits(host, HOST_NAME) && (draft.hostname === undefined || draft.hostname === host))
  if (!plain || !named) return false
  if (way === 'dhcp' && client + gateway + mask === '') {
    interfaceOf(draft, device).addrs.push({ type: 'inet', method: 'dhcp' })
  } else if (way === 'off' && isAddress('inet', client) && (gateway === '' || fits(gateway, ADDRESS))) {
    const prefix = prefixOfMask(mask)
    if (prefix === undefined || prefix === 0) return false
    interfaceOf(draft, device).addrs.push({ type: 'inet', method: 'static', addr: `${client}/${prefix}` })
    if (gateway !== '') draft.gateways.push({ type: 'inet', addr: gateway })
  } else return false
  if (host !== '') draft.hostname = host
  draft.nameservers.push(...dns)
  return true
}

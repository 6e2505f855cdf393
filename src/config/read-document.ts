// A configuration whose keys and values have been checked one by one, as the document that dialects read: amounts in bytes, what is not said
// filled in. What contradicts something else in it is refused here or in agreement.ts. Pure.

import type { JsonObject, JsonValue } from '../base/json.ts'
import { parseSize } from '../base/size.ts'
import {
  type BlockDevice,
  type ConfigDocument,
  type DialectName,
  type Family,
  familyOf,
  type Gateway,
  type Interface,
  type InterfaceAddress,
  type Mount,
  type NetMount,
  type Program,
  type Sysctl,
  type Text,
} from './document.ts'
import { inMountOrder } from './storage.ts'

/** Throws what `refuse` throws: key and problem of an address that lacks something, or has two things that exclude each other. */
export type Refuse = (key: string, problem: string, advice?: string) => never

/** `root` has passed the table of keys, so every cast here is one that it has checked. */
export function readConfigDocument(root: JsonObject, refuse: Refuse): ConfigDocument {
  const net = objectAt(root, 'net')
  const dns = objectAt(net, 'dns')
  const mirage = objectAt(root, 'mirage')
  return {
    rc: listAt(root, 'rc').map((entry) => readProgram(entry as JsonObject)),
    env: mapAt(root, 'env', (value) => value as Text),
    hostname: textAt(root, 'hostname'),
    net: {
      interfaces: mapAt(net, 'interfaces', (value, name) => readInterface(value as JsonObject, name, refuse)),
      gateways: listAt(net, 'gateways').map((entry, i) => readGateway(entry as JsonObject, i, refuse)),
      dns: { nameservers: textsAt(dns, 'nameservers'), search: textsAt(dns, 'search') },
      mount: inMountOrder(mapAt(net, 'mount', readNetMount), orderOf(objectAt(net, 'mount'))),
    },
    blk: mapAt(root, 'blk', (value) => value as BlockDevice),
    mount: inMountOrder(mapAt(root, 'mount', readMount), orderOf(objectAt(root, 'mount'))),
    netbsd: { sysctl: readSysctl(objectAt(root, 'netbsd')) },
    mirage: { logs: textsAt(mirage, 'logs'), prefixes: mapAt(mirage, 'prefixes', (value) => value as string) },
    linux: { parameters: textsAt(objectAt(root, 'linux'), 'parameters') },
    unikraft: { parameters: textsAt(objectAt(root, 'unikraft'), 'parameters') },
    dialect: textAt(root, 'dialect') as DialectName | undefined,
    memory: sizeAt(root, 'memory'),
  }
}

function readProgram(entry: JsonObject): Program {
  return {
    bin: entry['bin'] as string,
    argv: listAt(entry, 'argv') as readonly Text[],
    runmode: (entry['runmode'] ?? '') as Program['runmode'],
    workdir: textAt(entry, 'workdir'),
    netbsd: { sysctl: readSysctl(objectAt(entry, 'netbsd')) },
  }
}

function readSysctl(netbsd: JsonObject): Sysctl {
  return mapAt(netbsd, 'sysctl', (value) => value as string | number | boolean)
}

function readInterface(entry: JsonObject, name: string, refuse: Refuse): Interface {
  const addrs = listAt(entry, 'addrs').map((addr, i) => {
    return readAddress(addr as JsonObject, `${keyOfName('net.interfaces', name)}.addrs[${i}]`, refuse)
  })
  return { create: entry['create'] === true, addrs }
}

/** As formatKey would write it; names of interfaces have no quotes in them. */
function keyOfName(key: string, name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? `${key}.${name}` : `${key}[${JSON.stringify(name)}]`
}

function readAddress(entry: JsonObject, key: string, refuse: Refuse): InterfaceAddress {
  const addr = textAt(entry, 'addr')
  const type = (textAt(entry, 'type') ?? (addr === undefined ? undefined : familyOf(addr))) as Family | undefined
  const method = textAt(entry, 'method') ?? (addr === undefined ? undefined : 'static')
  if (type === undefined || method === undefined) {
    return refuse(key, `has no "${type === undefined ? 'type' : 'method'}" and no "addr"`)
  }
  if (addr !== undefined) requireFamily(type, addr, key, refuse)
  if (method === 'static') {
    return addr === undefined ? refuse(key, 'is static and has no "addr"') : { type, method, addr }
  }
  const wanted = type === 'inet' ? 'dhcp' : 'auto'
  if (method !== wanted) refuse(`${key}.method`, `is "${method}", and ${type} knows "${wanted}" and "static"`)
  if (addr !== undefined) refuse(`${key}.addr`, `is given, and "method" is "${method}", which finds one`)
  return type === 'inet' ? { type, method: 'dhcp' } : { type, method: 'auto' }
}

function readGateway(entry: JsonObject, index: number, refuse: Refuse): Gateway {
  const addr = entry['addr'] as string
  const type = (textAt(entry, 'type') ?? familyOf(addr)) as Family
  requireFamily(type, addr, `net.gateways[${index}]`, refuse)
  return { type, addr }
}

function requireFamily(type: Family, addr: string, key: string, refuse: Refuse): void {
  if (familyOf(addr) !== type) refuse(`${key}.addr`, `is an address of ${familyOf(addr)}, and "type" is "${type}"`)
}

function readMount(value: JsonValue): Mount {
  const entry = value as JsonObject
  const options = objectAt(entry, 'options')
  const source = entry['source'] as Mount['source']
  switch (source) {
    case 'blk': {
      const [path, fstype, readOnly] = [
        entry['path'] as string,
        textAt(options, 'fstype'),
        options['readOnly'] === true,
      ]
      return { source, path, fstype, readOnly }
    }
    case 'tmpfs':
      return { source, size: bytesOf(textAt(options, 'size')) }
    case '9pfs':
    case 'virtiofs':
      return { source, path: entry['path'] as string }
    case 'kernfs':
    case 'devfs':
    case 'initrd':
      return { source }
  }
}

function readNetMount(value: JsonValue): NetMount {
  const entry = value as JsonObject
  return { source: 'nfs', server: entry['server'] as string, path: entry['path'] as string }
}

/** rumprun's spelling has `b` for bytes, which is what no unit means as well. */
function bytesOf(size: string | undefined): number | undefined {
  return size === undefined ? undefined : parseSize(size.replace(/b$/i, ''), 'size', { allowBytes: true })
}

function sizeAt(object: JsonObject, key: string): number | undefined {
  const size = textAt(object, key)
  return size === undefined ? undefined : parseSize(size, key)
}

function orderOf(mounts: JsonObject): (mountPoint: string) => number {
  return (mountPoint) => ((mounts[mountPoint] as JsonObject)['order'] as number | undefined) ?? 0
}

function objectAt(object: JsonObject, key: string): JsonObject {
  return (object[key] as JsonObject | undefined) ?? {}
}

function listAt(object: JsonObject, key: string): readonly JsonValue[] {
  return (object[key] as readonly JsonValue[] | undefined) ?? []
}

function textAt(object: JsonObject, key: string): string | undefined {
  return object[key] as string | undefined
}

function textsAt(object: JsonObject, key: string): readonly string[] {
  return listAt(object, key) as readonly string[]
}

function mapAt<T>(
  object: JsonObject,
  key: string,
  read: (value: JsonValue, name: string) => T,
): ReadonlyMap<string, T> {
  return new Map(Object.entries(objectAt(object, key)).map(([name, value]) => [name, read(value, name)]))
}

// A document as JSON: what `config show` prints, what importers hand on, and what reads back as the same document. Pure.

import type { JsonObject, JsonValue } from '../base/json.ts'
import {
  CONFIG_SCHEMA,
  CONFIG_SCHEMA_VERSION,
  type ConfigDocument,
  type Mount,
  type Program,
  type Text,
} from './document.ts'

/**
 * JSON of a document; what is empty is left out. Mounts stand in the order in which they are mounted, which is kept when it is read. Objects have no prototype, whatever the names in them.
 *
 * @example
 * ```ts
 * writeJson(configToJson(document))
 * ```
 */
export function configToJson(document: ConfigDocument): JsonObject {
  const { net, dialect, hostname, memory } = document
  return full({
    schema: CONFIG_SCHEMA,
    schemaVersion: CONFIG_SCHEMA_VERSION,
    rc: listOf(document.rc, programToJson),
    env: objectOf(document.env, textToJson),
    hostname,
    net: group({
      interfaces: objectOf(net.interfaces, ({ create, addrs }) =>
        full({ create: create ? true : undefined, addrs: listOf(addrs, (addr) => full({ ...addr })) }),
      ),
      gateways: listOf(net.gateways, (gateway) => full({ ...gateway })),
      dns: group({
        nameservers: listOf(net.dns.nameservers, (server) => server),
        search: listOf(net.dns.search, (domain) => domain),
      }),
      mount: objectOf(net.mount, (mount) => full({ ...mount })),
    }),
    blk: objectOf(document.blk, (device) => full({ ...device })),
    mount: objectOf(document.mount, mountToJson),
    netbsd: group({ sysctl: objectOf(document.netbsd.sysctl, (value) => value) }),
    mirage: group({
      logs: listOf(document.mirage.logs, (level) => level),
      prefixes: objectOf(document.mirage.prefixes, (prefix) => prefix),
    }),
    linux: group({ parameters: listOf(document.linux.parameters, (word) => word) }),
    unikraft: group({ parameters: listOf(document.unikraft.parameters, (word) => word) }),
    dialect,
    memory: memory === undefined ? undefined : sizeToText(memory),
  })
}

function programToJson({ bin, argv, runmode, workdir, netbsd }: Program): JsonValue {
  return full({
    bin,
    argv: listOf(argv, textToJson),
    runmode: runmode === '' ? undefined : runmode,
    workdir,
    netbsd: group({ sysctl: objectOf(netbsd.sysctl, (value) => value) }),
  })
}

function textToJson(text: Text): JsonValue {
  return typeof text === 'string' ? text : full({ $secret: text.$secret })
}

function mountToJson(mount: Mount): JsonObject {
  const { source } = mount
  if (source === 'blk') {
    const { path, fstype, readOnly } = mount
    return full({ source, path, options: group({ fstype, readOnly: readOnly ? true : undefined }) })
  }
  if (source === 'tmpfs') {
    return full({ source, options: mount.size === undefined ? undefined : full({ size: sizeToText(mount.size) }) })
  }
  return full({ ...mount })
}

/** In the largest unit that leaves no remainder. */
export function sizeToText(bytes: number): string {
  for (const [unit, size] of [
    ['G', 2 ** 30],
    ['M', 2 ** 20],
    ['K', 2 ** 10],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size}${unit}`
  }
  return String(bytes)
}

function listOf<T>(list: readonly T[], toJson: (value: T) => JsonValue): JsonValue | undefined {
  return list.length === 0 ? undefined : list.map(toJson)
}

function objectOf<T>(map: ReadonlyMap<string, T>, toJson: (value: T) => JsonValue): JsonObject | undefined {
  return map.size === 0 ? undefined : full(Object.fromEntries([...map].map(([name, value]) => [name, toJson(value)])))
}

/** An object that nobody has named: where nothing is in it, it says nothing. */
function group(entries: Readonly<Record<string, JsonValue | undefined>>): JsonObject | undefined {
  const object = full(entries)
  return Object.keys(object).length === 0 ? undefined : object
}

/** Without what is undefined. */
function full(entries: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const object = Object.create(null) as Record<string, JsonValue>
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) object[key] = value
  return object
}

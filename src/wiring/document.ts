// Wires as a file says them (schema/wiring.schema.json): strict JSON, every error with its line and column. Pure.

import { isDeviceName } from '../artefact/manifest.ts'
import { UsageError } from '../base/errors.ts'
import { parseCidr, parseSubnet } from '../base/ipv4.ts'
import { parseJson } from '../base/json.ts'
import { type JsonObjectView, JsonView } from '../base/json-view.ts'
import { quote } from '../base/quote.ts'
import { type Mac, problemOfMac } from './mac.ts'
import type { WireOrigin } from './origin.ts'
import { MAX_PUBLISHED, parsePublication, type Publication } from './publish.ts'
import { MAX_ALLOWED, MIN_USER_MTU, parseDelay, parseLoss, parseRate, type UserLine } from './user-line.ts'
import {
  type BlockWire,
  type Carrier,
  DEFAULT_SECTOR_SIZE,
  isInterfaceName,
  MAX_DESCRIPTOR,
  MAX_MTU,
  MIN_MTU,
  type NetWire,
  problemOfPath,
  SECTOR_SIZES,
  type Wire,
} from './wire.ts'

export const WIRING_SCHEMA_VERSION = 1

/** Bytes: 63 devices with the longest paths there are need a third of it. */
export const MAX_WIRING_DOCUMENT = 1024 * 1024

const NET_KEYS = ['user', 'tap', 'fd', 'unix', 'mac', 'mtu', 'share']
const USER_KEYS = [
  'subnet',
  'allow',
  'allowHostLoopback',
  'internet',
  'host',
  'pcap',
  'rate',
  'delay',
  'loss',
  'publish',
]
const BLOCK_KEYS = ['path', 'baked', 'copy', 'sectorSize', 'readOnly', 'share']
const CARRIERS = ['user', 'tap', 'fd', 'unix']

/**
 * The wires of a document, in its order. Throws ConfigError, and nothing else. Paths stay as they are written.
 *
 * @example
 * ```ts
 * parseWiring('{ "schema": "slipway.wiring", "schemaVersion": 1, "block": { "storage": { "path": "a.img" } } }', 'w.json')
 * ```
 */
export function parseWiring(text: string, file: string): readonly Wire[] {
  const root = JsonView.of(parseJson(text, file))
  requireSchema(root)
  const document = root.object(['$schema', 'schema', 'schemaVersion', 'net', 'block'])
  return [
    ...devicesOf(document, 'net').map(({ device, view }) => readNet(device, view)),
    ...devicesOf(document, 'block').map(({ device, view }) => readBlock(device, view)),
  ]
}

/** Before the keys are looked at: a newer document may have others. */
function requireSchema(root: JsonView): void {
  const members = root.members()
  const schema = members.get('schema')
  if (schema.string() !== 'slipway.wiring') schema.fail('BAD_VALUE', 'is not "slipway.wiring"')
  const version = members.get('schemaVersion')
  if (version.integer(1, Number.MAX_SAFE_INTEGER) > WIRING_SCHEMA_VERSION) {
    version.fail(
      'NEWER_SCHEMA',
      `is newer than ${WIRING_SCHEMA_VERSION}, the last that is known`,
      'use a newer Slipway',
    )
  }
}

function devicesOf(document: JsonObjectView, type: 'net' | 'block'): { device: string; view: JsonView }[] {
  if (!document.has(type)) return []
  const devices = document.get(type).members()
  return devices.keys.map((device) => {
    const view = devices.get(device)
    if (!isDeviceName(device)) view.fail('BAD_VALUE', `${quote(device)} is no device name: 1 to 67 letters and digits`)
    return { device, view }
  })
}

function readNet(device: string, view: JsonView): NetWire {
  const entry = view.object(NET_KEYS)
  const mac = optional(entry, 'mac')
  if (mac !== undefined) {
    const problem = problemOfMac(mac.string())
    if (problem !== undefined) mac.fail('BAD_VALUE', problem)
  }
  const carrier = readCarrier(view, entry)
  const least = carrier.kind === 'user' ? MIN_USER_MTU : MIN_MTU
  if (carrier.kind === 'user' && entry.has('share')) entry.get('share').fail('BAD_VALUE', 'is for sockets (unix) only')
  return {
    type: 'net',
    device,
    carrier,
    mac: mac?.string().toLowerCase() as Mac | undefined,
    mtu: optional(entry, 'mtu')?.integer(least, MAX_MTU),
    share: optional(entry, 'share')?.boolean() ?? false,
    origin: originOf(view),
  }
}

function readCarrier(view: JsonView, entry: JsonObjectView): Carrier {
  const given = CARRIERS.filter((key) => entry.has(key))
  if (given.length !== 1) view.fail('BAD_VALUE', `needs one of ${CARRIERS.join(', ')}, and has ${given.length}`)
  if (entry.has('user')) return readUser(entry.get('user'))
  if (entry.has('fd')) return { kind: 'descriptor', descriptor: entry.get('fd').integer(3, MAX_DESCRIPTOR) }
  if (entry.has('unix')) return { kind: 'unix', path: readPath(entry.get('unix'), 'socket') }
  const name = entry.get('tap')
  if (!isInterfaceName(name.string())) name.fail('BAD_VALUE', 'cannot be the name of an interface')
  return { kind: 'tap', interface: name.string() }
}

function readUser(view: JsonView): UserLine {
  const entry = view.object(USER_KEYS)
  const pcap = optional(entry, 'pcap')
  return {
    kind: 'user',
    subnet: readText(optional(entry, 'subnet'), parseSubnet),
    allow: readList(optional(entry, 'allow'), MAX_ALLOWED, parseCidr),
    allowHostLoopback: optional(entry, 'allowHostLoopback')?.boolean() ?? false,
    internet: optional(entry, 'internet')?.boolean() ?? true,
    host: optional(entry, 'host')?.boolean() ?? true,
    pcap: pcap === undefined ? undefined : readPath(pcap, 'file'),
    rate: readText(optional(entry, 'rate'), parseRate),
    delay: readText(optional(entry, 'delay'), parseDelay) ?? 0,
    loss: readText(optional(entry, 'loss'), parseLoss) ?? 0,
    publish: readList(optional(entry, 'publish'), MAX_PUBLISHED, readPublication),
  }
}

function readPublication(text: string, what: string, view: JsonView): Publication {
  const publication = parsePublication(text, what, originOf(view))
  if (publication.device === undefined) return publication
  return view.fail('BAD_VALUE', `names a device, and is one of a device's own`, 'leave the name and its = out')
}

type ParseText<T> = (text: string, what: string, view: JsonView) => T

/** What a flag says as text, a file says as the same text. */
function readText<T>(view: JsonView | undefined, parse: ParseText<T>): T | undefined {
  if (view === undefined) return undefined
  const text = view.string()
  try {
    return parse(text, '=', view)
  } catch (error) {
    if (error instanceof UsageError) view.fail('BAD_VALUE', error.message, error.advice)
    throw error
  }
}

function readList<T>(view: JsonView | undefined, most: number, parse: ParseText<T>): readonly T[] {
  return (view?.array(most) ?? []).map((element) => readText(element, parse) as T)
}

function readBlock(device: string, view: JsonView): BlockWire {
  const entry = view.object(BLOCK_KEYS)
  const sector = optional(entry, 'sectorSize')
  const sectorSize = sector?.integer(1, 65535) ?? DEFAULT_SECTOR_SIZE
  if (!SECTOR_SIZES.includes(sectorSize)) sector?.fail('BAD_VALUE', `is none of ${SECTOR_SIZES.join(', ')}`)
  const origin = originOf(view)
  const copy = optional(entry, 'copy')
  if (isBaked(entry)) {
    if (entry.has('path')) entry.get('path').fail('BAD_VALUE', 'is one of path and baked, and both are given')
    if (copy === undefined) {
      for (const key of ['readOnly', 'share'])
        if (entry.has(key)) entry.get(key).fail('BAD_VALUE', 'is for a copy only')
      return { type: 'block', medium: 'baked', device, sectorSize, origin }
    }
  } else copy?.fail('BAD_VALUE', 'is for what is baked in: "baked": true')
  return {
    type: 'block',
    medium: 'disk',
    device,
    path: readPath(copy ?? entry.get('path'), 'file'),
    copiesBaked: copy !== undefined,
    sectorSize,
    readOnly: optional(entry, 'readOnly')?.boolean() ?? false,
    share: optional(entry, 'share')?.boolean() ?? false,
    origin,
  }
}

function isBaked(entry: JsonObjectView): boolean {
  const baked = optional(entry, 'baked')
  if (baked?.boolean() === false) baked.fail('BAD_VALUE', 'is true where it is given')
  return baked !== undefined
}

function readPath(view: JsonView, kind: 'file' | 'socket'): string {
  const path = view.string()
  const problem = problemOfPath(path, kind)
  if (problem !== undefined) view.fail('BAD_VALUE', problem)
  return path
}

function optional(entry: JsonObjectView, key: string): JsonView | undefined {
  return entry.has(key) ? entry.get(key) : undefined
}

function originOf(view: JsonView): WireOrigin {
  const { file, line, column } = view.place()
  return { layer: 'file', file, line, column }
}

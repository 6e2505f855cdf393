// manifest.json: the devices of a unikernel as its developer writes them down, in the form that Solo5's elftool reads
// (docs/spec/manifest.md, "manifest.json"). Strict: what elftool lets pass and a run refuses is refused here, with its place. Pure.

import { ConfigError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { type JsonObjectView, JsonView } from '../base/json-view.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import { type Device, type DeviceDeclaration, type DeviceType, isDeviceName, MAX_DEVICES } from './manifest.ts'

const TYPE = 'solo5.manifest'
const VERSION = 1

/** What the types of devices are called in a manifest.json. */
const TYPES: ReadonlyMap<string, DeviceType> = new Map([
  ['NET_BASIC', 'net'],
  ['BLOCK_BASIC', 'block'],
])

/** The type that a manifest.json calls by this name. */
export function sourceType(name: string): DeviceType | undefined {
  return TYPES.get(name)
}

/** The name of a type in a manifest.json: `NET_BASIC`, `BLOCK_BASIC`. */
export function sourceTypeName(type: DeviceType): string {
  return type === 'net' ? 'NET_BASIC' : 'BLOCK_BASIC'
}

/**
 * The devices that a manifest.json declares, in its order; `file` is the document's own name, for errors. Throws ConfigError with line,
 * column and path for the first thing that is wrong.
 *
 * @example
 * ```ts
 * parseManifestSource('{"type":"solo5.manifest","version":1,"devices":[]}', 'manifest.json') // []
 * ```
 */
export function parseManifestSource(text: string, file: string): readonly DeviceDeclaration[] {
  const { devices, problems } = examineManifestSource(text, file)
  const [first] = problems
  if (first !== undefined) throw first
  return devices.map(({ name, type }) => ({ name, type }))
}

/** The same for looking at a document: everything that is wrong with it, and the devices that can be told. Throws nothing. */
export function examineManifestSource(
  text: string,
  file: string,
): { devices: readonly Device[]; problems: readonly ConfigError[] } {
  const problems: ConfigError[] = []
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(error)
      return undefined
    }
  }
  const view = attempt(() => JsonView.of(parseJson(text, file)))
  const document = view && attempt(() => membersOf(view, ['type', 'version', 'devices'], attempt))
  if (document === undefined) return { devices: [], problems }
  attempt(() => requireType(document.get('type')))
  attempt(() => requireVersion(document.get('version')))
  const names = new Set<string>()
  const devices: Device[] = []
  const elements = attempt(() => document.get('devices').array(MAX_DEVICES)) ?? []
  for (const [i, element] of elements.entries()) {
    const members = attempt(() => membersOf(element, ['name', 'type'], attempt))
    if (members === undefined) continue
    const name = attempt(() => readName(members.get('name'), names))
    const type = attempt(() => readType(members.get('type')))
    if (name !== undefined && type !== undefined) devices.push({ name, type, handle: i + 1 })
  }
  return { devices, problems }
}

/**
 * The manifest.json that declares these devices, a line for each, with a line feed at its end. The names are what `isDeviceName()` accepts, so
 * there is nothing to escape; a RangeError else.
 *
 * @example
 * ```ts
 * writeManifestSource([{ name: 'service', type: 'net' }]).split('\n')[4] // '    { "name": "service", "type": "NET_BASIC" }'
 * ```
 */
export function writeManifestSource(devices: readonly DeviceDeclaration[]): string {
  const lines = devices.map(({ name, type }) => {
    if (!isDeviceName(name)) throw new RangeError(`${quote(name)} cannot be the name of a device`)
    return `    { "name": "${name}", "type": "${sourceTypeName(type)}" }`
  })
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`
  return `{\n  "type": "${TYPE}",\n  "version": ${VERSION},\n  "devices": ${list}\n}\n`
}

/** An unknown key is a problem of its own, and what else the object says is looked at all the same. */
function membersOf(
  view: JsonView,
  known: readonly string[],
  attempt: <T>(read: () => T) => T | undefined,
): JsonObjectView {
  const members = view.members()
  attempt(() => view.object(known))
  return members
}

function requireType(view: JsonView): void {
  const type = view.string()
  if (type !== TYPE) view.fail('BAD_VALUE', `is ${quote(type)}, not "${TYPE}"`)
}

function requireVersion(view: JsonView): void {
  const version = view.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  if (version !== VERSION) view.fail('BAD_VALUE', `is ${version}, only ${VERSION} is known`)
}

function readName(view: JsonView, names: Set<string>): string {
  const name = view.string()
  if (!isDeviceName(name)) {
    view.fail(
      'BAD_VALUE',
      `is ${quote(name)}, which cannot be a device's name`,
      'use 1 to 67 letters and digits of ASCII',
    )
  }
  if (names.has(name)) view.fail('BAD_VALUE', `repeats ${quote(name)}`, 'give each device a name of its own')
  names.add(name)
  return name
}

function readType(view: JsonView): DeviceType {
  const name = view.string()
  const type = sourceType(name)
  if (type !== undefined) return type
  const meant = nearest(name, TYPES.keys())
  const advice = meant === undefined ? `known are ${[...TYPES.keys()].join(', ')}` : `did you mean ${meant}?`
  return view.fail('BAD_VALUE', `is ${quote(name)}, which is no type of device`, advice)
}

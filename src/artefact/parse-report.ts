// Reads an inspect report back, as strictly as schema/inspect.schema.json describes it. It may have been written by anybody. Pure.

import { parseJson } from '../base/json.ts'
import { JsonView } from '../base/json-view.ts'
import { quote } from '../base/quote.ts'
import type { Finding } from './finding.ts'
import { FAMILIES, type Family, type Fact, NEEDS, type Need, type Parameter, type Processor } from './identification.ts'
import type { DeviceDeclaration } from './manifest.ts'
import { parseBaked } from './parse-baked.ts'
import { printable } from './parse-text.ts'
import { parseLauncherReport } from './parse-launcher-report.ts'
import {
  HERE,
  INSPECT_SCHEMA_VERSION,
  type InspectReport,
  type ReportedDevice,
  type ReportedSegment,
  type ReportedStarter,
} from './report.ts'
import { wiringFlag } from './wiring-flag.ts'

const MAX_SEGMENTS = 1024
const MAX_DEVICES = 63
const MAX_FINDINGS = 4096
const MAX_ENTRIES = 1024 // of each other list
const U32 = 2 ** 32 - 1

const VERSION_PATTERN = /^[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?$/
const HEX_PATTERN = /^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/

const KEYS = [
  'schema',
  'schemaVersion',
  'slipwayVersion',
  'file',
  'size',
  'family',
  'summary',
  'target',
  'abiVersion',
  'processor',
  'entry',
  'minimumMemory',
  'facts',
  'needs',
  'accepts',
  'startedBy',
  'segments',
  'devices',
  'findings',
] as const

/**
 * Reads what `slipway inspect --json` wrote; `file` is the document's own name, for errors. Throws ConfigError with the place:
 * NEWER_SCHEMA, naming the version of Slipway to use, for a document that this one might misunderstand.
 *
 * @example
 * ```ts
 * parseInspectReport(text, 'hello.json').devices.map((device) => device.flag)
 * ```
 */
export function parseInspectReport(text: string, file: string): InspectReport {
  const view = JsonView.of(parseJson(text, file))
  requireSchema(view)
  const { get, has } = view.object([...KEYS, 'launcher', 'baked'])
  const head = {
    schema: 'slipway.inspect',
    schemaVersion: INSPECT_SCHEMA_VERSION,
    slipwayVersion: slipwayVersion(get('slipwayVersion')),
    file: get('file').string(),
    size: get('size').integer(0, Number.MAX_SAFE_INTEGER),
  } as const
  const family = get('family').oneOf(FAMILIES)
  const summary = printable(get('summary'))
  const body = {
    minimumMemory: get('minimumMemory').isNull() ? null : get('minimumMemory').integer(1, Number.MAX_SAFE_INTEGER),
    facts: get('facts').array(MAX_ENTRIES).map(parseFact),
    needs: get('needs').array(MAX_ENTRIES).map(parseNeed),
    accepts: get('accepts').array(MAX_ENTRIES).map(parseParameter),
    startedBy: get('startedBy').array(MAX_ENTRIES).map(parseStarter),
    segments: get('segments').array(MAX_SEGMENTS).map(parseSegment),
    devices: get('devices').array(MAX_DEVICES).map(parseDevice),
    findings: get('findings').array(MAX_FINDINGS).map(parseFinding),
    ...(has('baked') ? { baked: parseBaked(get('baked')) } : {}),
  }
  if (has('launcher') && family !== 'launcher') get('launcher').fail('BAD_VALUE', `is about no ${family} file`)
  return family === 'solo5'
    ? solo5Report(get, { ...head, family, summary }, body)
    : otherReport(get, { ...head, family, summary }, body, has('launcher'))
}

type Get = (key: string) => JsonView
type Head<F extends Family> = Pick<
  InspectReport,
  'schema' | 'schemaVersion' | 'slipwayVersion' | 'file' | 'size' | 'summary'
> & {
  readonly family: F
}
type Body = Pick<
  InspectReport,
  'minimumMemory' | 'facts' | 'needs' | 'accepts' | 'startedBy' | 'segments' | 'devices' | 'findings' | 'baked'
>

function solo5Report(get: Get, head: Head<'solo5'>, body: Body): InspectReport {
  const { get: part } = get('processor').object(['id', 'name'])
  return {
    ...head,
    target: get('target').oneOf(['hvt', 'spt', 'virtio', 'muen', 'genode', 'xen']),
    abiVersion: get('abiVersion').integer(0, U32),
    processor: { id: part('id').integer(0, 0xffff), name: printable(part('name')) },
    entry: hex(get('entry')),
    ...body,
  }
}

function otherReport(get: Get, head: Head<Exclude<Family, 'solo5'>>, body: Body, described: boolean): InspectReport {
  const orNull = <T>(key: string, parse: (view: JsonView) => T): T | null =>
    get(key).isNull() ? null : parse(get(key))
  if (!get('abiVersion').isNull()) get('abiVersion').fail('BAD_VALUE', 'must be null: only Solo5 unikernels have one')
  return {
    ...head,
    target: orNull('target', printable),
    abiVersion: null,
    processor: orNull('processor', parseProcessor),
    entry: orNull('entry', hex),
    ...body,
    ...(described ? { launcher: parseLauncherReport(get('launcher')) } : {}),
  }
}

function parseProcessor(view: JsonView): Processor {
  const { get } = view.object(['id', 'name'])
  return { id: get('id').isNull() ? null : get('id').integer(0, 0xffff), name: printable(get('name')) }
}

function parseFact(view: JsonView): Fact {
  const { get } = view.object(['name', 'value'])
  return { name: printable(get('name')), value: printable(get('value')) }
}

function parseNeed(view: JsonView): Need {
  const { get } = view.object(['kind', 'detail'])
  return { kind: get('kind').oneOf(NEEDS), detail: printable(get('detail')) }
}

function parseParameter(view: JsonView): Parameter {
  const { get } = view.object(['name', 'form', 'detail'])
  return { name: printable(get('name')), form: printable(get('form')), detail: printable(get('detail')) }
}

function parseStarter(view: JsonView): ReportedStarter {
  const { get } = view.object(['name', 'how', 'here', 'missing'])
  const here = get('here').oneOf(HERE)
  // Something is missing where it cannot be started, and nowhere else.
  if ((here === 'no') === get('missing').isNull()) get('missing').fail('BAD_VALUE', 'contradicts "here"')
  return {
    name: printable(get('name')),
    how: printable(get('how')),
    here,
    missing: here === 'no' ? printable(get('missing')) : null,
  }
}

/** Before anything else means anything: a newer document may have keys and values that are wrong in this version. */
function requireSchema(view: JsonView): void {
  const document = view.members()
  document.get('schema').oneOf(['slipway.inspect'])
  const version = document.get('schemaVersion')
  const found = version.integer(1, U32)
  if (found <= INSPECT_SCHEMA_VERSION) return
  const writer = quote(slipwayVersion(document.get('slipwayVersion')))
  const problem = `is ${found}, this Slipway reads up to ${INSPECT_SCHEMA_VERSION}; Slipway ${writer} wrote the document`
  version.fail('NEWER_SCHEMA', problem, `use Slipway ${writer} or newer`)
}

function parseSegment(view: JsonView): ReportedSegment {
  const { get } = view.object(['index', 'type', 'permissions', 'address', 'memorySize', 'fileSize'])
  return {
    index: get('index').integer(0, MAX_SEGMENTS - 1),
    type: get('type').matching(/^(?:[A-Z][A-Z_]{0,31}|0x[1-9a-f][0-9a-f]{0,7})$/, 'the type of a segment'),
    permissions: get('permissions').matching(/^[r-][w-][x-]$/, 'permissions such as r-x'),
    address: hex(get('address')),
    memorySize: hex(get('memorySize')),
    fileSize: hex(get('fileSize')),
  }
}

function parseDevice(view: JsonView): ReportedDevice {
  const { get } = view.object(['name', 'type', 'handle', 'flag'])
  const name = get('name').matching(/^[^\0\u0100-\uffff]{0,67}$/, 'a name of at most 67 bytes')
  const type = get('type').oneOf(['net', 'block'])
  return { name, type, handle: get('handle').integer(1, MAX_DEVICES), flag: parseFlag(get('flag'), { name, type }) }
}

/** Somebody will copy the flag into a shell: it is one for this device, with a harmless word, or the document is refused. */
function parseFlag(view: JsonView, device: DeviceDeclaration): string | null {
  const today = wiringFlag(device)
  if (today === null) {
    if (!view.isNull()) view.fail('BAD_VALUE', 'must be null: the name cannot be wired')
    return null
  }
  const flag = view.string()
  const head = today.slice(0, today.indexOf('=') + 1)
  // The word behind it may be another in another version.
  if (!flag.startsWith(head) || !/^[A-Za-z:]{1,32}$/.test(flag.slice(head.length))) {
    view.fail('BAD_VALUE', `must be ${quote(head)} and a word`)
  }
  return flag
}

function parseFinding(view: JsonView): Finding {
  const { get } = view.object(['severity', 'code', 'field', 'offset', 'message'])
  return {
    severity: get('severity').oneOf(['refused', 'notice']),
    code: get('code').oneOf(['TRUNCATED', 'BAD_MAGIC', 'UNSUPPORTED', 'BAD_VALUE', 'LIMIT']),
    field: printable(get('field')),
    offset: get('offset').integer(0, Number.MAX_SAFE_INTEGER),
    message: printable(get('message')),
  }
}

function slipwayVersion(view: JsonView): string {
  return view.matching(VERSION_PATTERN, 'a version such as 1.2.3')
}

function hex(view: JsonView): string {
  return view.matching(HEX_PATTERN, 'a number such as 0x100000')
}

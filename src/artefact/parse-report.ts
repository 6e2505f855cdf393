// Reads an inspect report back, as strictly as schema/inspect.schema.json describes it. It may have been written by anybody. Pure.

import { parseJson } from '../base/json.ts'
import { JsonView } from '../base/json-view.ts'
import { escapeControls, quote } from '../base/quote.ts'
import type { Finding } from './finding.ts'
import {
  INSPECT_SCHEMA_VERSION,
  type InspectReport,
  type ReportedDevice,
  type ReportedSegment,
  wiringFlag,
} from './report.ts'

const MAX_SEGMENTS = 1024
const MAX_DEVICES = 63
const MAX_FINDINGS = 4096
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
  'target',
  'abiVersion',
  'processor',
  'entry',
  'minimumMemory',
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
  const { get } = view.object(KEYS)
  const processor = get('processor').object(['id', 'name'])
  return {
    schema: 'slipway.inspect',
    schemaVersion: INSPECT_SCHEMA_VERSION,
    slipwayVersion: slipwayVersion(get('slipwayVersion')),
    file: get('file').string(),
    size: get('size').integer(0, Number.MAX_SAFE_INTEGER),
    family: get('family').oneOf(['solo5']),
    target: get('target').oneOf(['hvt', 'spt', 'virtio', 'muen', 'genode', 'xen']),
    abiVersion: get('abiVersion').integer(0, U32),
    processor: { id: processor.get('id').integer(0, 0xffff), name: printable(processor.get('name')) },
    entry: hex(get('entry')),
    minimumMemory: get('minimumMemory').isNull() ? null : get('minimumMemory').integer(1, Number.MAX_SAFE_INTEGER),
    segments: get('segments').array(MAX_SEGMENTS).map(parseSegment),
    devices: get('devices').array(MAX_DEVICES).map(parseDevice),
    findings: get('findings').array(MAX_FINDINGS).map(parseFinding),
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
  const flag = wiringFlag({ name, type })
  // Somebody will copy the flag into a shell: it is ours, or the document is refused.
  if (flag === null ? !get('flag').isNull() : get('flag').string() !== flag) {
    get('flag').fail('BAD_VALUE', `must be ${flag === null ? 'null: the name cannot be wired' : quote(flag)}`)
  }
  return { name, type, handle: get('handle').integer(1, MAX_DEVICES), flag }
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

/** Text that we write ourselves has nothing in it that a terminal acts on. */
function printable(view: JsonView): string {
  const text = view.string()
  if (escapeControls(text, '', '\\') !== text) view.fail('BAD_VALUE', `is ${quote(text)}, which has control characters`)
  return text
}

// Reads what is said about a launcher back, as strictly as schema/launcher.schema.json describes it. It may have been written by anybody. Pure.

import type { JsonView } from '../base/json-view.ts'
import {
  LAUNCHER_SCHEMA_VERSION,
  type LauncherReport,
  REGIONS,
  type ReportedBlock,
  type ReportedCarrier,
  type ReportedCondition,
  type ReportedDisk,
  type ReportedNet,
  type ReportedPart,
  type ReportedRange,
  type ReportedRecord,
  type ReportedRule,
} from './launcher-report.ts'
import { printable } from './parse-text.ts'

const MAX_DEVICES = 63
const MAX_RANGES = 4096
const MAX_RULES = 4096
const MAX_CONDITIONS = 16
const MAX_RECORDS = 16384
const U32 = 2 ** 32 - 1
const COUNT = Number.MAX_SAFE_INTEGER

const KEYS = [
  'schema',
  'schemaVersion',
  'target',
  'name',
  'memorySize',
  'heapAccess',
  'entry',
  'commandLine',
  'image',
  'devices',
  'descriptors',
  'parent',
  'watcher',
  'memoryMap',
  'filter',
  'records',
] as const

/** Throws ConfigError. */
export function parseLauncherReport(view: JsonView): LauncherReport {
  const { get } = view.object(KEYS)
  const { get: image } = get('image').object(['from', 'path'])
  const { get: filter } = get('filter').object(['instructions', 'usual', 'rules'])
  const { get: descriptors } = get('descriptors').object(['epoll', 'timer', 'status'])
  return {
    schema: get('schema').oneOf(['slipway.launcher']),
    schemaVersion: get('schemaVersion').integer(1, LAUNCHER_SCHEMA_VERSION) as typeof LAUNCHER_SCHEMA_VERSION,
    target: get('target').oneOf(['spt']),
    name: get('name').string(),
    memorySize: get('memorySize').integer(0, COUNT),
    heapAccess: access(get('heapAccess')),
    entry: hex(get('entry')),
    commandLine: get('commandLine').string(),
    image: {
      from: image('from').oneOf(['launcher', 'file', 'descriptor']),
      path: orNull(image('path'), (path) => path.string()),
    },
    devices: get('devices').array(MAX_DEVICES).map(parseDevice),
    descriptors: {
      epoll: descriptors('epoll').integer(0, U32),
      timer: descriptors('timer').integer(0, U32),
      status: orNull(descriptors('status'), (status) => status.integer(0, U32)),
    },
    parent: orNull(get('parent'), (parent) => parent.integer(0, COUNT)),
    watcher: get('watcher').boolean(),
    memoryMap: get('memoryMap').array(MAX_RANGES).map(parseRange),
    filter: {
      instructions: filter('instructions').integer(1, MAX_RULES),
      usual: filter('usual').boolean(),
      rules: filter('rules').array(MAX_RULES).map(parseRule),
    },
    records: get('records').array(MAX_RECORDS).map(parseRecord),
  }
}

const COMMON = ['type', 'name', 'handle', 'descriptor']

function parseDevice(view: JsonView): ReportedBlock | ReportedNet {
  const members = view.members()
  const common = {
    name: members.get('name').matching(/^[A-Za-z0-9]{1,67}$/, 'the name of a device'),
    handle: members.get('handle').integer(1, MAX_DEVICES),
    descriptor: members.get('descriptor').integer(0, U32),
  }
  if (members.get('type').oneOf(['block', 'net']) === 'net') {
    const { get } = view.object([...COMMON, 'carrier', 'mac', 'mtu'])
    return {
      type: 'net',
      ...common,
      carrier: parseCarrier(get('carrier')),
      mac: get('mac').matching(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, 'a MAC address'),
      mtu: get('mtu').integer(0, 0xffff),
    }
  }
  return { ...common, ...parseBlock(view) }
}

type Own<T> = Omit<T, 'name' | 'handle' | 'descriptor'>

function parseBlock(view: JsonView): Own<ReportedDisk> | Own<ReportedPart> {
  const members = view.members()
  const form = members.get('form').oneOf(['file', 'device', 'baked'])
  const common = {
    type: 'block',
    capacity: members.get('capacity').integer(0, COUNT),
    sectorSize: members.get('sectorSize').integer(0, 0xffff),
  } as const
  const keys = [...COMMON, 'form', 'capacity', 'sectorSize', 'readOnly']
  if (form === 'baked') {
    const { get } = view.object([...keys, 'in', 'offset'])
    const file = get('in').oneOf(['artefact', 'launcher'])
    if (!get('readOnly').boolean()) get('readOnly').fail('BAD_VALUE', 'is false, for a part of the artefact')
    return { ...common, form, in: file, offset: get('offset').integer(0, COUNT), readOnly: true }
  }
  const { get } = view.object([...keys, 'path', 'lock'])
  const [readOnly, lock] = [get('readOnly').boolean(), get('lock').oneOf(['shared', 'exclusive', 'none'])]
  return { ...common, path: notEmpty(get('path')), form, readOnly, lock }
}

function parseCarrier(view: JsonView): ReportedCarrier {
  const kind = view.members().get('kind').oneOf(['tap', 'unix', 'descriptor'])
  if (kind === 'unix') return { kind, path: notEmpty(view.object(['kind', 'path']).get('path')) }
  const name = view.object(['kind', 'interface']).get('interface')
  if (kind === 'tap') return { kind, interface: name.string() }
  return { kind, interface: orNull(name, (text) => text.string()) }
}

function parseRange(view: JsonView): ReportedRange {
  const { get } = view.object(['start', 'end', 'access', 'what'])
  return {
    start: hex(get('start')),
    end: hex(get('end')),
    access: access(get('access')),
    what: get('what').oneOf(REGIONS),
  }
}

function parseRule(view: JsonView): ReportedRule {
  const { get } = view.object(['call', 'when', 'errno', 'part', 'reason'])
  return {
    call: callName(get('call')),
    when: get('when').array(MAX_CONDITIONS).map(parseCondition),
    errno: orNull(get('errno'), (errno) => errno.integer(1, 4095)),
    part: orNull(get('part'), (part) => part.integer(0, 0xffff)),
    reason: orNull(get('reason'), printable),
  }
}

function parseCondition(view: JsonView): ReportedCondition {
  const { get } = view.object(['argument', 'test', 'value', 'mask'])
  return {
    argument: get('argument').integer(0, 5),
    test: get('test').oneOf(['equals', 'at-most', 'masked']),
    value: hex(get('value')),
    mask: orNull(get('mask'), hex),
  }
}

function parseRecord(view: JsonView): ReportedRecord {
  const { get } = view.object(['kind', 'call', 'arguments', 'times', 'demand', 'failure', 'otherwise'])
  const isDemand = /^(?:not negative|-?[0-9]{1,20}|0x[0-9a-f]{1,16})$/
  return {
    kind: get('kind').oneOf(['call', 'compare', 'enter']),
    call: orNull(get('call'), callName),
    arguments: get('arguments').array(6).map(printable),
    times: get('times').integer(1, 0xffff),
    demand: orNull(get('demand'), (demand) => demand.matching(isDemand, 'a result')),
    failure: orNull(get('failure'), printable),
    otherwise: orNull(get('otherwise'), (index) => index.integer(0, COUNT)),
  }
}

function orNull<T>(view: JsonView, parse: (view: JsonView) => T): T | null {
  return view.isNull() ? null : parse(view)
}

function notEmpty(view: JsonView): string {
  return view.matching(/[^]/, 'a text')
}

function callName(view: JsonView): string {
  return view.matching(/^[a-z0-9_]{1,32}$/, 'the name of a system call')
}

function access(view: JsonView): string {
  return view.matching(/^[r-][w-][x-]$/, 'an access such as r-x')
}

function hex(view: JsonView): string {
  return view.matching(/^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/, 'a number such as 0x100000')
}

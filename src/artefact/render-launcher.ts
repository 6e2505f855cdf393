// What a launcher does, for people: the sections that `slipway inspect` and `slipway plan` share. Pure. Texts may come from a file that
// nobody has vouched for.

import { escapeControls, quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { wrap } from '../base/wrap.ts'
import type {
  LauncherReport,
  ReportedBlock,
  ReportedCarrier,
  ReportedCondition,
  ReportedNet,
  ReportedRange,
  ReportedRecord,
  ReportedRule,
} from './launcher-report.ts'
import { type ReportStyle, section, table } from './text-table.ts'

/** How a report is set: what is set off, and how wide a line may be. */
export type Setting = { readonly style: ReportStyle; readonly width: number }

/** What there is one of, as rows of a table. */
export function launcherFacts(report: Pick<LauncherReport, FactKey>): string[][] {
  const { name, memorySize, heapAccess, image, watcher, records } = report
  return [
    ['process', safe(name)],
    ['guest memory', `${formatSize(memorySize)}, heap and stack ${safe(heapAccess)}`],
    ['image', describeImage(image)],
    ['steps', `${records.length} records${watcher ? '; a second process watches the net devices' : ''}`],
  ]
}

type FactKey = 'name' | 'memorySize' | 'heapAccess' | 'image' | 'watcher' | 'records'

function describeImage({ from, path }: LauncherReport['image']): string {
  if (from === 'launcher') return 'in the launcher'
  return from === 'file' ? `mapped from ${quote(path ?? '')}` : 'mapped from a descriptor that it inherits'
}

/** All but the records, which are for whoever wants to see each step. */
export function renderLauncher(report: LauncherReport, setting: Setting): string {
  return [
    renderDevices(report.devices, setting),
    renderMemory(report, setting),
    renderGuestView(report, setting),
    renderFilter(report, setting),
  ].join('')
}

/** A device, whose network only a plan knows where that is Slipway's own. */
type ShownNet = Omit<ReportedNet, 'carrier'> & {
  readonly carrier: ReportedCarrier | { readonly kind: 'user'; readonly subnet: string }
}

/** `more` has a line for a device that only a plan knows: who wired it, and who is at its other end. */
export function renderDevices<D extends ReportedBlock | ShownNet>(
  devices: readonly D[],
  { style, width }: Setting,
  more: (device: D) => readonly string[] = () => [],
): string {
  if (devices.length === 0) return section('devices', '  none\n', style)
  const lines = devices.flatMap((device) => {
    const head = `  ${device.handle}  ${device.type} ${quote(device.name)}, ${resourceOf(device)}`
    const facts = device.type === 'block' ? blockFacts(device) : netFacts(device)
    return [wrap(head, width, 7), ...[...facts, ...more(device)].map((fact) => wrap(`     ${fact}`, width, 7))]
  })
  return section('devices', `${lines.join('\n')}\n`, style)
}

function resourceOf(device: ReportedBlock | ShownNet): string {
  if (device.type === 'block') return blockResource(device)
  const { carrier } = device
  switch (carrier.kind) {
    case 'tap':
      return `interface ${quote(carrier.interface)}`
    case 'unix':
      return `socket ${quote(carrier.path)}`
    case 'descriptor':
      return carrier.interface === null
        ? 'a socket that it inherits'
        : `interface ${quote(carrier.interface)}, inherited as a descriptor`
    case 'user':
      return `network of Slipway's own, ${safe(carrier.subnet)}`
  }
}

function blockResource(device: ReportedBlock): string {
  if (device.form !== 'baked') return `${device.form === 'file' ? 'file' : 'disk'} ${quote(device.path)}`
  const file = device.in === 'launcher' ? 'this file' : 'the artefact'
  return `baked into ${file}, from byte ${device.offset} on`
}

const LOCKS = { exclusive: 'locked exclusively', shared: 'locked against writers', none: 'shared, without a lock' }

function blockFacts(device: ReportedBlock): string[] {
  const { capacity, sectorSize, readOnly, descriptor } = device
  const size = `${formatSize(capacity)} in ${capacity / sectorSize} sectors of ${sectorSize}`
  const access = readOnly ? 'read-only' : 'writable'
  if (device.form === 'baked') return [`${size}, ${access}, ${descriptor} for a descriptor, which is never open`]
  return [`${size}, ${access}, ${LOCKS[device.lock]}, descriptor ${descriptor}`]
}

function netFacts({ mac, mtu, descriptor }: ShownNet): string[] {
  return [`MAC ${safe(mac)}, MTU ${mtu}, descriptor ${descriptor}`]
}

/** Where what lies when the guest is entered. */
export function renderMemory(
  { memoryMap, memorySize }: Pick<LauncherReport, 'memoryMap' | 'memorySize'>,
  { style }: Setting,
): string {
  const rows = memoryMap.map((range) => [safe(range.start), safe(range.end), safe(range.access), describeRange(range)])
  const never = ['0x0', memoryMap[0]?.start ?? '', '---', 'never mapped: null pointers fault']
  return section(`memory map, ${formatSize(memorySize)}`, table([never, ...rows], style), style)
}

const REGIONS: Readonly<Record<ReportedRange['what'], string>> = {
  'boot information': 'boot information',
  image: 'image',
  memory: 'memory for heap and stack',
  part: 'baked into the artefact, for a block device',
  'handler stack': 'stack of the handler that reads baked parts',
  launcher: 'executor, last records, filter',
}

function describeRange({ what }: ReportedRange): string {
  return REGIONS[what]
}

type GuestView = Pick<LauncherReport, 'commandLine' | 'descriptors' | 'memorySize'> & {
  readonly devices: readonly Pick<ReportedBlock | ReportedNet, 'handle' | 'type' | 'name'>[]
}

/** What the guest can know. */
export function renderGuestView(report: GuestView, { style, width }: Setting): string {
  const { commandLine, devices, descriptors, memorySize } = report
  const line = commandLine === '' ? 'none' : quote(commandLine, MAX_SHOWN)
  const manifest = devices.map(({ handle, type, name }) => `${handle} ${type} ${quote(name)}`).join(', ')
  const rows = [
    ['command line', line],
    ['memory size', `${memorySize} bytes`],
    ['devices', manifest === '' ? 'none' : manifest],
    ['descriptors', `console 1, epoll ${descriptors.epoll}, timer ${descriptors.timer}, and those of its devices`],
  ]
  const body = rows.map(([name = '', value]) => wrap(`  ${name.padEnd(14)}${value}`, width, 16)).join('\n')
  return section('what the guest sees', `${body}\n`, style)
}

const MAX_SHOWN = 8192 // characters: the longest command line there is

export function renderFilter({ filter }: Pick<LauncherReport, 'filter'>, { style, width }: Setting): string {
  const { instructions, usual, rules } = filter
  const calls = rules.map(({ call }) => call.length)
  const column = Math.max(0, ...calls) + 2
  const lines = rules.map((rule) => wrap(`  ${safe(rule.call).padEnd(column)}${describeRule(rule)}`, width, column + 4))
  const warning = usual ? [] : [style('red', '  these are not the rules that this Slipway sets for these devices')]
  const title = `system calls that do not kill it, ${instructions} instructions`
  return section(title, [...warning, ...lines, ''].join('\n'), style)
}

function describeRule({ call, when, errno, part, reason }: ReportedRule): string {
  const conditions = when.map((condition) => describeCondition(call, condition)).join(', ')
  const answer = part === null ? 'allow' : `from part ${part}, by the handler`
  const verdict = errno === null ? answer : `errno ${errno}`
  return `${conditions === '' ? 'any arguments' : conditions} -> ${verdict} (${safe(reason ?? 'why is not known')})`
}

/** What the arguments are called that rules look at. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  read: ['fd'],
  write: ['fd'],
  pread64: ['fd', 'address', 'length', 'offset'],
  pwrite64: ['fd', 'address', 'length', 'offset'],
  clock_gettime: ['clock'],
  epoll_pwait: ['fd', 'events', 'most', 'timeout', 'mask'],
  timerfd_settime: ['fd'],
  arch_prctl: ['code'],
}

function describeCondition(call: string, { argument, test, value, mask }: ReportedCondition): string {
  const name = NAMES[call]?.[argument] ?? `argument ${argument}`
  if (test === 'masked') return `${name} & ${decimal(mask ?? '0x0')} = ${decimal(value)}`
  return `${name} ${test === 'equals' ? '=' : '<='} ${decimal(value)}`
}

/** Sizes and descriptors are better known as decimal numbers, up to where they are exact. */
function decimal(value: string): string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? `${number}` : safe(value)
}

/** Each record: the call, what it has to give, and what a person reads when it does not. */
export function renderRecords(records: readonly ReportedRecord[], { style, width }: Setting): string {
  const digits = `${records.length}`.length
  const lines = records.flatMap((record, i) => {
    const { failure, otherwise } = record
    const head = `  ${`${i}`.padStart(digits)}  ${describeRecord(record)}`
    const set = digits + 6
    const unmet = failure ?? (otherwise === null ? null : `go on at record ${otherwise}`)
    const lines = [wrap(head, width, set)]
    if (unmet !== null) lines.push(style('dim', wrap(`${' '.repeat(set)}else: ${safe(unmet)}`, width, set + 2)))
    if (record.call === 'clone' && otherwise !== null) {
      lines.push(style('dim', `${' '.repeat(set)}records ${i + 1} to ${otherwise - 1} are those of the watcher`))
    }
    return lines
  })
  return section('records, in this order', `${lines.join('\n')}\n`, style)
}

function describeRecord({ kind, call, arguments: args, times, demand }: ReportedRecord): string {
  const [first = '', second = '', third = ''] = args.map(safe)
  if (kind === 'enter') return `enter the guest at ${third}, rdi ${first}, rsp ${second}`
  if (kind === 'compare') {
    const masked = second === '0xffffffffffffffff' ? '' : ` & ${second}`
    return `compare 8 bytes at ${first}${masked} = ${third}`
  }
  const result = demand === null ? '' : ` ${demand === 'not negative' ? '>= 0' : `= ${safe(demand)}`}`
  const often = times === 1 ? '' : `, ${times} times, the first argument growing by 1`
  return `${safe(call ?? '')}(${args.map(safe).join(', ')})${result}${often}`
}

/** Our own words, which may hold quoted ones: their escapes stay as they are. */
function safe(text: string): string {
  return escapeControls(text, '', '\\')
}

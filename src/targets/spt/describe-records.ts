// The records of a launcher in words, one after the other. Pure.

import type { ReportedRecord } from '../../artefact/launcher-report.ts'
import { escapeControls } from '../../base/quote.ts'
import type { Demand, Unmet } from '../../launcher/record.ts'
import type { SystemCallName } from '../../launcher/system-calls.ts'
import { ARGUMENTS } from './describe-arguments.ts'
import type { FoundRecord, LauncherMemory, OpenLauncher } from './describe-memory.ts'
import { type FoundCall, fieldOf } from './describe-process.ts'
import { hex, signed } from './describe-words.ts'

/** Every record, in the order of the table. Throws FormatError where one leads to no text. */
export function describeRecords({ records, memory }: OpenLauncher): ReportedRecord[] {
  return records.map((record) => describeRecord(record, memory))
}

function describeRecord(record: FoundRecord, memory: LauncherMemory): ReportedRecord {
  const nothing = { call: null, times: 1, demand: null, failure: null, otherwise: null }
  if (record.kind === 'enter') {
    return { ...nothing, kind: 'enter', arguments: [record.argument, record.stack, record.entry].map(hex) }
  }
  const unmet = describeUnmet(record, record.unmet, memory)
  if (record.kind === 'compare') {
    const place = record.anchor === 'absolute' ? hex(record.address) : stackPlace(record.address)
    return { ...nothing, kind: 'compare', arguments: [place, hex(record.mask), hex(record.value)], ...unmet }
  }
  const { name, times, demand } = record
  return {
    kind: 'call',
    call: name,
    arguments: argumentsOf(record, memory),
    times,
    demand: describeDemand(name, demand),
    ...unmet,
  }
}

function describeDemand(name: SystemCallName, demand: Demand): string | null {
  if (demand === 'ignore') return null
  if (demand === 'any') return 'not negative'
  return name === 'mmap' || name === 'mremap' ? hex(demand) : `${BigInt.asIntN(64, demand)}`
}

function describeUnmet(record: FoundRecord, unmet: Unmet, memory: LauncherMemory) {
  if ('skip' in unmet) return { failure: null, otherwise: record.index + 1 + unmet.skip }
  const { address, length } = unmet.message
  if (length === 0) return { failure: null, otherwise: null }
  const text = memory.text(address, length, record.reader, fieldOf(record))
  return { failure: escapeControls(text.replace(/^slipway: /, ''), '', '\\'), otherwise: null }
}

/** What the kernel does not look at is left out, unless somebody has put something there. */
function argumentsOf(record: FoundCall, memory: LauncherMemory): string[] {
  const shows = ARGUMENTS[record.name]
  const used = record.args.findLastIndex((value) => value !== 0n) + 1
  return record.args.slice(0, Math.max(shows.length, used)).map((value, i) => {
    if (i === 0 && record.anchor !== 'absolute') return stackPlace(value, record.anchor === 'stack-page')
    if (i === 0 && record.load) return `[${hex(value)}]`
    return (shows[i] ?? signed)(value, record, memory)
  })
}

function stackPlace(value: bigint, page = false): string {
  return `${page ? 'page of ' : ''}stack${value === 0n ? '' : ` + ${hex(value)}`}`
}

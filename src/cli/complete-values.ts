// What could stand behind a flag: one of its values, a file, or a wire to a device of the artefact on the same line.

import { homedir } from 'node:os'
import { namesIn, tapInterfaces } from '../host/listings.ts'
import { BAKED, blockOptions, netOptions } from '../wiring/flag.ts'
import { type Flag, type Line, type Proposal, type Proposals, startingWith } from './complete-line.ts'

/** Placeholders behind which a file's name is meant. */
export const FILES: RegExp = /\b(FILE|PATH|ARTEFACT|IMAGE|DIR|LAUNCHER|SOURCE)\b/

export async function proposeValues(name: string, flag: Flag, partial: string, line: Line): Promise<Proposals> {
  if (flag.kind === 'enum')
    return startingWith(
      partial,
      flag.values.map((value) => ({ value })),
    )
  if (flag.kind !== 'parsed') return []
  if (name === 'device') return await proposeDevices('block', partial, line, '')
  if ((name === 'net' || name === 'block') && flag.placeholder === 'WIRE')
    return await proposeWires(name, partial, line)
  const values = await flag.proposeCompletions?.call({ process }, partial)
  if (values !== undefined)
    return startingWith(
      partial,
      values.map((value) => ({ value })),
    )
  return FILES.test(flag.placeholder ?? '') ? 'files' : []
}

const CARRIERS = [
  { value: 'user', brief: 'a network without root' },
  { value: 'tap:', brief: 'a TAP interface' },
  { value: 'fd:', brief: 'an inherited descriptor' },
  { value: 'unix:', brief: 'a socket' },
]

const DISKS = [{ value: BAKED, brief: 'what is baked in' }]

async function proposeWires(type: 'net' | 'block', partial: string, line: Line): Promise<readonly Proposal[]> {
  const [, device, value] = /^([A-Za-z0-9]+=)(.*)$/s.exec(partial) ?? []
  if (device === undefined || value === undefined) return await proposeDevices(type, partial, line)
  const wired = (proposals: readonly Proposal[]) => proposals.map((it) => ({ ...it, value: `${device}${it.value}` }))
  if (value.includes(',')) return wired(proposeOptions(type, value))
  if (type === 'block') return wired([...startingWith(value, DISKS), ...proposePaths(value)])
  if (value.startsWith('unix:')) {
    return wired(proposePaths(value.slice(5)).map((it) => ({ ...it, value: `unix:${it.value}` })))
  }
  if (!value.startsWith('tap:')) return wired(startingWith(value, CARRIERS))
  return wired(
    startingWith(
      value,
      tapInterfaces().map((name) => ({ value: `tap:${name}` })),
    ),
  )
}

/** Behind a comma: the options that go with the wire, and a file for those that have one. */
function proposeOptions(type: 'net' | 'block', value: string): readonly Proposal[] {
  const [wire = '', ...options] = value.split(',')
  const last = options.at(-1) ?? ''
  const before = value.slice(0, value.length - last.length)
  const [, option = '', file] = /^(pcap=|copy=)(.*)$/s.exec(last) ?? []
  const known = type === 'net' ? netOptions(wire) : blockOptions(wire)
  const proposals =
    file === undefined
      ? startingWith(
          last,
          known.map((word) => ({ value: word })),
        )
      : proposePaths(file).map((it) => ({ value: `${option}${it.value}` }))
  return proposals.map((it) => ({ ...it, value: `${before}${it.value}` }))
}

async function proposeDevices(
  type: 'net' | 'block',
  partial: string,
  { positionals }: Line,
  end = '=',
): Promise<readonly Proposal[]> {
  const [artefact] = positionals
  if (artefact === undefined) return []
  const { declaredDevices } = await import('../run/declared-devices.ts')
  const devices = declaredDevices(unquote(artefact)).filter((device) => device.type === type)
  return startingWith(
    partial,
    devices.map(({ name, handle }) => ({ value: `${name}${end}`, brief: `device ${handle}` })),
  )
}

/** Behind a device's name no shell completes files by itself. */
function proposePaths(partial: string): readonly Proposal[] {
  const folder = partial.slice(0, partial.lastIndexOf('/') + 1)
  const names = namesIn(folder === '' ? '.' : unquote(folder))
  return startingWith(
    partial,
    names.map((name) => ({ value: `${folder}${name}` })),
  )
}

/** A word as the shell would hand it on, as far as that can be said without running anything: quotes, backslashes and `~/`. */
export function unquote(word: string): string {
  const plain = word.replaceAll(/'([^']*)'?|"((?:[^"\\]|\\.)*)"?|\\(.)/gs, (_, single, double, escaped) => {
    if (typeof single === 'string') return single
    if (typeof escaped === 'string') return escaped
    return String(double).replaceAll(/\\(.)/gs, '$1')
  })
  return plain.startsWith('~/') ? `${homedir()}${plain.slice(1)}` : plain
}

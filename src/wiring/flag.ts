// Wires as the command line says them: NAME=VALUE, then options, with commas between (`,,` is a comma in a value). Pure.
//
//   --net   NAME=tap:IFACE | fd:N | unix:PATH [,mac=…][,mtu=…][,share]
//   --block NAME=PATH [,sector=…][,ro][,share]

import { isDeviceName } from '../artefact/manifest.ts'
import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import { parseMac } from './mac.ts'
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
  type WireOrigin,
} from './wire.ts'

const NET_EXAMPLE = 'write --net NAME=tap:IFACE, NAME=fd:N or NAME=unix:PATH, then ,mac=… ,mtu=… as wanted'
const BLOCK_EXAMPLE = 'write --block NAME=PATH, then ,sector=4096 ,ro ,share as wanted'

/**
 * The value of a `--net` flag. Throws UsageError BAD_ARGUMENT.
 *
 * @example
 * ```ts
 * parseNetFlag('service=tap:tap0,mtu=9000', { layer: 'command line' }).carrier // { kind: 'tap', interface: 'tap0' }
 * ```
 */
export function parseNetFlag(text: string, origin: WireOrigin): NetWire {
  const flag = takeApart('--net', text, ['mac', 'mtu', 'share'], NET_EXAMPLE)
  const mac = flag.valueOf('mac')
  return {
    type: 'net',
    device: flag.device,
    carrier: parseCarrier(flag.value, flag.refuse),
    mac: mac === undefined ? undefined : parseMac(mac, flag.name),
    mtu: flag.number('mtu', MIN_MTU, MAX_MTU),
    share: flag.has('share'),
    origin,
  }
}

/**
 * The value of a `--block` flag. Throws UsageError BAD_ARGUMENT.
 *
 * @example
 * ```ts
 * parseBlockFlag('storage=/srv/disk.img,ro', { layer: 'command line' }).readOnly // true
 * ```
 */
export function parseBlockFlag(text: string, origin: WireOrigin): BlockWire {
  const flag = takeApart('--block', text, ['sector', 'ro', 'share'], BLOCK_EXAMPLE)
  const problem = problemOfPath(flag.value, 'file')
  if (problem !== undefined) flag.refuse(`the path ${problem}`)
  const sectorSize = flag.number('sector', 1, 65535) ?? DEFAULT_SECTOR_SIZE
  if (!SECTOR_SIZES.includes(sectorSize)) {
    flag.refuse(`sector=${sectorSize} is none of ${SECTOR_SIZES.join(', ')}`)
  }
  return {
    type: 'block',
    device: flag.device,
    path: flag.value,
    sectorSize,
    readOnly: flag.has('ro'),
    share: flag.has('share'),
    origin,
  }
}

function parseCarrier(value: string, refuse: (problem: string) => never): Carrier {
  const [, kind = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(value) ?? []
  switch (kind) {
    case 'tap':
      if (!isInterfaceName(rest)) refuse(`${quote(rest)} cannot be the name of an interface`)
      return { kind, interface: rest }
    case 'fd': {
      const descriptor = /^\d{1,9}$/.test(rest) ? Number(rest) : -1
      if (descriptor < 3 || descriptor > MAX_DESCRIPTOR)
        refuse(`${quote(value)} is no descriptor from 3 to ${MAX_DESCRIPTOR}`)
      return { kind: 'descriptor', descriptor }
    }
    case 'unix': {
      const problem = problemOfPath(rest, 'socket')
      if (problem !== undefined) refuse(`the path ${problem}`)
      return { kind, path: rest }
    }
    default:
      return refuse(`${quote(value)} is neither tap:IFACE nor fd:N nor unix:PATH`)
  }
}

type Flag = {
  readonly device: string
  readonly value: string
  /** The flag as far as the device, for messages. */
  readonly name: string
  readonly has: (option: string) => boolean
  readonly valueOf: (option: string) => string | undefined
  readonly number: (option: string, least: number, most: number) => number | undefined
  readonly refuse: (problem: string) => never
}

/** Options without a value are those that take none: `share`, `ro`. */
const SWITCHES: readonly string[] = ['ro', 'share']

function takeApart(flag: string, text: string, known: readonly string[], example: string): Flag {
  const [assignment = '', ...rest] = splitAtCommas(text)
  const equals = assignment.indexOf('=')
  const device = equals < 0 ? assignment : assignment.slice(0, equals)
  const name = `${flag} ${quote(device)}`
  const refuse = (problem: string, advice = example): never => {
    throw new UsageError('BAD_ARGUMENT', `${name}: ${problem}`, advice)
  }
  if (!isDeviceName(device)) refuse('the name of a device is 1 to 67 letters and digits')
  if (equals < 0) refuse('nothing is wired to it')
  const options = new Map<string, string | undefined>()
  for (const option of rest) {
    const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(option) ?? []
    if (!known.includes(key)) {
      const meant = nearest(key, known)
      refuse(
        `there is no option ${quote(key)}`,
        meant === undefined
          ? `options are ${known.join(', ')}; a comma in a path is written ,,`
          : `did you mean ${meant}?`,
      )
    }
    if (options.has(key)) refuse(`${key} is given twice`)
    if (SWITCHES.includes(key) !== (value === undefined)) {
      refuse(value === undefined ? `${key} needs a value` : `${key} takes no value`)
    }
    options.set(key, value)
  }
  const number = (key: string, least: number, most: number): number | undefined => {
    const value = options.get(key)
    if (value === undefined) return undefined
    const parsed = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (parsed >= least && parsed <= most) return parsed
    return refuse(`${key}=${quote(value)} is no number from ${least} to ${most}`)
  }
  return {
    device,
    value: assignment.slice(equals + 1),
    name,
    has: (key) => options.has(key),
    valueOf: (key) => options.get(key),
    number,
    refuse: (problem) => refuse(problem),
  }
}

/** At single commas; two are one that belongs to the text. */
function splitAtCommas(text: string): string[] {
  const parts = ['']
  for (const piece of text.split(/(,,|,)/)) {
    if (piece === ',') parts.push('')
    else parts[parts.length - 1] += piece === ',,' ? ',' : piece
  }
  return parts
}

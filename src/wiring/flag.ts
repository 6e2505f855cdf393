// Wires as the command line says them: NAME=VALUE, then options, with commas between. Pure.
//
//   --net   NAME=user [,subnet=CIDR][,allow=CIDR]…[,allow-host-loopback][,no-internet][,no-host][,pcap=FILE][,rate=…][,delay=…][,loss=…]
//           NAME=tap:IFACE | fd:N | unix:PATH [,share]                                                           any with [,mac=…][,mtu=…]
//   --block NAME=PATH [,sector=…][,ro][,share] | NAME=baked: [,sector=…][,copy=PATH[,ro][,share]]

import { parseCidr, parseSubnet } from '../base/ipv4.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import { type Flag, type Options, takeApart } from './flag-parts.ts'
import { parseMac } from './mac.ts'
import type { WireOrigin } from './origin.ts'
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
} from './wire.ts'

const NET_EXAMPLE = 'write --net NAME=user, NAME=tap:IFACE, NAME=fd:N or NAME=unix:PATH, then ,mac=… ,mtu=… as wanted'
const BLOCK_EXAMPLE = 'write --block NAME=PATH or NAME=baked:, then ,sector=4096 ,ro ,share ,copy=PATH as wanted'

/** What the artefact has baked in for the device. */
export const BAKED = 'baked:'
const BLOCK_OPTIONS: Options = {
  valued: ['sector'],
  switches: ['ro', 'share'],
  misplaced: { copy: 'what is baked in (NAME=baked:)' },
}
/** Without a copy it is read-only by nature, and everybody shares it. */
const BAKED_OPTIONS: Options = { valued: ['sector', 'copy'], switches: ['ro', 'share'] }
const USER_OPTIONS: Options = {
  valued: ['mac', 'mtu', 'subnet', 'allow', 'pcap', 'rate', 'delay', 'loss'],
  repeated: ['allow'],
  switches: ['allow-host-loopback', 'no-internet', 'no-host'],
  misplaced: { share: 'sockets (unix:PATH)' },
}
const OF_USER = 'a network of Slipway’s own (NAME=user)'
const NET_OPTIONS: Options = {
  valued: ['mac', 'mtu'],
  switches: ['share'],
  misplaced: Object.fromEntries(
    [...USER_OPTIONS.valued, ...USER_OPTIONS.switches]
      .filter((option) => option !== 'mac' && option !== 'mtu')
      .map((option) => [option, OF_USER]),
  ),
}

/** For completion: what may stand behind a wire, an `=` at its end where a value follows. */
export function netOptions(wire: string): readonly string[] {
  const { valued, switches } = wire === 'user' ? USER_OPTIONS : NET_OPTIONS
  return [...valued.map((option) => `${option}=`), ...switches]
}

/** The same for a block device. */
export function blockOptions(wire: string): readonly string[] {
  const { valued, switches } = wire === BAKED ? BAKED_OPTIONS : BLOCK_OPTIONS
  return [...valued.map((option) => `${option}=`), ...switches]
}

/**
 * The value of a `--net` flag. Throws UsageError BAD_ARGUMENT.
 *
 * @example
 * ```ts
 * parseNetFlag('service=user,mtu=9000', { layer: 'command line' }).carrier.kind // 'user'
 * ```
 */
export function parseNetFlag(text: string, origin: WireOrigin): NetWire {
  const optionsFor = (value: string): Options => (value === 'user' ? USER_OPTIONS : NET_OPTIONS)
  const flag = takeApart('--net', text, optionsFor, NET_EXAMPLE)
  const mac = flag.valueOf('mac')
  const carrier = flag.value === 'user' ? parseUser(flag) : parseCarrier(flag.value, flag.refuse)
  const least = carrier.kind === 'user' ? MIN_USER_MTU : MIN_MTU
  return {
    type: 'net',
    device: flag.device,
    carrier,
    mac: mac === undefined ? undefined : parseMac(mac, flag.name),
    mtu: flag.number('mtu', least, MAX_MTU),
    share: flag.has('share'),
    origin,
  }
}

/**
 * The value of a `--block` flag. Throws UsageError BAD_ARGUMENT.
 *
 * @example
 * ```ts
 * parseBlockFlag('storage=/srv/disk.img,sector=4096', { layer: 'command line' }).sectorSize // 4096
 * ```
 */
export function parseBlockFlag(text: string, origin: WireOrigin): BlockWire {
  const optionsFor = (value: string): Options => (value === BAKED ? BAKED_OPTIONS : BLOCK_OPTIONS)
  const flag = takeApart('--block', text, optionsFor, BLOCK_EXAMPLE)
  const copy = flag.valueOf('copy')
  const path = copy ?? flag.value
  const problem = problemOfPath(path, 'file')
  if (problem !== undefined) flag.refuse(`the path ${problem}`)
  const sectorSize = flag.number('sector', 1, 65535) ?? DEFAULT_SECTOR_SIZE
  if (!SECTOR_SIZES.includes(sectorSize)) {
    flag.refuse(`sector=${sectorSize} is none of ${SECTOR_SIZES.join(', ')}`)
  }
  const { device } = flag
  if (flag.value === BAKED && copy === undefined) {
    if (flag.has('share')) flag.refuse('what is baked in can always be shared; a copy need not be', 'leave share out')
    return { type: 'block', medium: 'baked', device, sectorSize, origin }
  }
  return {
    type: 'block',
    medium: 'disk',
    device,
    path,
    copiesBaked: copy !== undefined,
    sectorSize,
    readOnly: flag.has('ro'),
    share: flag.has('share'),
    origin,
  }
}

function parseUser(flag: Flag): UserLine {
  const option = <T>(key: string, parse: (text: string, what: string) => T): T | undefined => {
    const text = flag.valueOf(key)
    return text === undefined ? undefined : parse(text, `${flag.name}: ${key}`)
  }
  const allowed = flag.valuesOf('allow')
  if (allowed.length > MAX_ALLOWED) flag.refuse(`allow is given ${allowed.length} times, at most ${MAX_ALLOWED}`)
  const pcap = flag.valueOf('pcap')
  const problem = pcap === undefined ? undefined : problemOfPath(pcap, 'file')
  if (problem !== undefined) flag.refuse(`the path of pcap ${problem}`)
  return {
    kind: 'user',
    subnet: option('subnet', parseSubnet),
    allow: allowed.map((text) => parseCidr(text, `${flag.name}: allow`)),
    allowHostLoopback: flag.has('allow-host-loopback'),
    internet: !flag.has('no-internet'),
    host: !flag.has('no-host'),
    pcap,
    rate: option('rate', parseRate),
    delay: option('delay', parseDelay) ?? 0,
    loss: option('loss', parseLoss) ?? 0,
    publish: [],
  }
}

function parseCarrier(value: string, refuse: Flag['refuse']): Carrier {
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
    default: {
      const isMeant = nearest(value, ['user']) !== undefined
      const problem = `${quote(value)} is neither user nor tap:IFACE nor fd:N nor unix:PATH`
      return refuse(problem, isMeant ? 'did you mean user?' : undefined)
    }
  }
}

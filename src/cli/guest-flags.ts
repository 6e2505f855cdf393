// Flags that every verb which plans a guest understands, and what they mean.

import { UsageError } from '../base/errors.ts'
import { parseSize } from '../base/size.ts'
import { joinWords } from '../config/command-line.ts'
import type { GuestOptions } from '../run/prepare.ts'
import { parseBlockFlag, parseNetFlag } from '../wiring/flag.ts'
import { mergeWires } from '../wiring/match.ts'
import { parsePublication, type Publication } from '../wiring/publish.ts'
import type { BlockWire, NetWire, Wire, Wiring } from '../wiring/wire.ts'
import { configAliases, type ConfigFlags, configFlags, configOf } from './config-flags.ts'

export type GuestFlags = ConfigFlags & {
  readonly net?: readonly NetWire[]
  readonly block?: readonly BlockWire[]
  readonly wiring?: readonly string[]
  readonly autoWire?: boolean
  readonly publish?: readonly Publication[]
  readonly mem?: number
  readonly name?: string
  readonly rawArgs?: boolean
}

const ORIGIN = { layer: 'command line' } as const

export const guestFlags = {
  net: {
    kind: 'parsed',
    parse: (text: string) => parseNetFlag(text, ORIGIN),
    brief: 'Wire a net device: NAME=user|tap:IFACE|fd:N|unix:PATH[,mtu=]…',
    placeholder: 'WIRE',
    optional: true,
    variadic: true,
  },
  block: {
    kind: 'parsed',
    parse: (text: string) => parseBlockFlag(text, ORIGIN),
    brief: 'Wire a block device: NAME=PATH|baked: [,sector=512][,ro][,copy=]',
    placeholder: 'WIRE',
    optional: true,
    variadic: true,
  },
  wiring: {
    kind: 'parsed',
    parse: String,
    brief: 'Wires from a file; those on the command line win',
    placeholder: 'FILE',
    optional: true,
    variadic: true,
  },
  autoWire: {
    kind: 'boolean',
    brief: 'Wire every net device that has no wire to user',
    optional: true,
    withNegated: false,
  },
  publish: {
    kind: 'parsed',
    parse: (text: string) => parsePublication(text, '--publish', ORIGIN),
    brief: 'Publish a port: [NAME=][ADDR:]HOST:GUEST[/udp]',
    placeholder: 'PORT',
    optional: true,
    variadic: true,
  },
  mem: {
    kind: 'parsed',
    parse: (text: string) => parseSize(text, '--mem'),
    brief: 'Guest memory, such as 64M or 2G (512M if not given)',
    placeholder: 'SIZE',
    optional: true,
  },
  name: {
    kind: 'parsed',
    parse: parseName,
    brief: 'Name of the instance; MAC addresses are derived from it',
    placeholder: 'NAME',
    optional: true,
  },
  ...configFlags,
  rawArgs: {
    kind: 'boolean',
    brief: 'Join the guest’s arguments as they are, unescaped',
    optional: true,
    withNegated: false,
  },
} as const

/** Docker's letters. */
export const guestAliases = { p: 'publish', ...configAliases } as const

/** The artefact, then words for the guest. */
export const guestPositional = {
  kind: 'array',
  parameter: {
    brief: 'The artefact, then words for the guest, behind --',
    parse: String,
    placeholder: 'ARTEFACT [-- WORD]',
  },
  minimum: 1,
} as const

function parseName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text)) return text
  const advice = 'use up to 63 letters, digits, `_`, `.` and `-`, a letter or digit first'
  throw new UsageError('BAD_ARGUMENT', '--name is no name for an instance', advice)
}

/** `path` is the artefact's, where what it brings along itself counts. */
export async function guestOptions(flags: GuestFlags, args: readonly string[], path?: string): Promise<GuestOptions> {
  // Node.js has replaced bytes that are no UTF-8 by this character, so the guest would not get the words that were given.
  for (const [i, word] of args.entries()) {
    if (!word.includes('\ufffd')) continue
    throw new UsageError('BAD_ARGUMENT', `guest argument ${i + 1} is not valid UTF-8, or has a U+FFFD in it`)
  }
  const raw = flags.rawArgs === true
  const config = await configOf(flags, raw, path)
  const words = raw && config === undefined ? { commandLine: joinWords(args) } : { args }
  const wiring = await wiringOf(flags)
  return { ...words, config, wiring, memory: flags.mem, name: flags.name }
}

/** Files in the order given, then the command line: the last that names a device wins. */
async function wiringOf({ net = [], block = [], wiring = [], autoWire = false, publish }: GuestFlags): Promise<Wiring> {
  const { wires } = mergeWires([...(await readFiles(wiring)), [...net, ...block]])
  return { wires, autoWire: autoWire ? ORIGIN : undefined, publish }
}

async function readFiles(files: readonly string[]): Promise<readonly (readonly Wire[])[]> {
  if (files.length === 0) return []
  const { readWiring } = await import('../run/read-wiring.ts')
  return files.map(readWiring)
}

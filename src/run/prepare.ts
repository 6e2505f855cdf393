// From a path and the operator's words to a checked Plan: read, decode, validate, plan; nothing is opened for the guest yet.

import { basename } from 'node:path'
import { type Artefact, readArtefact, requireWanted } from '../artefact/artefact.ts'
import type { Baked } from '../artefact/baked-format.ts'
import { isDeviceName } from '../artefact/manifest.ts'
import { HostError, UsageError } from '../base/errors.ts'
import { parseSubnet } from '../base/ipv4.ts'
import { quote } from '../base/quote.ts'
import { escapeWords } from '../config/command-line.ts'
import { factsWith } from '../host/facts.ts'
import { type OpenFile, openFile } from '../host/files.ts'
import { gatherResources } from '../host/resources.ts'
import { parseBlockFlag, parseNetFlag } from '../wiring/flag.ts'
import { matchWires, mergeWires } from '../wiring/match.ts'
import { DEFAULT_MEMORY, type Plan, planGuest } from '../wiring/plan.ts'
import { parsePublication } from '../wiring/publish.ts'
import type { Wire, Wiring } from '../wiring/wire.ts'
import type { GuestConfig, Listener, SecretsUse, Told } from './guest-config.ts'
import type { UserNetwork } from './user-network.ts'
import { documentsIn, programsIn, readDocuments, takeProgram, verifyImages } from './what-is-baked.ts'
import { wireToKeep } from './wire-paths.ts'

export type GuestOptions = {
  /** Words for the guest, which it gets as they are. Give `commandLine` instead to say the one string yourself. */
  readonly args?: readonly string[] | undefined
  readonly commandLine?: string | undefined
  /** Bytes; 512 MiB if not given. */
  readonly memory?: number | undefined
  /** What people call the instance: MAC addresses are derived from it. The file's name without its ending if not given. */
  readonly name?: string | undefined
  /** What each net device is wired to, as behind `--net NAME=`: `{ service: 'user' }`, `{ service: 'tap:tap0,mtu=9000' }`. */
  readonly net?: Readonly<Record<string, string>> | undefined
  /** What each block device is wired to, as behind `--block NAME=`: `{ storage: '/srv/disk.img,ro' }`. */
  readonly block?: Readonly<Record<string, string>> | undefined
  /** Wires of a file (`readWiring`), which `net` and `block` go before; or those together with more that is decided already. */
  readonly wiring?: readonly Wire[] | Wiring | undefined
  /** Every net device without a wire is on a network of Slipway's own, as with `user`. */
  readonly autoWire?: boolean | undefined
  /** Ports of the guest that are published on this machine, as behind `-p`: `['8080:80']`. */
  readonly publish?: readonly string[] | undefined
  /** The network that devices wired to `user` join, as `openNetwork` returns it; each has one of its own if not given. */
  readonly network?: UserNetwork | undefined
  /** Documents and settings, as `configure` returns them; `args` take the place of the words that they have for the program. */
  readonly config?: GuestConfig | undefined
  /** A launcher that is kept may hold the values of secrets. */
  readonly embedSecrets?: boolean | undefined
  /** What is baked into the artefact is left alone: its devices want wires, and its configuration is not read. */
  readonly withoutBaked?: boolean | undefined
  /** Heap and stack can be executed: for unikernels that were made before they could not. */
  readonly executableHeap?: boolean | undefined
}

export type Prepared = {
  readonly artefact: Artefact
  readonly plan: Plan
  readonly file: OpenFile
  /** Undefined where there is no configuration: the command line is all there is. */
  readonly told: Told | undefined
}

/**
 * Opens, checks and plans; with `keep`, for a launcher that may be started anywhere. The caller closes `file`. Throws FormatError,
 * WiringError, UsageError and HostError.
 */
export function prepare(path: string, options: GuestOptions, keep = false): Prepared {
  const line = options.config === undefined ? commandLineOf(options) : ''
  const given = wiringOf(options)
  const file = openFile(path)
  try {
    const own = readArtefact(file.source)
    const listener = options.config === undefined ? undefined : listenerFor(path, options, file, own.baked)
    const artefact = artefactFor(file, own, options, listener)
    // Before anything is looked at that may not belong to this guest at all.
    const wires = matchWires(artefact, given).map(({ wire }) => (keep ? wireToKeep(wire) : wire))
    const told = listener === undefined ? undefined : options.config?.tell(listener, secretsUse(options, keep))
    const joins = options.network === undefined ? undefined : parseSubnet(options.network.subnet, 'network')
    const plan = planGuest(
      artefact,
      { wires },
      {
        name: options.name ?? stemOf(path),
        memorySize: options.memory ?? told?.memory ?? DEFAULT_MEMORY,
        commandLine: told?.commandLine ?? line,
        executableHeap: options.executableHeap,
      },
      factsWith(file.facts, gatherResources(wires, { later: keep, joins })),
    )
    verifyImages(file, artefact.baked, servedBy(plan))
    return { artefact, plan, file, told }
  } catch (error) {
    file.close()
    throw error
  }
}

function stemOf(path: string): string {
  return basename(path).replace(/\.[a-z]+$/, '')
}

function secretsUse({ embedSecrets = false }: GuestOptions, keep: boolean): SecretsUse {
  if (!keep) return 'hidden'
  return embedSecrets ? 'embedded' : 'refused'
}

/** The program that the configuration names, of several that are baked into one file. */
function artefactFor(file: OpenFile, own: Artefact, options: GuestOptions, listener: Listener | undefined): Artefact {
  const { baked } = own
  if (baked === undefined || options.withoutBaked === true) return own
  requireWanted(own, baked, file.source)
  if (listener !== undefined && options.config !== undefined) {
    return takeProgram(file, own, baked, options.config.program(listener))
  }
  // Whoever says the whole line says it instead of the artefact.
  if (options.commandLine !== undefined || documentsIn(baked).length === 0) return own
  throw new HostError('CHANGED', 'the artefact has another configuration than a moment ago', { advice: 'run it again' })
}

/** The devices that are served from what is baked in, or from a copy of it that is made. */
function servedBy({ devices }: Plan): readonly string[] {
  return devices.flatMap((device) => {
    if (device.type !== 'block') return []
    return device.form === 'baked' || device.madeOf !== undefined ? [device.name] : []
  })
}

/** Who is told by an artefact's configuration: a Solo5 unikernel that nothing is baked into has one program, and does not say what it is called. */
export function listenerFor(
  path: string,
  { args, commandLine, memory, withoutBaked = false }: GuestOptions,
  file: OpenFile,
  found: Baked | undefined,
): Listener {
  const baked = withoutBaked ? undefined : found
  if (commandLine !== undefined) {
    const problem = 'both config and commandLine are given'
    throw new UsageError('BAD_ARGUMENT', problem, 'give words, which take the place of those in the configuration')
  }
  return {
    program: baked === undefined || baked.program === '' ? stemOf(path) : baked.program,
    programs: baked === undefined ? undefined : programsIn(baked),
    startsOne: true,
    baked: baked === undefined ? [] : readDocuments(file, path, baked),
    words: args,
    memory: { usual: DEFAULT_MEMORY, given: memory },
  }
}

function commandLineOf({ args, commandLine }: GuestOptions): string {
  if (commandLine === undefined) return escapeWords(args ?? [])
  if (args === undefined) return commandLine
  throw new UsageError(
    'BAD_ARGUMENT',
    'both args and commandLine are given',
    'give the words or the whole line, not both',
  )
}

/** Files come first, then what this call says: the last that names a device wins. */
function wiringOf(options: GuestOptions): Wiring {
  const { wiring = [], autoWire = false, publish = [] } = options
  const before: Wiring = 'wires' in wiring ? wiring : { wires: wiring }
  return {
    wires: mergeWires([before.wires, wiresOf(options)]).wires,
    withoutBaked: options.withoutBaked ?? before.withoutBaked,
    autoWire: autoWire ? PROGRAM : before.autoWire,
    publish: [...(before.publish ?? []), ...publish.map((text) => parsePublication(text, 'publish', PROGRAM))],
  }
}

const PROGRAM = { layer: 'program' } as const

function wiresOf({ net = {}, block = {} }: GuestOptions): readonly Wire[] {
  const origin = PROGRAM
  return [
    ...Object.entries(net).map(([device, value]) => parseNetFlag(`${requireName(device)}=${value}`, origin)),
    ...Object.entries(block).map(([device, value]) => parseBlockFlag(`${requireName(device)}=${value}`, origin)),
  ]
}

function requireName(device: string): string {
  if (isDeviceName(device)) return device
  throw new UsageError('BAD_ARGUMENT', `${quote(device)} is no device name: 1 to 67 letters and digits`)
}

// From a path and the operator's words to a checked Plan: read, decode, validate, plan; nothing is opened for the guest yet.

import { basename } from 'node:path'
import { type Artefact, readArtefact } from '../artefact/artefact.ts'
import { isDeviceName } from '../artefact/manifest.ts'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { escapeWords } from '../config/command-line.ts'
import { factsWith } from '../host/facts.ts'
import { type OpenFile, openFile } from '../host/files.ts'
import { gatherResources } from '../host/resources.ts'
import { parseBlockFlag, parseNetFlag } from '../wiring/flag.ts'
import { matchWires, mergeWires } from '../wiring/match.ts'
import { DEFAULT_MEMORY, type Plan, planGuest } from '../wiring/plan.ts'
import type { Wire } from '../wiring/wire.ts'
import { wireToKeep } from './wire-paths.ts'

export type GuestOptions = {
  /** Words for the guest, which it gets as they are. Give `commandLine` instead to say the one string yourself. */
  readonly args?: readonly string[] | undefined
  readonly commandLine?: string | undefined
  /** Bytes; 512 MiB if not given. */
  readonly memory?: number | undefined
  /** What people call the instance: MAC addresses are derived from it. The file's name without its ending if not given. */
  readonly name?: string | undefined
  /** What each net device is wired to, as behind `--net NAME=`: `{ service: 'tap:tap0,mtu=9000' }`. */
  readonly net?: Readonly<Record<string, string>> | undefined
  /** What each block device is wired to, as behind `--block NAME=`: `{ storage: '/srv/disk.img,ro' }`. */
  readonly block?: Readonly<Record<string, string>> | undefined
  /** Wires of a file (`readWiring`), which `net` and `block` go before. */
  readonly wiring?: readonly Wire[] | undefined
  /** Heap and stack can be executed: for unikernels that were made before they could not. */
  readonly executableHeap?: boolean | undefined
}

export type Prepared = { readonly artefact: Artefact; readonly plan: Plan; readonly file: OpenFile }

/**
 * Opens, checks and plans; with `keep`, for a launcher that may be started anywhere. The caller closes `file`. Throws FormatError,
 * WiringError, UsageError and HostError.
 */
export function prepare(path: string, options: GuestOptions, keep = false): Prepared {
  const commandLine = commandLineOf(options)
  const given = mergeWires([options.wiring ?? [], wiresOf(options)])
  const wiring = keep ? { wires: given.wires.map(wireToKeep) } : given
  const file = openFile(path)
  try {
    const artefact = readArtefact(file.source)
    matchWires(artefact.manifest.devices, wiring) // before anything is looked at that may not belong to this guest at all
    const plan = planGuest(
      artefact,
      wiring,
      {
        name: options.name ?? basename(path).replace(/\.[a-z]+$/, ''),
        memorySize: options.memory ?? DEFAULT_MEMORY,
        commandLine,
        executableHeap: options.executableHeap,
      },
      factsWith(file.facts, gatherResources(wiring.wires, keep)),
    )
    return { artefact, plan, file }
  } catch (error) {
    file.close()
    throw error
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

function wiresOf({ net = {}, block = {} }: GuestOptions): readonly Wire[] {
  const origin = { layer: 'program' } as const
  return [
    ...Object.entries(net).map(([device, value]) => parseNetFlag(`${requireName(device)}=${value}`, origin)),
    ...Object.entries(block).map(([device, value]) => parseBlockFlag(`${requireName(device)}=${value}`, origin)),
  ]
}

function requireName(device: string): string {
  if (isDeviceName(device)) return device
  throw new UsageError('BAD_ARGUMENT', `${quote(device)} is no device name: 1 to 67 letters and digits`)
}

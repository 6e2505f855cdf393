// From a path and the operator's words to a checked Plan: read, decode, validate, plan; nothing is opened for the guest yet.

import { type Artefact, readArtefact } from '../artefact/artefact.ts'
import { UsageError } from '../base/errors.ts'
import { escapeWords } from '../config/command-line.ts'
import { factsWith } from '../host/facts.ts'
import { type OpenFile, openFile } from '../host/files.ts'
import { basename } from 'node:path'
import { DEFAULT_MEMORY, NO_WIRES, type Plan, planGuest } from '../wiring/plan.ts'

export type GuestOptions = {
  /** Words for the guest, which it gets as they are. Give `commandLine` instead to say the one string yourself. */
  readonly args?: readonly string[] | undefined
  readonly commandLine?: string | undefined
  /** Bytes; 512 MiB if not given. */
  readonly memory?: number | undefined
}

export type Prepared = { readonly artefact: Artefact; readonly plan: Plan; readonly file: OpenFile }

function commandLineOf({ args, commandLine }: GuestOptions): string {
  if (commandLine === undefined) return escapeWords(args ?? [])
  if (args === undefined) return commandLine
  throw new UsageError(
    'BAD_ARGUMENT',
    'both args and commandLine are given',
    'give the words or the whole line, not both',
  )
}

/** Opens, checks and plans. The caller closes `file`. Throws FormatError, WiringError, UsageError and HostError. */
export function prepare(path: string, options: GuestOptions): Prepared {
  const commandLine = commandLineOf(options)
  const file = openFile(path)
  try {
    const artefact = readArtefact(file.source)
    const plan = planGuest(
      artefact,
      NO_WIRES,
      {
        name: basename(path).replace(/\.[a-z]+$/, ''),
        memorySize: options.memory ?? DEFAULT_MEMORY,
        commandLine,
      },
      factsWith(file.facts),
    )
    return { artefact, plan, file }
  } catch (error) {
    file.close()
    throw error
  }
}

// Flags that say what a guest is told. What they mean is loaded only where one of them is given.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { type DialectName, DIALECTS } from '../config/document.ts'
import type { GuestConfig } from '../run/guest-config.ts'
import { bringsDocuments } from '../run/what-is-baked.ts'

export type ConfigFlags = {
  readonly config?: readonly string[]
  readonly platformConfig?: string
  readonly set?: readonly string[]
  readonly env?: readonly string[]
  readonly hostname?: string
  readonly for?: DialectName
}

export const configFlags = {
  config: {
    kind: 'parsed',
    parse: String,
    brief: 'What it is told, from a file; a later one wins',
    placeholder: 'FILE',
    optional: true,
    variadic: true,
  },
  platformConfig: {
    kind: 'parsed',
    parse: String,
    brief: 'What the platform says: wins over --config FILE',
    placeholder: 'FILE',
    optional: true,
  },
  set: {
    kind: 'parsed',
    parse: String,
    brief: 'One setting: net.interfaces.service.addrs[0].addr=10.0.0.2/24',
    placeholder: 'KEY=VALUE',
    proposeCompletions: async (partial: string) => (await import('./complete-settings.ts')).proposeSettings(partial),
    optional: true,
    variadic: true,
  },
  env: {
    kind: 'parsed',
    parse: String,
    brief: 'A variable: NAME=VALUE, or NAME for your own as a secret',
    placeholder: 'VARIABLE',
    optional: true,
    variadic: true,
  },
  hostname: {
    kind: 'parsed',
    parse: String,
    brief: 'What the guest calls itself',
    placeholder: 'NAME',
    optional: true,
  },
  for: {
    kind: 'parsed',
    parse: parseDialect,
    brief: 'In whose words it is told: mirage, solo5, rumprun, linux…',
    placeholder: 'DIALECT',
    proposeCompletions: () => DIALECTS,
    optional: true,
  },
} as const

function parseDialect(text: string): DialectName {
  const found = DIALECTS.find((name) => name === text)
  if (found !== undefined) return found
  throw new UsageError('BAD_ARGUMENT', `--for is ${quote(text)}, no dialect`, `known are ${DIALECTS.join(', ')}`)
}

/** Docker's letter. */
export const configAliases = { e: 'env' } as const

/** Undefined where nobody says anything, the artefact neither. `raw`: words reach the guest unescaped, as plain Solo5 guests have them. */
export async function configOf(
  flags: ConfigFlags,
  raw: boolean,
  path: string | undefined,
): Promise<GuestConfig | undefined> {
  const { config, platformConfig, set, env, hostname, for: dialect } = flags
  const isSilent = [config, platformConfig, set, env, hostname, dialect].every((it) => it === undefined)
  if (isSilent && (path === undefined || !bringsDocuments(path))) return undefined
  requireText([...(set ?? []), ...(env ?? []), ...(hostname === undefined ? [] : [hostname])])
  const { configure } = await import('../run/configure.ts')
  return configure({
    documents: config,
    platform: platformConfig,
    set,
    env,
    hostname,
    dialect,
    rawArgs: raw,
    caller: 'command line',
  })
}

/** Node.js has replaced bytes that are no UTF-8 by this character: the guest would not get what was given. */
function requireText(words: readonly string[]): void {
  if (!words.some((word) => word.includes('\ufffd'))) return
  throw new UsageError('BAD_ARGUMENT', 'a setting is not valid UTF-8, or has a U+FFFD in it')
}

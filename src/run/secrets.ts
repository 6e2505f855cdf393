// Looks up the secrets that the operator's documents and flags refer to. Only the operator's layers have references that get this far.

import { ConfigError } from '../base/errors.ts'
import type { EffectiveConfig, Secrets } from '../config/document.ts'
import { refuseSetting } from '../config/refuse.ts'
import { requireTellable, secretsIn } from '../config/secrets.ts'
import { readText } from '../host/read-text.ts'

/** Bytes: no guest takes more text than that. */
const MAX_SECRET = 64 * 1024

/**
 * The values, by their references. Throws ConfigError NO_SECRET at the setting whose secret is not there or no text, HostError for a file
 * that cannot be read. No message has a value in it.
 */
export function lookUpSecrets(config: EffectiveConfig): Secrets {
  const values = new Map<string, string>()
  for (const [reference, key] of secretsIn(config)) values.set(reference, lookUp(config, reference, key))
  requireTellable(config, values)
  return values
}

function lookUp(config: EffectiveConfig, reference: string, key: string): string {
  const colon = reference.indexOf(':')
  const [kind, name] = [reference.slice(0, colon), reference.slice(colon + 1)]
  if (kind === 'env') {
    // Node.js answers for names that objects have by themselves (`constructor`) as well.
    const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined
    if (value !== undefined) return value
    return refuseSetting(config, key, 'NO_SECRET', `is the variable ${name}, which is not set`, `export ${name} first`)
  }
  try {
    // Editors and `echo` end a file with a line feed, which belongs to no secret.
    return readText(name, MAX_SECRET).replace(/\r?\n$/, '')
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return refuseSetting(config, key, 'NO_SECRET', `is the file ${name}, which has no text of at most 64 KiB`)
  }
}

// Secrets: a configuration holds references only. Whoever starts a guest looks the values up (run/) and puts them in at the very end. Pure.

import { fits, WORD } from './patterns.ts'
import type { EffectiveConfig, Secrets } from './document.ts'
import { refuseSetting } from './refuse.ts'

/** Each reference once, with the key of the first setting that has it. */
export function secretsIn({ settings }: EffectiveConfig): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { key, value } of settings.values()) {
    if (typeof value === 'object' && !found.has(value.$secret)) found.set(value.$secret, key)
  }
  return found
}

/** Throws ConfigError NO_SECRET, at the setting that wants it, for a value that no guest can be told. */
export function requireTellable(config: EffectiveConfig, secrets: Secrets): void {
  for (const [reference, key] of secretsIn(config)) {
    const value = secrets.get(reference)
    if (value !== undefined && fits(value, WORD) && !value.includes('\ufffd')) continue
    const problem =
      value === undefined ? 'is a secret that nobody has looked up' : 'is a secret that is too long, or no text'
    refuseSetting(config, key, 'NO_SECRET', problem)
  }
}

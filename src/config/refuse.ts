// Refuses a setting where it was said: in a file with line and column, on the command line with the flag. Pure.

import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { ConfigOrigin, EffectiveConfig } from './document.ts'

/**
 * Throws ConfigError at the place of the value. `key` is as in `Setting`; a group of settings (`rc[1]`, `net.dns`) is refused where the first
 * of them was said.
 *
 * @example
 * ```ts
 * refuseSetting(config, 'net.dns.search[0]', 'INEXPRESSIBLE', 'MirageOS has no search domains')
 * ```
 */
export function refuseSetting(
  config: EffectiveConfig,
  key: string,
  code: ConfigErrorCode,
  problem: string,
  advice?: string,
): never {
  throw problemAt(originOf(config, key), key, code, problem, advice)
}

function originOf({ settings }: EffectiveConfig, key: string): ConfigOrigin {
  const exact = settings.get(key)
  if (exact !== undefined) return exact.origin
  for (const [other, { origin }] of settings) {
    if (other.startsWith(`${key}.`) || other.startsWith(`${key}[`)) return origin
  }
  return { layer: 'defaults' }
}

/** The error that says so, for whoever gathers several. */
export function problemAt(
  origin: ConfigOrigin,
  key: string,
  code: ConfigErrorCode,
  problem: string,
  advice?: string,
): ConfigError {
  const about = `${quote(key)} ${problem}`
  if ('line' in origin) return new ConfigError(code, { ...origin, path: [key] }, about, advice)
  const words = origin.layer === 'command line' ? origin.flag : origin.layer
  return new ConfigError(code, { words, path: [key] }, about, advice)
}

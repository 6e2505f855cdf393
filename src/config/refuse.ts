// Refuses a setting where it was said: in a file with line and column, on the command line with the flag. Pure.

import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import type { JsonPath } from '../base/json.ts'
import { quote } from '../base/quote.ts'
import type { ConfigOrigin, EffectiveConfig } from './document.ts'
import { formatKey, splitKey } from './key.ts'

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
  config: Pick<EffectiveConfig, 'settings'>,
  key: string,
  code: ConfigErrorCode,
  problem: string,
  advice?: string,
): never {
  const path = splitKey(key, key).steps.filter((step) => typeof step !== 'symbol')
  throw problemAt(originOf(config, key), path, code, problem, advice)
}

/** Where a setting was said, or the first of a group. */
export function originOf({ settings }: Pick<EffectiveConfig, 'settings'>, key: string): ConfigOrigin {
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
  path: JsonPath,
  code: ConfigErrorCode,
  problem: string,
  advice?: string,
): ConfigError {
  const about = path.length === 0 ? `the document ${problem}` : `${quote(formatKey(path))} ${problem}`
  return new ConfigError(code, placeOf(origin, path), about, advice)
}

function placeOf(origin: ConfigOrigin, path: JsonPath) {
  if ('line' in origin) return { ...origin, path }
  return { words: origin.layer === 'command line' ? origin.flag : origin.layer, path }
}

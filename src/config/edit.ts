// What the command line says about single keys: `--set KEY=VALUE`, `-e`, words behind `--`. Pure.

import { ConfigError } from '../base/errors.ts'
import type { JsonValue } from '../base/json.ts'
import { quote } from '../base/quote.ts'
import type { ConfigOrigin } from './document.ts'
import { splitKey, type Step } from './key.ts'

export type ConfigEdit = {
  readonly steps: readonly Step[]
  /** `text` is JSON where the key takes something else than text, and where it is between quotation marks. */
  readonly value: { readonly text: string } | { readonly json: JsonValue }
  readonly origin: ConfigOrigin
}

/**
 * `KEY=VALUE` of a `--set`. Throws ConfigError where there is no key or no value; whether the key exists is found out when it is applied.
 *
 * @example
 * ```ts
 * parseSet('net.interfaces.service.addrs[0].addr=10.0.0.2/24')
 * ```
 */
export function parseSet(text: string): ConfigEdit {
  const { steps, rest } = splitKey(text, '--set')
  if (!rest.startsWith('=')) {
    const problem = rest === '' ? 'has no value behind it' : `is followed by ${quote(rest, 40)} instead of a value`
    throw new ConfigError('BAD_VALUE', { words: '--set' }, `${quote(text, 80)} ${problem}`, 'write KEY=VALUE')
  }
  const flag = `--set ${text.slice(0, text.length - rest.length)}`
  return { steps, value: { text: rest.slice(1) }, origin: { layer: 'command line', flag } }
}

/** `-e NAME=VALUE`; `-e NAME` takes the operator's own variable, which then is a secret: its value is not printed. */
export function parseVariable(text: string): ConfigEdit {
  const equals = text.indexOf('=')
  const name = equals < 0 ? text : text.slice(0, equals)
  const origin: ConfigOrigin = { layer: 'command line', flag: `-e ${name}` }
  const json = equals < 0 ? { $secret: `env:${name}` } : text.slice(equals + 1)
  return { steps: ['env', name], value: { json }, origin }
}

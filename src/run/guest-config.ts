// What planning a guest needs of its configuration, as types alone: the code behind them is loaded only where there is a configuration.

import type { EffectiveConfig } from '../config/document.ts'

/** Documents and settings that have been read. `configure` makes one. */
export interface GuestConfig {
  /** For showing: nothing is looked up and nothing rendered. */
  readonly effective: (listener: Listener) => EffectiveConfig
  /** For starting: secrets are looked up. Throws ConfigError where the guest cannot be told something. */
  readonly tell: (listener: Listener, secrets: SecretsUse) => Told
}

/** `hidden`: the values stay in memory; `embedded`: they are kept in a file, as the operator wants it; `refused`: they would be, and nobody wants it. */
export type SecretsUse = 'hidden' | 'embedded' | 'refused'

/** Who is told. */
export interface Listener {
  /** What its program is called where no entry of `rc` says so. */
  readonly program: string
  /** The programs that it has; undefined where it does not say. */
  readonly programs: readonly string[] | undefined
  /** Words behind `--`. */
  readonly words?: readonly string[] | undefined
  /** Bytes. */
  readonly memory: { readonly usual: number; readonly given: number | undefined }
}

export interface Told {
  readonly config: EffectiveConfig
  readonly commandLine: string
  /** The same with references in the place of secrets. */
  readonly shown: string
  /** Bytes. */
  readonly memory: number
  /** There are secrets in the command line. */
  readonly secret: boolean
}

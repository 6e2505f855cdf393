// What planning a guest needs of its configuration, as types alone: the code behind them is loaded only where there is a configuration.

import type { EffectiveConfig } from '../config/document.ts'

/** Documents and settings that have been read. `configure` makes one. */
export interface GuestConfig {
  /** For showing: nothing is looked up and nothing rendered. Throws ConfigError for what is wrong with what the artefact brings. */
  readonly effective: (listener: Listener) => EffectiveConfig
  /** Which of several programs is meant. Throws ConfigError for one that is not there. */
  readonly program: (listener: Listener) => string
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
  /** One of them is started, and not one after the other. */
  readonly startsOne: boolean
  /** What the artefact itself brings, in the order in which later ones win; everybody else wins over it. */
  readonly baked: readonly BakedDocument[]
  /** Words behind `--`. */
  readonly words?: readonly string[] | undefined
  /** Bytes. */
  readonly memory: { readonly usual: number; readonly given: number | undefined }
}

export interface BakedDocument {
  readonly bytes: Uint8Array
  /** What people call it. */
  readonly file: string
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

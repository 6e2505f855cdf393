// The one contract of all dialects: a configuration, and what a family of guests can be told of it, as the text that such a guest receives. Pure.

import type { ConfigErrorCode } from '../../base/errors.ts'
import type { ConfigDocument, DialectName, Program } from '../document.ts'
import type { Platform } from './carriers.ts'
import type { Expresses } from './features.ts'

/** A document whose secrets have been put in, or a word in the place of each. */
export type ToldDocument = Omit<ConfigDocument, 'rc' | 'env'> & {
  readonly rc: readonly ToldProgram[]
  readonly env: ReadonlyMap<string, string>
}
export type ToldProgram = Omit<Program, 'argv'> & { readonly argv: readonly string[] }

/** What is known of the guest beside its configuration. */
export interface Guest {
  /** What it is called where nothing else names it. */
  readonly name: string
  /** Its programs in the order in which they were baked, where they are known. */
  readonly programs?: readonly string[] | undefined
  /** The parameters that a Unikraft image takes, where they are known: with how many values each has room for. */
  readonly parameters?: readonly { readonly name: string; readonly count: number }[] | undefined
  /** What starts it. */
  readonly platform?: Platform | undefined
}

/** Throws ConfigError where the setting was said; INEXPRESSIBLE if no code is given. */
export type Refuse = (key: string, problem: string, advice?: string, code?: ConfigErrorCode) => never

export interface Written {
  readonly text: string
  /** What a reader of the text would wonder about. */
  readonly notes: readonly string[]
}

export interface Dialect {
  readonly name: DialectName
  /** What ends the text in memory and in files; on a line nothing does. */
  readonly end: '' | '\n'
  /** What it says of each feature; the rest is refused before `write` is called. */
  readonly expresses: Expresses
  /** Called with a document that asks for nothing else; checks what its words in `expresses` say. */
  readonly write: (document: ToldDocument, guest: Guest, refuse: Refuse) => Written
}

/** The words behind argv[0], which guests with a command line of their own do not get from it. */
export function wordsBehindName({ rc }: ToldDocument): readonly string[] {
  return rc[0]?.argv.slice(1) ?? []
}

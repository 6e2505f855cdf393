// A line that is being typed, taken apart as Stricli will take it apart: what the completion of verbs and of values share.

import type { Application, CommandContext } from '@stricli/core'

export type Root = Application<CommandContext>['root']
export type RouteMap = Extract<Root, { getAllEntries: unknown }>
export type Command = Exclude<Root, RouteMap>
export type Flag = NonNullable<Command['parameters']['flags']>[string]

export type Proposal = { readonly value: string; readonly brief?: string }

/** `files`: whatever files there are; the shell knows best how to complete those. */
export type Proposals = 'files' | readonly Proposal[]

export function startingWith(partial: string, proposals: readonly Proposal[]): readonly Proposal[] {
  return proposals.filter(({ value }) => value.startsWith(partial))
}

/** What the words of a command's line are. */
export type Line = {
  /** Words that are no flags and no values of such, wherever they stand. */
  readonly positionals: readonly string[]
  /** How many of them stand before the cursor. */
  readonly before: number
  /** The names of the flags that are given, without the one at the cursor. */
  readonly given: ReadonlySet<string>
  /** The flag whose value the word at the cursor is. */
  readonly pending: string | undefined
  /** The cursor stands behind `--`. */
  readonly escaped: boolean
}

/** Flags stand anywhere before `--`, each value in the word itself or in the next one. */
export function readLine(command: Command, words: readonly string[], index: number): Line {
  const { flags = {}, aliases = {} } = command.parameters
  const positionals: string[] = []
  const given = new Set<string>()
  let before = 0
  let expecting: string | undefined
  let pending: string | undefined
  let escaped = false
  for (const [at, word] of words.entries()) {
    if (at === index) pending = expecting
    if (expecting !== undefined) expecting = undefined
    else if (at === index) continue
    else if (word === '--') {
      escaped = at < index
      break
    } else if (/^-./.test(word)) {
      const name = flagNamed(word, aliases)
      given.add(name)
      if (!word.includes('=') && takesValue(flags[name])) expecting = name
    } else {
      positionals.push(word)
      if (at < index) before++
    }
  }
  return { positionals, before, given, pending, escaped }
}

function flagNamed(word: string, aliases: Readonly<Record<string, string | undefined>>): string {
  const long = /^--([^=]+)/.exec(word)?.[1]
  return long === undefined ? (aliases[word.slice(-1)] ?? '') : camelOf(long)
}

function takesValue(flag: Flag | undefined): boolean {
  return flag !== undefined && flag.kind !== 'boolean' && flag.kind !== 'counter'
}

export function camelOf(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

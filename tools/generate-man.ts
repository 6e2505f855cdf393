// Makes the manual page out of the command line's own definition, as generate-reference.ts makes the reference: what `--help` says, for man(1).
// The gate runs it again and compares.

import type { Application, CommandContext } from '@stricli/core'
import { app } from '../src/cli/app.ts'
import { VERSION } from '../src/base/version.ts'

type Target = Application<CommandContext>['root']
type Command = Exclude<Target, { getAllEntries: unknown }>
type Flag = NonNullable<Command['parameters']['flags']>[string]

export function generate(): Map<string, string> {
  const commands = [...commandsOf(app.root, ['slipway'])]
  const [summary = ''] = (app.root.fullDescription ?? app.root.brief).split('\n\n')
  const lines = [
    '.\\" Generated from the definition of the command line by tools/generate-man.ts.',
    `.TH SLIPWAY 1 "" "slipway ${VERSION}" "User Commands"`,
    '.SH NAME',
    `slipway \\- ${roff(lowerFirst(app.root.brief))}`,
    '.SH SYNOPSIS',
    ...commands.flatMap(({ path, command }) => ['.HP', ...usage(path, command)]),
    '.SH DESCRIPTION',
    ...paragraphs(`${summary}\n\n${ABOUT}`),
    '.SH COMMANDS',
    ...commands.flatMap(({ path, command }) => describeCommand(path, command)),
    '.SH EXIT STATUS',
    ...definitions(STATUSES),
    '.SH ENVIRONMENT',
    ...definitions(ENVIRONMENT),
    '.SH EXAMPLES',
    ...paragraphs(examplesOf(app.root)),
  ]
  return new Map([['docs/reference/slipway.1', `${lines.join('\n')}\n`]])
}

const ABOUT = `A unikernel's binary declares the devices it wants; the operator decides what it may touch. Slipway checks the one against the other,
decides everything beforehand, and leaves only data to be executed.`

const STATUSES = [
  ["the guest's own", 'of a guest that has run to its end'],
  ['1', 'where a command reports, and what it reports is not well; its description says what that means'],
  ['124', 'the time of --timeout was up'],
  ['125', 'Slipway failed, and no guest has run'],
  ['128 + N', 'signal N ended the guest'],
] as const

const ENVIRONMENT = [
  ['XDG_RUNTIME_DIR', 'where launchers are executed from; the cache, where it is not set'],
  ['XDG_CACHE_HOME', 'the directory of caches; ~/.cache, where it is not set'],
  ['NO_COLOR', 'no colours, where it is set'],
] as const

type Entry = { readonly path: readonly string[]; readonly command: Command }

function* commandsOf(target: Target, path: readonly string[]): Generator<Entry> {
  if (!('getAllEntries' in target)) return yield { path, command: target }
  for (const { name, target: next, hidden } of target.getAllEntries()) {
    if (!hidden) yield* commandsOf(next, [...path, name['convert-camel-to-kebab']])
  }
}

function usage(prefix: readonly string[], command: Command): string[] {
  return fill(command.formatUsageLine({ prefix, config: app.config.documentation, ansiColor: false }))
}

function describeCommand(path: readonly string[], command: Command): string[] {
  const { flags = {}, aliases = {}, positional } = command.parameters
  const positionals = positional === undefined ? [] : positionalsOf(positional)
  return [
    `.SS ${roff(path.join(' '))}`,
    ...paragraphs(command.fullDescription ?? command.brief),
    ...Object.entries(flags).flatMap(([name, flag]) => describeFlag(name, flag, aliases)),
    ...positionals.flatMap(({ placeholder = 'ARGUMENT', brief }) => [
      '.TP',
      `\\fI${roff(placeholder)}\\fR`,
      ...fill(brief),
    ]),
  ]
}

function positionalsOf(positional: NonNullable<Command['parameters']['positional']>) {
  return positional.kind === 'array' ? [positional.parameter] : positional.parameters
}

function describeFlag(name: string, flag: Flag, aliases: Readonly<Record<string, string | undefined>>): string[] {
  if ('hidden' in flag && (flag.hidden ?? false)) return []
  const shorts = Object.entries(aliases).flatMap(([letter, meant]) => (meant === name ? [`-${letter}`] : []))
  const kebab = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const names = [...shorts, `--${kebab}`].map((it) => `\\fB${roff(it)}\\fR`).join(', ')
  const value = valueOf(flag)
  const fallback = 'default' in flag && flag.default !== undefined ? ` (${String(flag.default)} if not given)` : ''
  return ['.TP', value === '' ? names : `${names} \\fI${roff(value)}\\fR`, ...fill(`${flag.brief}${fallback}`)]
}

function valueOf(flag: Flag): string {
  if (flag.kind === 'enum') return flag.values.join('|')
  return flag.kind === 'parsed' ? (flag.placeholder ?? 'VALUE') : ''
}

function examplesOf({ fullDescription }: Target): string {
  return fullDescription?.split('\n\n').find((text) => text.startsWith('Examples\n')) ?? ''
}

/** Text as the help has it: paragraphs; and lines that stay as they are, under `Examples` or set in. */
function paragraphs(text: string): string[] {
  return text.split('\n\n').flatMap((paragraph, i) => {
    const begin = i === 0 ? [] : ['.PP'] // a heading begins one by itself
    const [first = '', ...rest] = paragraph.split('\n')
    const kept = first === 'Examples' ? rest : [first, ...rest]
    if (!kept.every((line) => line.startsWith('  '))) return [...begin, ...fill(paragraph.replaceAll('\n', ' '))]
    return [...begin, '.nf', '.RS 2', ...kept.map((line) => roff(line.trim())), '.RE', '.fi']
  })
}

/** As lines of a width that people read sources in; what shows them fills its own. */
function fill(text: string): string[] {
  return (text.match(/\S.{0,66}(?= |$)|\S+/g) ?? []).map(roff)
}

function definitions(list: readonly (readonly [term: string, text: string])[]): string[] {
  return list.flatMap(([term, text]) => ['.TP', `\\fB${roff(term)}\\fR`, ...fill(text)])
}

const NAMED: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
}

/** A line of text that shows as it is: nothing in it is a request, and what is beyond ASCII is named. */
function roff(text: string): string {
  const escaped = text.replaceAll(/[\\\-'`^~"]|[^\x20-\x7e]/gu, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return NAMED[char] ?? `\\[u${code}]`
  })
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

// What could come next on a command line that is being typed: `slipway __complete INDEX WORD…`, asked by the scripts of `slipway
// completion`. Everything is read off the same definitions as the help.

import type { Application, CommandContext } from '@stricli/core'
import { writeOut } from '../host/streams.ts'
import {
  camelOf,
  type Command,
  type Flag,
  type Line,
  type Proposal,
  type Proposals,
  readLine,
  type Root,
  type RouteMap,
  startingWith,
} from './complete-line.ts'
import { FILES, proposeValues } from './complete-values.ts'

/** Not for people: what the scripts call. */
export const COMPLETE_VERB = '__complete'

/** Prints `files` or `words`, then a line for each proposal: the word, a tab, what it is. */
export async function complete(app: Application<CommandContext>, [index, ...words]: readonly string[]): Promise<void> {
  const proposals = await propose(app, words, Number(index))
  if (proposals === 'files') return writeOut('files\n')
  const lines = proposals.map(({ value, brief = '' }) => `${value}\t${brief}\n`)
  writeOut(['words\n', ...lines].join(''))
}

/** `words` are those behind the command's name, `words[index]` is cut off at the cursor; those behind it may be there already. */
export async function propose(
  app: Application<CommandContext>,
  words: readonly string[],
  index: number,
): Promise<Proposals> {
  const partial = words[index] ?? ''
  let target: Root = app.root
  let at = words[0] === 'help' && index > 0 ? 1 : 0
  for (; at < index && isRouteMap(target); at++) {
    const next = target.getRoutingTargetForInput(words[at] ?? '')
    if (next === undefined) return []
    target = next
  }
  if (isRouteMap(target)) return proposeRoutes(target, partial, at === 0)
  if (words[0] === 'help') return []
  return await proposeForCommand(target, words.slice(at), index - at)
}

function isRouteMap(target: Root): target is RouteMap {
  return 'getAllEntries' in target
}

function proposeRoutes(map: RouteMap, partial: string, atStart: boolean): readonly Proposal[] {
  const routes = map.getAllEntries().filter(({ hidden }) => !hidden)
  const verbs = routes.map(({ name, target }) => ({ value: name['convert-camel-to-kebab'], brief: target.brief }))
  const more = [{ value: 'help', brief: 'More about a command' }, ...(partial.startsWith('-') ? [HELP, VERSION] : [])]
  return startingWith(partial, atStart ? [...verbs, ...more] : verbs)
}

const HELP = { value: '--help', brief: 'Print help information and exit' }
const VERSION = { value: '--version', brief: 'Print version information and exit' }

async function proposeForCommand(command: Command, words: readonly string[], index: number): Promise<Proposals> {
  const { flags = {}, positional } = command.parameters
  const partial = words[index] ?? ''
  const line = readLine(command, words, index)
  const pending = line.pending === undefined ? undefined : flags[line.pending]
  if (line.pending !== undefined && pending !== undefined)
    return await proposeValues(line.pending, pending, partial, line)
  if (line.escaped) return [] // words for the guest
  const [, name, value] = /^--([^=]+)=(.*)$/s.exec(partial) ?? []
  if (name !== undefined && value !== undefined) {
    const flag = flags[camelOf(name)]
    if (flag === undefined) return []
    const proposals = await proposeValues(camelOf(name), flag, value, line)
    return proposals === 'files' ? proposals : proposals.map((it) => ({ ...it, value: `--${name}=${it.value}` }))
  }
  if (partial.startsWith('-')) return startingWith(partial, flagsOf(flags, line))
  if (positional === undefined) return []
  const parameter = positional.kind === 'array' ? positional.parameter : positional.parameters[line.before]
  if (parameter === undefined) return []
  const values = await parameter.proposeCompletions?.call({ process }, partial)
  // Where a file may stand as well as one of the proposals, it is meant if none of them is.
  const file = values === undefined || (values.length === 0 && FILES.test(parameter.placeholder ?? ''))
  if (file) return 'files'
  return startingWith(
    partial,
    values.map((value) => ({ value })),
  )
}

function flagsOf(flags: Readonly<Record<string, Flag>>, line: Line): readonly Proposal[] {
  const open = Object.entries(flags).filter(([name, flag]) => {
    const again = 'variadic' in flag && (flag.variadic ?? false) !== false
    return (again || !line.given.has(name)) && !('hidden' in flag && (flag.hidden ?? false))
  })
  return [...open.map(([name, { brief }]) => ({ value: `--${kebabOf(name)}`, brief })), HELP]
}

function kebabOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

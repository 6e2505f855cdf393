// What a legacy document says about programs: `cmdline` and `rc` (docs/discoveries/rumprun.md). Pure.

import { quote } from '../../../base/quote.ts'
import type { Program } from '../../document.ts'
import type { SourceText } from '../source-text.ts'
import { type Cursor, literal, matchKey, type Member, requireSize, take, textOf } from './members.ts'
import type { Token } from './tokens.ts'
import { splitWords } from './words.ts'

/** One entry of a guest's list of what to run. The entry's number, not `argv[0]`, says which program it is for. */
export interface Entry {
  readonly argv: readonly string[]
  readonly runmode: Program['runmode']
  readonly start: number
}

export function takeCommandLine(cursor: Cursor): Entry {
  const token = take(cursor, 'string', '"cmdline"')
  const text = textOf(cursor, token)
  const argv = splitWords(text)
  if (/\\["bfnrtu/]/.test(text)) {
    cursor.source.tolerate(token.start, 'of an escape in "cmdline", guests take the backslash away and nothing else')
  }
  if (argv.length === 0) {
    cursor.source.tolerate(token.start, 'an empty "cmdline" leaves the program without its name; here it gets one')
  }
  return { argv, runmode: '', start: token.start }
}

export function takeEntries(cursor: Cursor): readonly Entry[] {
  const list = take(cursor, 'array', '"rc"')
  return Array.from({ length: list.size }, () => takeEntry(cursor))
}

function takeEntry(cursor: Cursor): Entry {
  const what = 'an entry of "rc"'
  const object = take(cursor, 'object', what)
  let bin: Member | undefined
  let argv: readonly string[] | undefined
  let runmode: Member | undefined
  for (let left = object.size; left > 0; left--) {
    const key = take(cursor, 'string', `a key in ${what}`)
    const name = matchKey(cursor, key, ['bin', 'argv', 'runmode'], what)
    if (name === 'argv') argv = takeArguments(cursor)
    else if (name === 'bin') bin = takeString(cursor, key, what)
    else runmode = takeString(cursor, key, what)
  }
  if (bin === undefined) return cursor.source.fail('BAD_VALUE', object.start, `${what} has no "bin"`)
  const mode = runmode === undefined ? '' : readRunmode(cursor, runmode)
  if (argv === undefined) {
    const advice = 'write "argv": [] for a program without arguments'
    return cursor.source.fail('BAD_VALUE', object.start, `${what} has no "argv", which crashes a guest`, advice)
  }
  return { argv: [literal(cursor, bin), ...argv], runmode: mode, start: object.start }
}

function takeString(cursor: Cursor, key: Token, what: string): Member {
  requireSize(cursor, key, 1, what)
  const value = take(cursor, 'string', `${quote(textOf(cursor, key))} in ${what}`)
  requireSize(cursor, value, 0, what)
  return { text: textOf(cursor, value), start: value.start }
}

function takeArguments(cursor: Cursor): readonly string[] {
  const list = take(cursor, 'array', '"argv"')
  return Array.from({ length: list.size }, () => {
    const token = take(cursor, 'string', 'an element of "argv"')
    return literal(cursor, { text: textOf(cursor, token), start: token.start })
  })
}

function readRunmode({ source }: Cursor, { text, start }: Member): '&' | '|' {
  if (text === '&' || text === '|') return text
  return source.fail(
    'BAD_VALUE',
    start,
    `"runmode" is ${quote(text)}, not "&" or "|"`,
    'leave it out to wait for the program',
  )
}

/** A program for each entry, by the names of the baked ones where those are known. */
export function programsOf(
  source: SourceText,
  entries: readonly Entry[],
  commandLine: boolean,
  baked: readonly string[] | undefined,
): readonly Program[] {
  const [first] = entries
  const last = entries.at(-1)
  if (first === undefined || last === undefined) {
    return source.fail('BAD_VALUE', 0, 'neither "cmdline" nor "rc" says what to run', 'guests say: no bins')
  }
  if (last.runmode === '|') source.fail('BAD_VALUE', last.start, 'the last entry of "rc" has no next one to write to')
  if (commandLine) {
    if (entries.length > 1)
      source.tolerate((entries[1] as Entry).start, 'with "cmdline", only what is said first about programs is used')
    return (baked ?? ['*']).map((bin) => programOf(first, bin))
  }
  if (baked !== undefined && entries.length > baked.length) {
    const extra = entries[baked.length] as Entry
    source.tolerate(extra.start, `the artefact has ${baked.length} programs; this entry and what follows are not used`)
  }
  return entries.slice(0, baked?.length).map((entry, i) => programOf(entry, baked?.[i] ?? nameOf(source, entry, i)))
}

function programOf({ argv, runmode }: Entry, bin: string): Program {
  const usual = argv.length === 1 && argv[0] === bin
  return { bin, argv: usual ? [] : argv, runmode, workdir: undefined, netbsd: { sysctl: new Map() } }
}

/** Guests go by the number of an entry and documents by name; the first is `*` where it cannot be named. */
function nameOf(source: SourceText, { argv: [name = ''], start }: Entry, index: number): string {
  if (name !== '') return name
  if (index === 0) return '*'
  return source.fail(
    'BAD_VALUE',
    start,
    `entry ${index + 1} of "rc" has an empty name, by which no program can be chosen`,
  )
}

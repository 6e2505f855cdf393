// Reads the configuration that every shipped rumprun guest understands (docs/discoveries/rumprun.md), as tolerantly as those guests do, and tells what
// it tolerated. What a guest stops at is refused. Pure.

import { quote } from '../../../base/quote.ts'
import { HOST_NAME, VARIABLE } from '../../patterns.ts'
import { type Draft, finishDraft, type Imported, type ImportOptions, newDraft } from '../draft.ts'
import { requireRule } from '../rules.ts'
import { requireConfigurationHere, SourceText } from '../source-text.ts'
import { takeBlk } from './block.ts'
import { type Cursor, literal, matchKey, take, textOf } from './members.ts'
import { takeNet } from './network.ts'
import { type Entry, programsOf, takeCommandLine, takeEntries } from './programs.ts'
import { readTokens } from './tokens.ts'

/** In the order in which guests compare; `cwd` is one of the Solo5 port's. */
const KEYS = ['cmdline', 'rc_TESTING', 'env', 'hostname', 'blk', 'net', 'cwd'] as const

/**
 * The document that says the same. Throws ConfigError at the place of what guests do not accept.
 *
 * @example
 * ```ts
 * const text = new TextEncoder().encode('{, "cmdline": "prog a", }, ')
 * importRumprunLegacy(text, { file: 'json.cfg' }).document.rc[0].argv // ['prog', 'a']
 * ```
 */
export function importRumprunLegacy(bytes: Uint8Array, { file, programs }: ImportOptions): Imported {
  const source = SourceText.of(bytes, file)
  requireConfigurationHere(source)
  const cursor: Cursor = { source, tokens: readTokens(source), at: 0 }
  const draft = newDraft()
  const said: Said = { entries: [], commandLine: false, directory: undefined }
  if (cursor.tokens.length === 0) {
    source.tolerate(0, 'there is no {, so no configuration; the program runs as "rumprun"')
    said.entries.push({ argv: ['rumprun'], runmode: '', start: 0 })
    said.commandLine = true
  }
  while (cursor.at < cursor.tokens.length) takeTop(cursor, draft, said)
  for (const program of programsOf(source, said.entries, said.commandLine, programs)) {
    draft.rc.push({ ...program, workdir: said.directory })
  }
  return finishDraft(draft, source)
}

/** What a document says about programs, which counts once all of it has been read. */
interface Said {
  readonly entries: Entry[]
  commandLine: boolean
  directory: string | undefined
}

/** An object where a key should be is passed over, so that its members count as those of the document. */
function takeTop(cursor: Cursor, draft: Draft, said: Said): void {
  const { source, tokens, at } = cursor
  const next = tokens[at]
  if (next?.type === 'object') {
    cursor.at++
    if (at > 0)
      source.tolerate(next.start, 'an object where a key should be: its members are taken for the document’s own')
    return
  }
  const key = take(cursor, 'string', 'a key')
  switch (matchKey(cursor, key, KEYS, 'the document')) {
    case 'cmdline':
      said.entries.push(takeCommandLine(cursor))
      said.commandLine = true
      return
    case 'rc_TESTING':
      said.entries.push(...takeEntries(cursor))
      return
    case 'env':
      return takeVariable(cursor, draft)
    case 'hostname': {
      const start = tokens[cursor.at]?.start ?? 0
      const name = requireRule(source, takeString(cursor, '"hostname"'), start, HOST_NAME, '"hostname"')
      if (draft.hostname !== undefined) source.tolerate(key.start, '"hostname" is given again; the last one counts')
      draft.hostname = name
      return
    }
    case 'blk':
      return takeBlk(cursor, draft)
    case 'net':
      return takeNet(cursor, draft)
    case 'cwd':
      source.tolerate(key.start, 'only guests of the Solo5 port know "cwd"; others stop at it')
      said.directory = takeString(cursor, '"cwd"')
  }
}

function takeString(cursor: Cursor, what: string): string {
  const token = take(cursor, 'string', what)
  return literal(cursor, { text: textOf(cursor, token), start: token.start })
}

function takeVariable(cursor: Cursor, draft: Draft): void {
  const token = take(cursor, 'string', '"env"')
  const text = literal(cursor, { text: textOf(cursor, token), start: token.start })
  const equals = text.indexOf('=')
  if (equals <= 0) {
    const problem = `"env" is ${quote(text)}, not NAME=VALUE`
    cursor.source.fail('BAD_VALUE', token.start, problem, 'give each variable an "env" of its own')
  }
  const name = requireRule(cursor.source, text.slice(0, equals), token.start, VARIABLE, 'the name of a variable')
  if (draft.env.has(name)) cursor.source.tolerate(token.start, `${quote(name)} is set again; the last value counts`)
  draft.env.set(name, text.slice(equals + 1))
}

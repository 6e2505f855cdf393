// Reads the command line of rumprun's own launch script (docs/discoveries/rumprun.md): what it would have written into the guest's configuration, without its
// mistakes. What concerns the host is told, not kept: that is wired with --net and --block. Pure.

import { quote } from '../../../base/quote.ts'
import { HOST_NAME, VARIABLE } from '../../patterns.ts'
import { type Draft, finishDraft, type Imported, type ImportOptions, newDraft } from '../draft.ts'
import { splitWords } from '../rumprun-legacy/words.ts'
import { requireRule } from '../rules.ts'
import { SourceText } from '../source-text.ts'
import { addDisk, type Disks } from './disk.ts'
import { addAddress, insertInterface, type Interfaces } from './interfaces.ts'
import { type Option, readOptions } from './options.ts'
import { PLATFORMS, type Platform } from './platforms.ts'
import { readShellWords, type Word } from './shell-words.ts'

const SCRIPT_OPTIONS = 'hDSt:T:'
const GUEST_OPTIONS = 'b:dD:e:g:iI:M:n:N:pW:'

/** MiB: what fits into a guest with 64-bit addresses many times. */
const MAX_MEMORY = 2 ** 30

/**
 * The document that says the same. Throws ConfigError at the place of what the script, or the guest behind it, does not accept.
 *
 * @example
 * ```ts
 * const text = new TextEncoder().encode("rumprun kvm -e A=1 -- ./hello.bin one")
 * importRumprunCommand(text, { file: 'run.sh' }).document.rc[0].argv // ['./hello.bin', 'one']
 * ```
 */
export function importRumprunCommand(bytes: Uint8Array, { file }: ImportOptions): Imported {
  const source = SourceText.of(bytes, file)
  const words = readShellWords(source)
  const script = readOptions(source, words, skipCommand(source, words), SCRIPT_OPTIONS)
  for (const option of script.options) noteScriptOption(source, option)
  const platform = readPlatform(source, words[script.next])
  const guest = readOptions(source, words, script.next + 1, GUEST_OPTIONS)
  const draft = newDraft()
  const interfaces: Interfaces = { platform, names: new Map(), style: undefined }
  const disks: Disks = { count: 0 }
  for (const option of guest.options) applyOption(source, option, draft, interfaces, disks)
  // The script does so for Xen, whose bakes have that component.
  if (platform.kernfs) draft.mount.set('/kern', { source: 'kernfs' })
  addProgram(source, words.slice(guest.next), draft)
  return finishDraft(draft, source)
}

/** Behind variables, sudo and the script's own name. */
function skipCommand(source: SourceText, words: readonly Word[]): number {
  let at = 0
  while (/^[A-Za-z_][A-Za-z0-9_]*=/.test(words[at]?.text ?? '') || words[at]?.text === 'sudo') {
    source.tolerate(
      (words[at] as Word).start,
      `${quote((words[at] as Word).text)} concerns the launch only, and is passed over`,
    )
    at++
  }
  const name = words[at]
  if (name === undefined) return source.fail('SYNTAX', 0, 'there is no command')
  if (!/^(?:.*\/)?rumprun$/s.test(name.text)) source.fail('BAD_VALUE', name.start, `${quote(name.text)} is not rumprun`)
  return at + 1
}

function noteScriptOption(source: SourceText, { letter, value }: Option): void {
  if (letter === 'h') source.fail('BAD_VALUE', value.start, 'with -h, rumprun prints its help and runs nothing')
  source.tolerate(value.start, `-${letter} concerns the launch only, and is passed over`)
}

function readPlatform(source: SourceText, word: Word | undefined): Platform {
  const known = [...PLATFORMS.keys()].join(', ')
  if (word === undefined)
    return source.fail('SYNTAX', source.text.length, 'there is no platform', `write one of ${known}`)
  return (
    PLATFORMS.get(word.text) ??
    source.fail('BAD_VALUE', word.start, `${quote(word.text)} is no platform of rumprun’s`, `known are ${known}`)
  )
}

function applyOption(
  source: SourceText,
  { letter, value }: Option,
  draft: Draft,
  interfaces: Interfaces,
  disks: Disks,
): void {
  const { platform } = interfaces
  if (platform.refused.includes(letter)) {
    source.fail('BAD_VALUE', value.start, `-${letter} is not taken for ${platform.name}`)
  }
  switch (letter) {
    case 'b':
      return addDisk(source, value, platform, draft, disks)
    case 'e':
      return addVariable(source, value, platform, draft)
    case 'I':
    case 'n':
      return insertInterface(source, letter, value, interfaces, draft)
    case 'W':
      return addAddress(source, value, interfaces, draft)
    case 'M':
      draft.memory = readMemory(source, value)
      return
    case 'N':
      draft.hostname = requireRule(source, value.text, value.start, HOST_NAME, 'the name')
      if (platform.image !== '') source.tolerate(value.start, `${platform.name} calls its output by this name, too`)
      return
    default: // D d g i p
      source.tolerate(value.start, `-${letter} concerns the host only, and is passed over`)
  }
}

/** The script puts words between the quotes of JSON as they are. */
function requireString(source: SourceText, { text, start }: Word, what: string): string {
  const problem = /["\0-\x1f]/.exec(text) ?? /\\(?!["/\\bfnrt]|u[0-9A-Fa-f]{4})/.exec(text.replaceAll('\\\\', '__'))
  if (problem === null) return text
  return source.fail('BAD_VALUE', start, `${what} has ${quote(problem[0])} in it, which breaks the script’s JSON`)
}

function addVariable(source: SourceText, value: Word, platform: Platform, draft: Draft): void {
  const text = requireString(source, value, '-e')
  const equals = text.indexOf('=')
  if (equals <= 0)
    source.fail('BAD_VALUE', value.start, `-e ${quote(text)} is not NAME=VALUE, at which the guest stops`)
  if (text.includes('\\')) source.tolerate(value.start, 'the backslashes are part of the value')
  if (platform.doubled && text.includes(','))
    source.tolerate(value.start, 'under rumprun this comma arrives as two; here it is one')
  const name = requireRule(source, text.slice(0, equals), value.start, VARIABLE, 'the name of a variable')
  if (draft.env.has(name)) source.tolerate(value.start, `${quote(name)} is set again; the last value counts`)
  draft.env.set(name, text.slice(equals + 1))
}

function readMemory(source: SourceText, { text, start }: Word): number {
  if (/^[1-9][0-9]*$/.test(text) && Number(text) <= MAX_MEMORY) return Number(text) * 2 ** 20
  return source.fail('BAD_VALUE', start, `-M ${quote(text)} is no number of mebibytes`)
}

/** Joined by blanks and split again by the guest, so that quotes which the shell took away are missing. */
function addProgram(source: SourceText, words: readonly Word[], draft: Draft): void {
  const [app] = words
  if (app === undefined) return source.fail('SYNTAX', source.text.length, 'there is no program')
  for (const word of words) requireString(source, word, 'a word')
  const joined = words.map(({ text }) => text).join(' ')
  const argv = splitWords(joined)
  if (argv.length === 0) source.fail('BAD_VALUE', app.start, 'the program has no name')
  if (argv.length !== words.length || argv.some((word, i) => word !== words[i]?.text)) {
    source.tolerate(app.start, 'the guest splits and unquotes these words once more, as is shown in "argv"')
  }
  if (words[1]?.text === '--') source.tolerate(words[1].start, 'behind the program, -- is one of its words')
  draft.rc.push({ bin: '*', argv, runmode: '', workdir: undefined, netbsd: { sysctl: new Map() } })
}

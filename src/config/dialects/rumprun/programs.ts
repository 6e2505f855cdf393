// The `rc` of the later specification (docs/discoveries/rumprun.md). Pure.

import { quote } from '../../../base/quote.ts'
import type { Program } from '../../document.ts'
import { PATH, PROGRAM } from '../../patterns.ts'
import { requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import { expectArray, expectObject, expectString, pick, refuseKey } from './expect.ts'
import type { Loose } from './lenient-json.ts'
import { readSysctl } from './sysctl.ts'

/** A program, and where its entry stands. */
export interface PlacedProgram {
  readonly program: Program
  readonly start: number
}

/** The programs of one `rc`. `baked` are the names of the artefact's, where they are known. */
export function readPrograms(
  source: SourceText,
  value: Loose,
  baked: readonly string[] | undefined,
): readonly PlacedProgram[] {
  return expectArray(source, value, '"rc"').map((element) => {
    return { program: readProgram(source, element, baked), start: element.start }
  })
}

function readProgram(source: SourceText, value: Loose, baked: readonly string[] | undefined): Program {
  const what = 'an entry of "rc"'
  const known = ['bin', 'argv', 'runmode', 'workdir', 'netbsd'] as const
  const members = pick(source, expectObject(source, value, what), known, what, refuseKey)
  const name = members.get('bin')
  if (name === undefined) return source.fail('BAD_VALUE', value.start, `${what} has no "bin"`)
  const bin = requireRule(source, expectString(source, name, '"bin"'), name.start, PROGRAM, '"bin"')
  if (bin !== '*' && baked !== undefined && !baked.includes(bin)) {
    source.fail(
      'BAD_VALUE',
      name.start,
      `${quote(bin)} is no program of the artefact`,
      `there are ${baked.map((each) => quote(each)).join(', ')}`,
    )
  }
  const words = members.get('argv')
  const argv = words === undefined ? [] : expectArray(source, words, '"argv"')
  const workdir = members.get('workdir')
  return {
    bin,
    argv: argv.map((word) => expectString(source, word, 'an element of "argv"')),
    runmode: readRunmode(source, members.get('runmode')),
    workdir:
      workdir && requireRule(source, expectString(source, workdir, '"workdir"'), workdir.start, PATH, '"workdir"'),
    netbsd: { sysctl: readProcessSysctl(source, members.get('netbsd')) },
  }
}

function readRunmode(source: SourceText, value: Loose | undefined): Program['runmode'] {
  if (value === undefined) return ''
  const text = expectString(source, value, '"runmode"')
  if (text === '' || text === '&' || text === '|') return text
  return source.fail('BAD_VALUE', value.start, `"runmode" is ${quote(text)}, not "", "&" or "|"`)
}

function readProcessSysctl(source: SourceText, value: Loose | undefined): Program['netbsd']['sysctl'] {
  const sysctl = new Map<string, string | number | boolean>()
  if (value === undefined) return sysctl
  const members = pick(source, expectObject(source, value, '"netbsd"'), ['sysctl'], '"netbsd"', refuseKey)
  const nodes = members.get('sysctl')
  if (nodes !== undefined) readSysctl(source, nodes, sysctl)
  return sysctl
}

/** Called once all of `rc` is known. */
export function requireReader(source: SourceText, programs: readonly PlacedProgram[]): void {
  const last = programs.at(-1)
  if (last?.program.runmode === '|') {
    source.fail('BAD_VALUE', last.start, 'the last entry of "rc" has no next one to write to')
  }
}

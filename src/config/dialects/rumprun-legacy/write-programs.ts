// Programs of a legacy document: a `cmdline` where one program is meant whatever its name, else `rc` by number (docs/discoveries/rumprun.md). Pure.

import { formatKey } from '../../key.ts'
import type { Guest, Refuse, ToldDocument, ToldProgram } from '../dialect.ts'
import { rawString } from './raw-string.ts'
import { joinLegacyWords } from './words.ts'

/** What a guest without a configuration calls its program. */
const USUAL_NAME = 'rumprun'

export function programMember(rc: ToldDocument['rc'], guest: Guest, refuse: Refuse): string {
  const [first] = rc
  const { programs } = guest
  // All programs run with these words, so they are for a guest with one, or for all by themselves.
  if (first === undefined) return `"cmdline":"${USUAL_NAME}"`
  if (rc.length === 1 && first.bin === '*' && first.runmode === '' && (programs?.length ?? 1) === 1) {
    const argv = first.argv.length === 0 ? [programs?.[0] ?? USUAL_NAME] : first.argv
    const line = joinLegacyWords(argv)
    if (line !== undefined) return `"cmdline":"${line}"`
  }
  return `"rc_TESTING":[${rc.map((program, i) => entry(program, i, programs, refuse)).join(',')}]`
}

function entry(program: ToldProgram, index: number, programs: readonly string[] | undefined, refuse: Refuse): string {
  const { bin, argv, runmode } = program
  requirePlace(bin, index, programs, refuse)
  const name = bin === '*' ? (programs?.[0] ?? USUAL_NAME) : bin
  const words = (argv.length === 0 ? [name] : argv).map((word, i) =>
    rawString(word, formatKey(['rc', index, 'argv', i]), refuse),
  )
  const rest = words.slice(1).map((word) => `"${word}"`)
  const mode = runmode === '' ? '' : `,"runmode":"${runmode}"`
  return `{"bin":"${words[0]}","argv":[${rest.join(',')}]${mode}}`
}

/** The entry's number is what selects a program. */
function requirePlace(bin: string, index: number, programs: readonly string[] | undefined, refuse: Refuse): void {
  const key = formatKey(['rc', index, 'bin'])
  const advice = 'give all programs in the order in which they were baked'
  if (bin === '*') {
    if (index > 0) refuse(key, 'is the first program, and such a guest takes its programs by their number', advice)
  } else if (programs !== undefined && programs[index] !== bin) {
    const there = programs[index] === undefined ? 'there is no further one' : `number ${index + 1} is another one`
    refuse(key, `cannot be chosen by its name, and ${there}`, advice)
  }
}

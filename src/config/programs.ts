// Programs and the words behind `--`: which entry of `rc` is meant by them. Pure.

import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import type { ConfigOrigin, EffectiveConfig } from './document.ts'
import type { ConfigEdit } from './edit.ts'
import { refuseSetting } from './refuse.ts'

/** The first program, whatever it is called. */
const FIRST = '*'

/**
 * Words for the program: they take the place of those that its entry has behind argv[0], as Docker's take the place of CMD. `program` is what
 * it is called where no entry says so. Throws ConfigError CONFLICT where several programs could be meant.
 */
export function wordsEdit(
  config: EffectiveConfig,
  words: readonly string[],
  program: string,
  origin: ConfigOrigin,
): ConfigEdit {
  const { rc } = config.document
  const [entry] = rc
  if (rc.length > 1) {
    const names = rc.map(({ bin }) => quote(bin)).join(', ')
    const advice = 'say whose they are: --set rc[0].argv=["NAME", "WORD"]'
    return refuseSetting(
      config,
      'rc[1]',
      'CONFLICT',
      `is one of several programs (${names}), and words are for one`,
      advice,
    )
  }
  if (entry === undefined) {
    return { steps: ['rc', FIRST], value: { json: { argv: [program, ...words] } }, origin }
  }
  const [first = entry.bin === FIRST ? program : entry.bin] = entry.argv
  return {
    steps: ['rc', 0, 'argv'],
    value: { json: [first, ...words].map((word) => (typeof word === 'string' ? word : { ...word })) },
    origin,
  }
}

/**
 * Throws ConfigError BAD_VALUE for a program that the artefact does not have. `names` is undefined where it does not say any: it has one
 * program then, and one entry may call it what it likes.
 */
export function requirePrograms(config: EffectiveConfig, names: readonly string[] | undefined): void {
  const { rc } = config.document
  for (const [i, { bin }] of rc.entries()) {
    if (names === undefined) {
      if (i > 0) refuseSetting(config, `rc[${i}].bin`, 'CONFLICT', ONE, ONLY)
    } else if (bin !== FIRST && !names.includes(bin)) {
      const meant = nearest(bin, names)
      const advice =
        meant === undefined ? `it has ${names.map((name) => quote(name)).join(', ')}` : `did you mean ${meant}?`
      refuseSetting(config, `rc[${i}].bin`, 'BAD_VALUE', `is ${quote(bin)}, which the artefact does not have`, advice)
    }
  }
}

/**
 * Which of an artefact's programs is started: the one that the entry of `rc` names, or else the first of `names`. Throws ConfigError BAD_VALUE for
 * one that is not there, CONFLICT for a second entry.
 */
export function chooseProgram(config: EffectiveConfig, names: readonly string[]): string {
  requirePrograms(config, names)
  const [first, second] = config.document.rc
  if (second !== undefined)
    refuseSetting(config, 'rc[1].bin', 'CONFLICT', 'is a second program, and one is started', ONLY)
  return first === undefined || first.bin === FIRST ? (names[0] as string) : first.bin
}

const ONLY = 'keep one entry, or say null first in a later layer'
const ONE = 'is a second program, and the artefact has one, which is started once'

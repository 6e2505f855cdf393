// The value of a wiring flag in its parts: NAME=VALUE, then options, with commas between (`,,` is a comma in a value). Pure.

import { isDeviceName } from '../artefact/manifest.ts'
import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'

export type Flag = {
  readonly device: string
  readonly value: string
  /** The flag as far as the device, for messages. */
  readonly name: string
  readonly has: (option: string) => boolean
  readonly valueOf: (option: string) => string | undefined
  /** Of an option that may be repeated. */
  readonly valuesOf: (option: string) => readonly string[]
  readonly number: (option: string, least: number, most: number) => number | undefined
  readonly refuse: (problem: string, advice?: string) => never
}

/** The options that there are. */
export type Options = {
  /** With a value each. */
  readonly valued: readonly string[]
  /** Of those, what may be given several times. */
  readonly repeated?: readonly string[]
  /** Without a value. */
  readonly switches: readonly string[]
  /** Options that mean something elsewhere, and where. */
  readonly misplaced?: Readonly<Record<string, string>>
}

/** `optionsFor` says which options go with a value. Throws UsageError BAD_ARGUMENT, with the example where nothing better helps. */
export function takeApart(flag: string, text: string, optionsFor: (value: string) => Options, example: string): Flag {
  const [assignment = '', ...rest] = splitAtCommas(text)
  const equals = assignment.indexOf('=')
  const device = equals < 0 ? assignment : assignment.slice(0, equals)
  const value = assignment.slice(equals + 1)
  const name = `${flag} ${quote(device)}`
  const refuse = (problem: string, advice = example): never => {
    throw new UsageError('BAD_ARGUMENT', `${name}: ${problem}`, advice)
  }
  if (!isDeviceName(device)) refuse('the name of a device is 1 to 67 letters and digits')
  if (equals < 0) refuse('nothing is wired to it')
  const given = readOptions(rest, optionsFor(value), refuse)
  const number = (key: string, least: number, most: number): number | undefined => {
    const text = given.get(key)?.[0]
    if (text === undefined) return undefined
    const parsed = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (parsed >= least && parsed <= most) return parsed
    return refuse(`${key}=${quote(text)} is no number from ${least} to ${most}`)
  }
  return {
    device,
    value,
    name,
    has: (key) => given.has(key),
    valueOf: (key) => given.get(key)?.[0],
    valuesOf: (key) => given.get(key) ?? [],
    number,
    refuse,
  }
}

function readOptions(
  words: readonly string[],
  { valued, repeated = [], switches, misplaced = {} }: Options,
  refuse: (problem: string, advice?: string) => never,
): ReadonlyMap<string, readonly string[]> {
  const known = [...valued, ...switches]
  const given = new Map<string, string[]>()
  for (const word of words) {
    const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    if (!known.includes(key)) {
      const place = Object.hasOwn(misplaced, key) ? misplaced[key] : undefined
      if (place !== undefined) refuse(`${key} is an option of ${place}`)
      const meant = nearest(key, known)
      const list = `options are ${known.join(', ')}; a comma in a path is written ,,`
      refuse(`there is no option ${quote(key)}`, meant === undefined ? list : `did you mean ${meant}?`)
    }
    const values = given.get(key) ?? []
    if (values.length > 0 && !repeated.includes(key)) refuse(`${key} is given twice`)
    if (switches.includes(key) !== (value === undefined)) {
      refuse(value === undefined ? `${key} needs a value` : `${key} takes no value`)
    }
    given.set(key, [...values, value ?? ''])
  }
  return given
}

/** At single commas; two are one that belongs to the text. */
function splitAtCommas(text: string): string[] {
  const parts = ['']
  for (const piece of text.split(/(,,|,)/)) {
    if (piece === ',') parts.push('')
    else parts[parts.length - 1] += piece === ',,' ? ',' : piece
  }
  return parts
}

// Arbitrary documents that have the shape of the table of keys.

import fc from 'fast-check'
import type { JsonValue } from '../../src/base/json.ts'
import type { TextRule } from '../../src/config/patterns.ts'
import type { Group, Shape } from '../../src/config/shape.ts'

/** Values as the table wants them, and now and then others. `nulls` where layers are merged. */
export function arbitraryOf(shape: Shape, nulls: boolean, wild = 0): fc.Arbitrary<JsonValue> {
  const right = rightOf(shape, nulls, wild)
  const choices: fc.WeightedArbitrary<JsonValue>[] = [{ weight: 20, arbitrary: right }]
  if (nulls) choices.push({ weight: 2, arbitrary: fc.constant(null) })
  if (wild > 0) choices.push({ weight: wild, arbitrary: ANYTHING })
  return fc.oneof(...choices)
}

const ANYTHING: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.string({ maxLength: 6, unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(
    null,
    '',
    [],
    {},
    ['a'],
    { $secret: 'env:A' },
    { $secret: 5 },
    'x'.repeat(300),
    1.5,
    '1T',
    '10.0.0.256',
    '::1/129',
  ),
)

function rightOf(shape: Shape, nulls: boolean, wild: number): fc.Arbitrary<JsonValue> {
  switch (shape.kind) {
    case 'text':
      return shape.secret ? fc.oneof(textOf(shape.rule), fc.constant({ $secret: 'env:A' })) : textOf(shape.rule)
    case 'choice':
      return fc.constantFrom(...shape.values)
    case 'integer':
      return fc.integer({ min: shape.least - (wild > 0 ? 1 : 0), max: shape.most })
    case 'switch':
      return fc.boolean()
    case 'scalar':
      return fc.oneof(textOf(shape.rule), fc.maxSafeInteger(), fc.boolean())
    case 'group':
      return groupOf(shape, nulls, wild)
    case 'names': {
      const entry = arbitraryOf(shape.of, nulls && shape.entries === 'merged', wild)
      const entries = nulls
        ? fc.oneof({ weight: 9, arbitrary: entry }, { weight: 1, arbitrary: fc.constant(null) })
        : entry
      const name =
        wild > 0 ? fc.oneof(textOf(shape.name), fc.constantFrom('__proto__', '', 'a=b', '/x/../y')) : textOf(shape.name)
      return fc.dictionary(name, entries, { maxKeys: 3, noNullPrototype: true })
    }
    case 'list': {
      const merged = typeof shape.rule === 'object'
      const element = shape.of.kind === 'group' ? groupOf(shape.of, merged, wild) : arbitraryOf(shape.of, false, wild)
      return fc.array(element, { maxLength: Math.min(shape.most, 3) })
    }
    case 'variants':
      return fc.oneof(...Object.values(shape.of).map((variant) => groupOf(variant, false, wild)))
  }
}

function groupOf({ keys, required }: Group, nulls: boolean, wild: number): fc.Arbitrary<JsonValue> {
  const entries = Object.entries(keys).map(([key, { shape }]) => {
    return [key, arbitraryOf(shape, nulls && !required.includes(key), wild)] as const
  })
  const more = wild > 0 ? [['extra', fc.option(ANYTHING, { freq: 30 })] as const] : []
  const record: Record<string, fc.Arbitrary<JsonValue>> = Object.fromEntries([...entries, ...more])
  const requiredKeys = wild > 1 ? [] : [...required]
  return fc.record(record, { requiredKeys, noNullPrototype: true }) as fc.Arbitrary<JsonValue>
}

/** Few names, so that layers meet; among them those that would hurt an object with a prototype. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'an address, such as 10.0.0.1 or fd00::1': ['10.0.0.1', 'fd00::1', '::', '1::2.3.4.5'],
  'an address with the length of its prefix, such as 10.0.0.2/24 or fd00::2/64': ['10.0.0.2/24', 'fd00::2/64'],
  'an absolute path without .. and // in it': ['/', '/a', '/a/b', '/c'],
  'a size such as 64M': ['64M', '5', '7b', '12k'],
  'an amount of memory such as 64M or 2G': ['64M', '2G', '4096k'],
  'the name of a variable: no = and no controls': ['A', 'B', '__proto__', 'constructor', 'a b'],
  'a log level such as info or tcp:debug (quiet, app, error, warning, info, debug)': ['info', 'tcp:debug'],
}

function textOf({ what, pattern }: TextRule): fc.Arbitrary<string> {
  const known = WORDS[what] ?? ['a', 'b', 'c']
  const expression = new RegExp(pattern, 'u')
  const other = fc
    .string({ maxLength: 5, unit: 'grapheme-ascii' })
    .map((text) => (expression.test(text) ? text : (known[0] as string)))
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: other })
}

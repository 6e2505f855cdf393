// JSON against the table of keys: what fits becomes a tree, what does not is told with its place, its key and the nearest known one. Gathers
// problems instead of stopping at the first, so that `check` can list them. Pure.

import type { ConfigError, ConfigErrorCode } from '../base/errors.ts'
import { isJsonObject, type JsonObject, type JsonPath, type JsonValue } from '../base/json.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import type { ConfigOrigin } from './document.ts'
import { fits, SECRET, type TextRule } from './patterns.ts'
import { problemAt } from './refuse.ts'
import type { Group, List, Names, Shape, Variants } from './shape.ts'
import type { Branch, Leaf, Node } from './tree.ts'

/** A document that is something else altogether is told about its first ones. */
export const MAX_PROBLEMS = 100

export type NodeReader = {
  readonly originOf: (path: JsonPath, part: 'value' | 'key') => ConfigOrigin
  readonly problems: ConfigError[]
  /** `null` removes; not where layers are put together already. */
  readonly nulls: boolean
  /** Whose references to secrets are followed: the operator's alone. */
  readonly secrets: boolean
}

/** The tree of a value; undefined where something in it is wrong and it could not be used at all. */
export function readNode(
  shape: Shape,
  value: JsonValue,
  path: JsonPath,
  reader: NodeReader,
  nulls = false,
): Node | undefined {
  if (value === null && nulls && reader.nulls) return removal(shape, reader.originOf(path, 'value'))
  switch (shape.kind) {
    case 'text':
      return readText(shape.rule, shape.secret, value, path, reader)
    case 'choice':
      if (typeof value !== 'string') return wrongKind('a string', value, path, reader)
      if (shape.values.includes(value)) return leaf(value, path, reader)
      return bad(`is ${quote(value)}, not ${oneOf(shape.values)}`, path, reader, adviceFor(value, shape.values))
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrongKind('a whole number', value, path, reader)
      if (value >= shape.least && value <= shape.most) return leaf(value, path, reader)
      return bad(`is ${value}, not between ${shape.least} and ${shape.most}`, path, reader)
    case 'switch':
      return typeof value === 'boolean' ? leaf(value, path, reader) : wrongKind('true or false', value, path, reader)
    case 'scalar':
      return readScalar(shape.rule, value, path, reader)
    case 'group':
      return readGroup(shape, value, path, reader, nulls)
    case 'names':
      return readNames(shape, value, path, reader, nulls)
    case 'list':
      return readList(shape, value, path, reader)
    case 'variants':
      return readVariants(shape, value, path, reader)
  }
}

/** What `null` is for this shape: a value that is gone, or a container without the layers below. */
export function removal(shape: Shape, origin: ConfigOrigin): Node {
  const container = { origin, resets: origin, gone: true } as const
  if (shape.kind === 'list') return { kind: 'items', items: [], former: [], ...container }
  if (shape.kind === 'group' || shape.kind === 'names' || shape.kind === 'variants') {
    return { kind: 'branch', entries: new Map(), ...container }
  }
  return { kind: 'gone', origin, losing: [] }
}

function leaf(value: Leaf['value'], path: JsonPath, reader: NodeReader): Leaf {
  return { kind: 'leaf', value, origin: reader.originOf(path, 'value'), losing: [] }
}

function readText(
  rule: TextRule,
  secret: boolean,
  value: JsonValue,
  path: JsonPath,
  reader: NodeReader,
): Leaf | undefined {
  if (isJsonObject(value) && '$secret' in value) return readSecret(secret, value, path, reader)
  if (typeof value !== 'string') return wrongKind('a string', value, path, reader)
  return fits(value, rule) ? leaf(value, path, reader) : unfit(value, rule, path, reader)
}

function unfit(value: string, rule: TextRule, path: JsonPath, reader: NodeReader): undefined {
  if (value.length > rule.most) {
    report('LIMIT', `has ${value.length} characters, at most ${rule.most} are allowed`, path, reader)
  } else bad(`is ${quote(value)}, not ${rule.what}`, path, reader)
}

function readSecret(allowed: boolean, value: JsonObject, path: JsonPath, reader: NodeReader): Leaf | undefined {
  if (!allowed) return bad('cannot be a secret: its value has to be understood', path, reader)
  if (!reader.secrets) {
    const advice = 'only documents of the operator and the command line can: the artefact gets what they give it'
    report('BAKED_SECRET', 'refers to a secret, in a layer that may not', path, reader, advice)
    return undefined
  }
  const reference = value['$secret']
  if (typeof reference !== 'string' || !fits(reference, SECRET) || Object.keys(value).length !== 1) {
    return bad(`must be { "$secret": ${quote(SECRET.what)} }`, path, reader)
  }
  return leaf({ $secret: reference }, path, reader)
}

function readScalar(rule: TextRule, value: JsonValue, path: JsonPath, reader: NodeReader): Leaf | undefined {
  if (typeof value === 'boolean') return leaf(value, path, reader)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return leaf(value, path, reader)
  if (typeof value === 'string') return readText(rule, false, value, path, reader)
  return wrongKind('a string, a whole number, true or false', value, path, reader)
}

function readGroup(
  shape: Group,
  value: JsonValue,
  path: JsonPath,
  reader: NodeReader,
  nulls: boolean,
): Branch | undefined {
  if (!isJsonObject(value)) return wrongKind('an object', value, path, reader)
  const keys = Object.keys(value)
  const entries = new Map<string, Node>()
  for (const key of keys) {
    if (isFull(reader)) break
    const known = Object.hasOwn(shape.keys, key) ? shape.keys[key] : undefined
    if (known === undefined) {
      unknownKey(key, Object.keys(shape.keys), [...path, key], reader)
      continue
    }
    const optional = !shape.required.includes(key)
    const node = readNode(known.shape, value[key] as JsonValue, [...path, key], reader, nulls && optional)
    if (node !== undefined) entries.set(key, node)
  }
  for (const key of shape.required) {
    if (!(key in value)) bad(`has no ${quote(key)}`, path, reader)
  }
  return { kind: 'branch', entries, ...container(path, reader) }
}

export function unknownKey(key: string, known: readonly string[], path: JsonPath, reader: NodeReader): undefined {
  const meant = nearest(key, known)
  const advice = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
  report('UNKNOWN_KEY', 'is not known', path, reader, advice, 'key')
}

function readNames(
  shape: Names,
  value: JsonValue,
  path: JsonPath,
  reader: NodeReader,
  nulls: boolean,
): Branch | undefined {
  if (!isJsonObject(value)) return wrongKind('an object', value, path, reader)
  const keys = Object.keys(value)
  if (keys.length > shape.most) {
    report('LIMIT', `has ${keys.length} entries, at most ${shape.most} are allowed`, path, reader)
    return undefined
  }
  const entries = new Map<string, Node>()
  for (const key of keys) {
    if (isFull(reader)) break
    const inner = [...path, key]
    if (!fits(key, shape.name)) {
      report('BAD_VALUE', `is not ${shape.name.what}`, inner, reader, undefined, 'key')
      continue
    }
    const node = readEntry(shape, value[key] as JsonValue, inner, reader, nulls)
    if (node !== undefined) entries.set(key, node)
  }
  return { kind: 'branch', entries, ...container(path, reader) }
}

/** An entry can be removed; what is in one that counts whole cannot. */
function readEntry(
  shape: Names,
  value: JsonValue,
  path: JsonPath,
  reader: NodeReader,
  nulls: boolean,
): Node | undefined {
  if (value === null && nulls && reader.nulls) return removal(shape.of, reader.originOf(path, 'value'))
  return readNode(shape.of, value, path, reader, nulls && shape.entries === 'merged')
}

function readList(shape: List, value: JsonValue, path: JsonPath, reader: NodeReader): Node | undefined {
  if (!Array.isArray(value)) return wrongKind('an array', value, path, reader)
  if (value.length > shape.most) {
    report('LIMIT', `has ${value.length} elements, at most ${shape.most} are allowed`, path, reader)
    return undefined
  }
  const merged = typeof shape.rule === 'object'
  const items = value.flatMap((element: JsonValue, index) => {
    const inner = [...path, index]
    // An element itself is not removed by null; what is in it may be, where elements of layers are merged.
    if (element === null) return wrongKind('something', element, inner, reader) ?? []
    return readNode(shape.of, element, inner, reader, merged) ?? []
  })
  return { kind: 'items', items, former: [], ...container(path, reader) }
}

function readVariants(shape: Variants, value: JsonValue, path: JsonPath, reader: NodeReader): Node | undefined {
  if (!isJsonObject(value)) return wrongKind('an object', value, path, reader)
  const which = value[shape.by]
  if (which === undefined) return bad(`has no ${quote(shape.by)}`, path, reader)
  const inner = [...path, shape.by]
  if (typeof which !== 'string') return wrongKind('a string', which, inner, reader)
  const variant = Object.hasOwn(shape.of, which) ? shape.of[which] : undefined
  if (variant !== undefined) return readGroup(variant, value, path, reader, false)
  const known = Object.keys(shape.of)
  return bad(`is ${quote(which)}, not ${oneOf(known)}`, inner, reader, adviceFor(which, known))
}

function container(path: JsonPath, reader: NodeReader) {
  return { origin: reader.originOf(path, 'value'), resets: undefined, gone: false } as const
}

function adviceFor(given: string, known: readonly string[]): string | undefined {
  const meant = nearest(given, known)
  return meant === undefined || meant === '' ? undefined : `did you mean ${meant}?`
}

function oneOf(values: readonly string[]): string {
  return `one of ${values.map((value) => quote(value)).join(', ')}`
}

function wrongKind(wanted: string, value: JsonValue, path: JsonPath, reader: NodeReader): undefined {
  return bad(`must be ${wanted}, not ${kindOf(value)}`, path, reader)
}

function bad(problem: string, path: JsonPath, reader: NodeReader, advice?: string): undefined {
  report('BAD_VALUE', problem, path, reader, advice)
}

function report(
  code: ConfigErrorCode,
  problem: string,
  path: JsonPath,
  reader: NodeReader,
  advice?: string,
  part: 'value' | 'key' = 'value',
): void {
  if (isFull(reader)) return
  reader.problems.push(problemAt(reader.originOf(path, part), path, code, problem, advice))
}

function isFull({ problems }: NodeReader): boolean {
  return problems.length >= MAX_PROBLEMS
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return isJsonObject(value) ? 'an object' : `a ${typeof value}`
}

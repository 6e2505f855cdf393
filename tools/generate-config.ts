// Makes schema/config.schema.json and the table of keys in docs/spec/config.md out of the table that the reader itself walks
// (src/config/keys.ts). The gate runs it again and compares.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIG_SCHEMA, CONFIG_SCHEMA_VERSION } from '../src/config/document.ts'
import { CONFIG_SHAPE } from '../src/config/keys.ts'
import { SECRET, type TextRule } from '../src/config/patterns.ts'
import {
  describeMerge,
  type Group,
  type Key,
  type Names,
  READ_TIMES,
  type Shape,
  type Variants,
} from '../src/config/shape.ts'

const SPEC = 'docs/spec/config.md'
const [BEGIN, END] = ['<!-- keys: made by tools/generate-config.ts -->\n', '<!-- keys end -->']

type Schema = { [keyword: string]: unknown }

export function generate(): Map<string, string> {
  const spec = readFileSync(join(import.meta.dirname, '..', SPEC), 'utf8')
  const [before, rest] = spec.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`${SPEC} has lost the place for its table`)
  const table = `${BEGIN}\n${renderTable(CONFIG_SHAPE)}\n${END}`
  return new Map([
    ['schema/config.schema.json', `${stringify(makeSchema(), '', 0)}\n`],
    [SPEC, `${before}${table}${after}`],
  ])
}

function makeSchema(): Schema {
  const { properties, ...settings } = schemaOf(CONFIG_SHAPE, true)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:slipway:schema:config:${CONFIG_SCHEMA_VERSION}`,
    title: 'What a guest is told',
    description:
      'Version 1: a file of --config, or a configuration that is baked in. null removes what earlier layers say. A reader refuses a document whose schemaVersion is greater than the one it knows.',
    ...settings,
    type: 'object',
    properties: {
      $schema: { description: 'For editors.', type: 'string' },
      schema: { const: CONFIG_SCHEMA },
      schemaVersion: { const: CONFIG_SCHEMA_VERSION },
      ...(properties as Schema),
    },
  }
}

const LINE_WIDTH = 120

/** As the formatter wants it: objects over several lines, arrays on one if they fit behind what stands there already. */
function stringify(value: unknown, indent: string, used: number): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    const line = `[${value.map((element) => stringify(element, inner, 0)).join(', ')}]`
    if (!line.includes('\n') && used + line.length < LINE_WIDTH) return line
    const elements = value.map((element) => `${inner}${stringify(element, inner, inner.length)}`)
    return `[\n${elements.join(',\n')}\n${indent}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => {
    const name = `${inner}${JSON.stringify(key)}: `
    return `${name}${stringify(member, inner, name.length)}`
  })
  return `{\n${members.join(',\n')}\n${indent}}`
}

/** `nulls`: what layers are merged in, null removes. */
function schemaOf(shape: Shape, nulls: boolean): Schema {
  const orNull = (type: string): string | readonly string[] => (nulls ? [type, 'null'] : type)
  switch (shape.kind) {
    case 'text':
      return shape.secret ? secretSchema(shape.rule, nulls) : { type: orNull('string'), ...textSchema(shape.rule) }
    case 'choice':
      return { enum: [...shape.values, ...(nulls ? [null] : [])] }
    case 'integer':
      return { type: orNull('integer'), minimum: shape.least, maximum: shape.most }
    case 'switch':
      return { type: orNull('boolean') }
    case 'scalar': {
      const types = ['string', 'integer', 'boolean', ...(nulls ? ['null'] : [])]
      const range = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
      return { type: types, ...textSchema(shape.rule), ...range }
    }
    case 'group':
      return groupSchema(shape, nulls, orNull('object'))
    case 'names':
      return namesSchema(shape, nulls, orNull('object'))
    case 'list': {
      const items = schemaOf(shape.of, false)
      const merged = typeof shape.rule === 'object' && shape.of.kind === 'group'
      return {
        type: orNull('array'),
        maxItems: shape.most,
        items: merged ? groupSchema(shape.of, true, 'object') : items,
      }
    }
    case 'variants':
      return {
        type: orNull('object'),
        required: [shape.by],
        oneOf: Object.values(shape.of).map((variant) => groupSchema(variant, false, 'object')),
      }
  }
}

function groupSchema({ keys, required }: Group, nulls: boolean, type: Schema['type']): Schema {
  const properties = Object.entries(keys).map(([name, { shape, brief }]) => {
    return [name, { description: brief, ...schemaOf(shape, nulls && !required.includes(name)) }]
  })
  return {
    type,
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(properties),
  }
}

function namesSchema(shape: Names, nulls: boolean, type: Schema['type']): Schema {
  const entry = schemaOf(shape.of, nulls && shape.entries === 'merged')
  return {
    type,
    maxProperties: shape.most,
    propertyNames: { ...textSchema(shape.name) },
    additionalProperties: shape.entries === 'whole' && nulls ? { anyOf: [{ type: 'null' }, entry] } : entry,
  }
}

function textSchema({ pattern, most }: TextRule): Schema {
  return { pattern, maxLength: most }
}

function secretSchema(rule: TextRule, nulls: boolean): Schema {
  return {
    type: ['string', 'object', ...(nulls ? ['null'] : [])],
    ...textSchema(rule),
    required: ['$secret'],
    additionalProperties: false,
    properties: { $secret: { type: 'string', ...textSchema(SECRET) } },
  }
}

function renderTable(root: Group): string {
  const rows = rowsOf(root, '', false).map(([key, value, merge, read, brief]) => {
    return `| \`${key}\` | ${value} | ${merge} | ${read} | ${brief} |`
  })
  return ['| key | value | layers | read | |', '|---|---|---|---|---|', ...rows, ''].join('\n')
}

type Row = readonly [key: string, value: string, merge: string, read: string, brief: string]

/** `whole`: what is in it is not merged any more. */
function rowsOf({ keys }: Group, prefix: string, whole: boolean): Row[] {
  return Object.entries(keys).flatMap(([name, key]) => rowsOfKey(`${prefix}${name}`, key, whole))
}

function rowsOfKey(path: string, { shape, brief, read }: Key, whole: boolean): Row[] {
  const merge = whole ? '' : describeMerge(shape)
  const own: Row = [path, describeValue(shape), merge, READ_TIMES[read], brief.replaceAll('|', '\\|')]
  return [own, ...inside(shape, path, whole)]
}

/** Keys below a list are written with `[]`, below names with `NAME`. */
function inside(shape: Shape, path: string, whole: boolean): Row[] {
  if (shape.kind === 'group') return rowsOf(shape, `${path}.`, whole)
  if (shape.kind === 'list') return inside(shape.of, `${path}[]`, whole || typeof shape.rule !== 'object')
  if (shape.kind === 'names') return inside(shape.of, `${path}.NAME`, whole || shape.entries === 'whole')
  return shape.kind === 'variants' ? rowsOfVariants(shape, path) : []
}

/** A key that not all variants know says which ones do. */
function rowsOfVariants({ of }: Variants, path: string): Row[] {
  const variants = Object.entries(of).map(([name, group]) => ({ name, rows: rowsOf(group, `${path}.`, true) }))
  const keys = new Set(variants.flatMap(({ rows }) => rows.map(([key]) => key)))
  return [...keys].map((key) => {
    const users = variants.flatMap(({ name, rows }) => rows.flatMap((row) => (row[0] === key ? [{ name, row }] : [])))
    const values = [...new Set(users.map(({ row }) => row[1]))].join(', ')
    const briefs = [...new Set(users.map(({ row }) => row[4]))].join(' ')
    const who = users.map(({ name }) => `\`${name}\``).join(', ')
    const about = users.length === variants.length ? briefs : `${who}: ${briefs}`
    return [key, values, '', users[0]?.row[3] ?? '', about]
  })
}

function describeValue(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return `${shape.rule.what}${shape.secret ? ', or a secret' : ''}`
    case 'choice':
      return shape.values.map((value) => `\`"${value}"\``.replaceAll('|', '\\|')).join(', ')
    case 'integer':
      return `${shape.least} to ${shape.most}`
    case 'switch':
      return 'true, false'
    case 'scalar':
      return 'text, a whole number, true, false'
    case 'group':
      return 'object'
    case 'names':
      return `object of at most ${shape.most}, by ${shape.name.what}`
    case 'list':
      return `at most ${shape.most}${shape.of.kind === 'text' ? `: ${shape.of.rule.what}` : ''}${shape.of.kind === 'text' && shape.of.secret ? ', or a secret' : ''}`
    case 'variants':
      return `object, by \`${shape.by}\``
  }
}

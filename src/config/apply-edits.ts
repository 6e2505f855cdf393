// Puts single settings into a layer, by key: the last layer, and the only one that can reach into a list. Walks the table of keys. Pure.

import { ConfigError } from '../base/errors.ts'
import { isJsonObject, type JsonPath, type JsonValue, parseJson } from '../base/json.ts'
import { quote } from '../base/quote.ts'
import type { ConfigOrigin } from './document.ts'
import type { ConfigEdit } from './edit.ts'
import { formatKey, ONE_MORE, type Step } from './key.ts'
import { CONFIG_SHAPE } from './keys.ts'
import type { ConfigLayer } from './layer.ts'
import { mergeNodes } from './merge.ts'
import { fits } from './patterns.ts'
import { type NodeReader, readNode, removal, unknownKey } from './read-node.ts'
import { type Group, type List, type Names, type Shape, textIn, type Variants } from './shape.ts'
import { type Branch, goneOf, isThere, type Items, type Node } from './tree.ts'

/** What the edits make of a layer. Throws ConfigError CONFLICT where two say the same key. */
export function applyEdits(layer: ConfigLayer, edits: readonly ConfigEdit[]): ConfigLayer {
  const said = new Map<string, ConfigOrigin>()
  let root: Node = layer.root
  for (const edit of edits) {
    const { origin } = edit
    const problems: ConfigError[] = []
    const reader: NodeReader = { originOf: () => origin, problems, nulls: true, secrets: true }
    root = applyTo(CONFIG_SHAPE, root, { edit, at: 0, path: [], reader, said })
    const [first] = problems
    if (first !== undefined) throw first
  }
  return root.kind === 'branch' ? { root } : layer
}

type Walk = {
  readonly edit: ConfigEdit
  /** The step that comes next. */
  readonly at: number
  readonly path: JsonPath
  readonly reader: NodeReader
  readonly said: Map<string, ConfigOrigin>
}

/** The node with the edit in it; problems are in the reader's list, and the node is as it was. */
function applyTo(shape: Shape, node: Node | undefined, walk: Walk): Node {
  const step = walk.edit.steps[walk.at]
  if (step === undefined) return put(shape, node, walk)
  switch (shape.kind) {
    case 'group':
      return intoGroup(shape, node, step, walk)
    case 'variants':
      return intoGroup(variantOf(shape, node, step), node, step, walk)
    case 'names':
      return intoNames(shape, node, step, walk)
    case 'list':
      return intoList(shape, node, step, walk)
    case 'text':
    case 'choice':
    case 'integer':
    case 'switch':
    case 'scalar':
      throw refusal(walk, 'BAD_VALUE', `has nothing in it that ${describeStep(step)} could be`)
  }
}

function put(shape: Shape, node: Node | undefined, walk: Walk): Node {
  const { edit, path, reader, said } = walk
  const key = formatKey(path)
  if (said.has(key)) throw refusal(walk, 'CONFLICT', 'is said twice on the command line', 'keep one of the two')
  said.set(key, edit.origin)
  const value = 'json' in edit.value ? edit.value.json : valueOf(shape, edit.value.text, walk)
  const read = readNode(shape, value, path, reader, true)
  if (read === undefined) return node ?? removal(shape, edit.origin)
  return node === undefined ? read : mergeNodes(shape, node, read, path)
}

/**
 * Text is taken as it is where text is wanted, but for `null`, a reference to a secret, and what stands between quotation marks; elsewhere
 * it is JSON.
 */
function valueOf(shape: Shape, text: string, walk: Walk): JsonValue {
  const texts = shape.kind === 'text' || shape.kind === 'choice'
  if (texts && !/^["{]|^null$/.test(text)) return text
  const value = parsed(text)
  if (texts) return isTextual(value) ? value : text
  if (value !== undefined) return value
  if (shape.kind === 'scalar') return text
  const advice = `write for example ${EXAMPLES[shape.kind] ?? '{"a": "b"}'}`
  throw refusal(walk, 'SYNTAX', `is to be ${quote(text, 80)}, which is not JSON`, advice)
}

const EXAMPLES: Readonly<Partial<Record<Shape['kind'], string>>> = { list: '["a", "b"]', switch: 'true', integer: '1' }

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text, '--set').value
  } catch (cause) {
    if (cause instanceof ConfigError) return undefined
    throw cause
  }
}

function isTextual(value: JsonValue | undefined): value is string | null | { readonly $secret: JsonValue } {
  return value === null || typeof value === 'string' || (typeof value === 'object' && '$secret' in value)
}

function intoGroup(shape: Group, node: Node | undefined, step: Step, walk: Walk): Node {
  const known = typeof step === 'string' && Object.hasOwn(shape.keys, step) ? shape.keys[step] : undefined
  if (typeof step !== 'string') throw refusal(walk, 'BAD_VALUE', `has keys, not elements`)
  const path = [...walk.path, step]
  if (known === undefined) {
    unknownKey(step, Object.keys(shape.keys), path, walk.reader)
    return branchOf(node, walk)
  }
  const branch = branchOf(node, walk)
  return withEntry(branch, step, applyTo(known.shape, branch.entries.get(step), { ...walk, at: walk.at + 1, path }))
}

/** Where the key depends on another one: by what is there, else whichever knows the key. */
function variantOf({ by, of }: Variants, node: Node | undefined, step: Step): Group {
  const chosen = node === undefined ? undefined : of[textIn(node, by) ?? '']
  if (chosen !== undefined && step !== by) return chosen
  const variants = Object.values(of)
  const all: Group = { kind: 'group', keys: {}, required: [] }
  const known = variants.find(({ keys }) => typeof step === 'string' && step !== by && Object.hasOwn(keys, step))
  if (step !== by) return known ?? chosen ?? variants[0] ?? all
  return { ...all, keys: { [by]: { shape: { kind: 'choice', values: Object.keys(of) }, brief: '', read: 'boot' } } }
}

function intoNames(shape: Names, node: Node | undefined, step: Step, walk: Walk): Node {
  const rest = walk.edit.steps.slice(walk.at)
  if (typeof step !== 'string') throw refusal(walk, 'BAD_VALUE', `has names, not elements`)
  // `netbsd.sysctl.kern.hostname`: below a name there is nothing, so the dots belong to it.
  const leaves = shape.of.kind === 'scalar' || shape.of.kind === 'text'
  const name = leaves && rest.every((part) => typeof part === 'string') ? rest.join('.') : step
  const at = leaves ? walk.edit.steps.length : walk.at + 1
  const path = [...walk.path, name]
  if (!fits(name, shape.name)) throw refusal({ ...walk, path }, 'BAD_VALUE', `is not ${shape.name.what}`)
  const branch = branchOf(node, walk)
  return withEntry(branch, name, applyTo(shape.of, branch.entries.get(name), { ...walk, at, path }))
}

function intoList(shape: List, node: Node | undefined, step: Step, walk: Walk): Node {
  const list: Items = node?.kind === 'items' ? node : { kind: 'items', items: [], former: [], ...containerOf(walk) }
  const { index, at, name } = typeof step === 'string' ? findNamed(shape, list, step, walk) : countTo(list, step, walk)
  const path = [...walk.path, index]
  const before = list.items[index]
  if (at === walk.edit.steps.length && isNull(walk.edit)) {
    const former = before === undefined ? list.former : [goneOf(before, walk.edit.origin), ...list.former]
    return { ...list, items: list.items.filter((_, i) => i !== index), former }
  }
  const edit = name !== undefined && at === walk.edit.steps.length ? withName(shape, name, walk.edit) : walk.edit
  const item = applyTo(shape.of, before ?? startOf(shape, name, walk), { ...walk, edit, at, path })
  const items = index === list.items.length ? [...list.items, item] : list.items.with(index, item)
  return { ...list, items, gone: false }
}

/** Which element, and where the key goes on. */
type Found = { readonly index: number; readonly at: number; readonly name?: string }

function countTo({ items }: Items, step: number | typeof ONE_MORE, walk: Walk): Found {
  const index = step === ONE_MORE ? items.length : step
  if (index <= items.length) return { index, at: walk.at + 1 }
  throw refusal(walk, 'BAD_VALUE', `has ${items.length} elements, so the next is [${items.length}], not [${index}]`)
}

/** Names have dots in them (`hello.bin`): the longest that an element is called counts. */
function findNamed({ rule }: List, { items }: Items, step: string, walk: Walk): Found {
  if (typeof rule !== 'object') throw refusal(walk, 'BAD_VALUE', `has elements, not names`, 'write for example [0]')
  const rest = walk.edit.steps.slice(walk.at)
  const other = rest.findIndex((part) => typeof part !== 'string')
  for (let length = other < 0 ? rest.length : other; length > 0; length--) {
    const name = rest.slice(0, length).join('.')
    const found = items.flatMap((item, i) => (rule.nameOf(item) === name ? [i] : []))
    const [index] = found
    if (index === undefined) continue
    if (found.length === 1) return { index, at: walk.at + length, name }
    const advice = `say which by its index: ${formatKey([...walk.path, index])}`
    throw refusal(walk, 'CONFLICT', `has ${found.length} elements called ${quote(name)}`, advice)
  }
  return { index: items.length, at: walk.at + 1, name: step }
}

/** A new element that was asked for by its name has it. */
function startOf({ rule }: List, called: string | undefined, walk: Walk): Node | undefined {
  if (typeof rule !== 'object' || called === undefined) return undefined
  const name: Node = { kind: 'leaf', value: called, origin: walk.edit.origin, losing: [] }
  return { kind: 'branch', entries: new Map([[rule.by, name]]), ...containerOf(walk) }
}

/** `rc.shop={"argv": […]}` has been told the name by its key. */
function withName({ rule }: List, name: string, edit: ConfigEdit): ConfigEdit {
  const value = 'json' in edit.value ? edit.value.json : parsed(edit.value.text)
  if (typeof rule !== 'object' || !isJsonObject(value)) return edit
  return { ...edit, value: { json: { [rule.by]: name, ...value } } }
}

function isNull({ value }: ConfigEdit): boolean {
  return 'json' in value ? value.json === null : value.text === 'null'
}

function branchOf(node: Node | undefined, walk: Walk): Branch {
  return node?.kind === 'branch' ? node : { kind: 'branch', entries: new Map(), ...containerOf(walk) }
}

function withEntry(branch: Branch, key: string, entry: Node): Branch {
  return { ...branch, entries: new Map(branch.entries).set(key, entry), gone: branch.gone && !isThere(entry) }
}

function containerOf({ edit }: Walk) {
  return { origin: edit.origin, resets: undefined, gone: false } as const
}

function refusal(walk: Walk, code: ConfigError['code'], problem: string, advice?: string): ConfigError {
  const { origin } = walk.edit
  const words = origin.layer === 'command line' ? origin.flag : origin.layer
  const key = formatKey(walk.path)
  return new ConfigError(code, { words, path: walk.path }, `${quote(key)} ${problem}`, advice)
}

function describeStep(step: Step): string {
  if (step === ONE_MORE) return '[]'
  return typeof step === 'number' ? `[${step}]` : quote(step)
}

// All layers and the words of the command line as one configuration: checked as a whole, every value with its origin. Pure.

import type { ConfigError } from '../base/errors.ts'
import type { JsonObject } from '../base/json.ts'
import type { EffectiveConfig, Setting } from './document.ts'
import { formatKey } from './key.ts'
import { CONFIG_SHAPE } from './keys.ts'
import type { ConfigLayer } from './layer.ts'
import { describePlace, mergeLayers } from './merge.ts'
import { requireAgreement } from './agreement.ts'
import { readConfigDocument, type Refuse } from './read-document.ts'
import { readNode } from './read-node.ts'
import { originOf, refuseSetting } from './refuse.ts'
import { applyEdits } from './apply-edits.ts'
import type { ConfigEdit } from './edit.ts'
import type { Shape } from './shape.ts'
import { type Node, toJson, walk } from './tree.ts'

/**
 * The configuration that these layers, from the one that all others win over, and these edits, in their order, come to. Throws ConfigError: where
 * layers conflict, an edit means nothing, or the whole contradicts itself.
 *
 * @example
 * ```ts
 * effectiveConfig([parseConfig('{ "env": { "A": "1" } }', 'a.json')]).settings.get('env.A')?.value // '1'
 * ```
 */
export function effectiveConfig(layers: readonly ConfigLayer[], edits: readonly ConfigEdit[] = []): EffectiveConfig {
  const root = inOrder(CONFIG_SHAPE, applyEdits(mergeLayers(layers), edits).root)
  const settings = new Map<string, Setting>()
  const removed = new Map<string, Pick<Setting, 'origin' | 'losing'>>()
  walk(root, (key, node) => {
    if (node.kind === 'gone') removed.set(key, { origin: node.origin, losing: node.losing })
    else settings.set(key, { key, value: node.value, origin: node.origin, losing: node.losing })
  })
  const json = toJson(root) as JsonObject
  requireWhole(json, settings)
  const config = { settings, removed }
  const refuse: Refuse = (key, problem, advice) => refuseSetting(config, key, 'BAD_VALUE', problem, advice)
  const conflict: Refuse = (key, problem, advice) => {
    const where = describePlace(originOf(config, 'hostname'))
    return refuseSetting(config, key, 'CONFLICT', `${problem}, at ${where}`, advice)
  }
  const document = readConfigDocument(json, refuse)
  requireAgreement(document, refuse, conflict)
  return { document, settings, removed }
}

/** Keys in the order of the table, whoever said them first; names and elements stay as they are. */
function inOrder<T extends Node>(shape: Shape, node: T): T {
  if (node.kind === 'items' && shape.kind === 'list') {
    return { ...node, items: node.items.map((item) => inOrder(shape.of, item)) }
  }
  if (node.kind !== 'branch') return node
  const inner = (key: string): Shape | undefined => {
    if (shape.kind === 'names') return shape.of
    return shape.kind === 'group' ? shape.keys[key]?.shape : undefined
  }
  const keys =
    shape.kind === 'group' ? Object.keys(shape.keys).filter((key) => node.entries.has(key)) : [...node.entries.keys()]
  const entries = new Map<string, Node>()
  for (const key of keys) {
    const [entry, of] = [node.entries.get(key), inner(key)]
    if (entry !== undefined) entries.set(key, of === undefined ? entry : inOrder(of, entry))
  }
  return { ...node, entries }
}

/** Edits can leave a mount without its path, and layers together can have more of something than is allowed. */
function requireWhole(json: JsonObject, settings: EffectiveConfig['settings']): void {
  const problems: ConfigError[] = []
  readNode(CONFIG_SHAPE, json, [], {
    originOf: (path) => originOf({ settings }, formatKey(path)),
    problems,
    nulls: false,
    secrets: true,
  })
  const [first] = problems
  if (first !== undefined) throw first
}

// The kinds of values that documents are made of, and how two layers of each kind become one. The table of keys (keys.ts) is written in them;
// reader, merger, `--set`, schema, documentation and completion all walk that table. Pure.

import type { TextRule } from './patterns.ts'
import type { Node } from './tree.ts'

export type Shape = TextShape | ChoiceShape | IntegerShape | SwitchShape | ScalarShape | Group | Names | List | Variants

export type TextShape = {
  readonly kind: 'text'
  readonly rule: TextRule
  /** `{"$secret": …}` may stand here. */
  readonly secret: boolean
}
export type ChoiceShape = { readonly kind: 'choice'; readonly values: readonly string[] }
export type IntegerShape = { readonly kind: 'integer'; readonly least: number; readonly most: number }
export type SwitchShape = { readonly kind: 'switch' }
/** A text, a whole number, true or false: what a sysctl node takes. */
export type ScalarShape = { readonly kind: 'scalar'; readonly rule: TextRule }

/** An object with these keys. Layers are merged key by key. */
export type Group = {
  readonly kind: 'group'
  readonly keys: Readonly<Record<string, Key>>
  readonly required: readonly string[]
}

/** An object whose keys are names. Layers are merged by name; under one name they are merged further, or the later one counts whole. */
export type Names = {
  readonly kind: 'names'
  readonly name: TextRule
  readonly most: number
  readonly of: Shape
  readonly entries: 'merged' | 'whole'
}

/** An array. `replace`: the later layer's counts; `append`: it follows the earlier one's; `by`: elements of the same name are merged. */
export type List = {
  readonly kind: 'list'
  readonly most: number
  readonly of: Shape
  readonly rule: 'replace' | 'append' | NamedElements
}

export type NamedElements = {
  /** The key of an element that is its name. */
  readonly by: string
  readonly nameOf: (element: Node) => string | undefined
}

/** An object whose other keys depend on one. Only where entries count whole. */
export type Variants = {
  readonly kind: 'variants'
  readonly by: string
  readonly of: Readonly<Record<string, Group>>
}

export type Key = {
  readonly shape: Shape
  /** A sentence for documentation, schema and completion. */
  readonly brief: string
  /** When a guest, or whoever starts it, looks at it. */
  readonly read: ReadTime
}

export const READ_TIMES = {
  plan: 'when the guest is planned',
  boot: 'at boot, before any program',
  network: 'at boot, once the interfaces are there',
  start: 'when the program starts',
} as const
export type ReadTime = keyof typeof READ_TIMES

export const text = (rule: TextRule): TextShape => ({ kind: 'text', rule, secret: false })
export const secretText = (rule: TextRule): TextShape => ({ kind: 'text', rule, secret: true })
export const choice = (...values: readonly string[]): ChoiceShape => ({ kind: 'choice', values })
export const integer = (least: number, most: number): IntegerShape => ({ kind: 'integer', least, most })
export const onOff: SwitchShape = { kind: 'switch' }

export function group(keys: Readonly<Record<string, Key>>, required: readonly string[] = []): Group {
  return { kind: 'group', keys, required }
}

export function names(name: TextRule, most: number, of: Shape, entries: Names['entries'] = 'merged'): Names {
  return { kind: 'names', name, most, of, entries }
}

export function list(of: Shape, most: number, rule: List['rule'] = 'replace'): List {
  return { kind: 'list', most, of, rule }
}

/** Elements are called after one of their keys. */
export function namedBy(by: string): NamedElements {
  return { by, nameOf: (element) => textIn(element, by) }
}

/** The text under a key of a branch. */
export function textIn(node: Node, key: string): string | undefined {
  const entry = node.kind === 'branch' ? node.entries.get(key) : undefined
  return entry?.kind === 'leaf' && typeof entry.value === 'string' ? entry.value : undefined
}

/** The rule in words, for the tables of the documentation. */
export function describeMerge(shape: Shape): string {
  switch (shape.kind) {
    case 'group':
      return 'key by key'
    case 'names':
      return shape.entries === 'merged' ? 'by name' : 'by name, each whole'
    case 'list':
      if (typeof shape.rule === 'object') return `by \`${shape.rule.by}\``
      return shape.rule === 'append' ? 'appended' : 'replaced'
    case 'text':
    case 'choice':
    case 'integer':
    case 'switch':
    case 'scalar':
    case 'variants':
      return 'replaced'
  }
}

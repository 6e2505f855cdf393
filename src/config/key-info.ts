// What is known about a key: its sentence, when it is read, what may follow. For explaining and for completion. Pure.

import type { JsonPath } from '../base/json.ts'
import { CONFIG_SHAPE } from './keys.ts'
import type { Key, Shape } from './shape.ts'

/** Of a key that a setting has; undefined for one that no document has. */
export function keyInfo(path: JsonPath): Pick<Key, 'brief' | 'read'> | undefined {
  let shapes: readonly Shape[] = [CONFIG_SHAPE]
  let info: Pick<Key, 'brief' | 'read'> | undefined
  for (const step of path) {
    const next = shapes.flatMap((shape) => below(shape, step))
    const [first] = next
    if (first === undefined) return undefined
    shapes = next.map(({ shape }) => shape)
    info = first.key ?? info
  }
  return info
}

type Below = { readonly shape: Shape; readonly key?: Key }

/** Several where a key depends on another one, which is not looked at here. */
function below(shape: Shape, step: string | number): readonly Below[] {
  switch (shape.kind) {
    case 'group': {
      const key = typeof step === 'string' && Object.hasOwn(shape.keys, step) ? shape.keys[step] : undefined
      return key === undefined ? [] : [{ shape: key.shape, key }]
    }
    case 'variants':
      return Object.values(shape.of).flatMap((variant) => below(variant, step))
    case 'names':
    case 'list':
      return [{ shape: shape.of }]
    case 'text':
    case 'choice':
    case 'integer':
    case 'switch':
    case 'scalar':
      return []
  }
}

/** A key that can be typed, or the beginning of several. */
export type KeyProposal = { readonly key: string; readonly brief: string; readonly ends: boolean }

/** What may stand in place of a key that is being typed, up to its next part. Names are for whoever types to know. */
export function proposeKeys(partial: string): readonly KeyProposal[] {
  const dot = partial.lastIndexOf('.')
  const [head, tail] = [partial.slice(0, dot + 1), partial.slice(dot + 1)]
  const steps = head
    .split('.')
    .slice(0, -1)
    .flatMap((part) => part.split(/[[\]]/).filter((it) => it !== ''))
  let shapes: readonly Shape[] = [CONFIG_SHAPE]
  for (const step of steps) shapes = shapes.flatMap((shape) => below(shape, step).map((it) => it.shape))
  const keys = new Map(shapes.flatMap(keysOf))
  return [...keys].flatMap(([name, { shape, brief }]) => {
    const ends = shape.kind !== 'group' && shape.kind !== 'names'
    return name.startsWith(tail) ? [{ key: `${head}${name}${ends ? '' : '.'}`, brief, ends }] : []
  })
}

function keysOf(shape: Shape): readonly (readonly [string, Key])[] {
  if (shape.kind === 'group') return Object.entries(shape.keys)
  return shape.kind === 'variants' ? Object.values(shape.of).flatMap(keysOf) : []
}

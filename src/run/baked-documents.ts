// The documents in an artefact: whether they may be there, alone and together.

import { effectiveConfig } from '../config/effective.ts'
import { type ConfigLayer, parseConfigBytes } from '../config/layer.ts'
import { chooseProgram, requirePrograms } from '../config/programs.ts'
import type { BakeableProgram } from './bakeable.ts'
import type { Ingredient } from './baked-parts.ts'

/**
 * As they will be read: the documents of images first, which the artefact's own wins over. Throws ConfigError for what is wrong with one, what
 * an artefact may not bring along, and for a program that it does not have. `program` is what its own is called, `files` has what people call each.
 */
export function checkBakedDocuments(
  ingredients: readonly Ingredient[],
  { family }: BakeableProgram,
  program: string,
  files: ReadonlyMap<Ingredient, string>,
): void {
  const layerOf = (each: Ingredient): readonly ConfigLayer[] => {
    const { source, kind, name } = each
    if (source === undefined) return []
    const bytes = source.readAt(0, source.size)
    return [parseConfigBytes(bytes, files.get(each) ?? `${kind} ${name}`.trim(), 'baked')]
  }
  const ofKind = (kind: Ingredient['kind']): readonly Ingredient[] => ingredients.filter((each) => each.kind === kind)
  const layers = [...ofKind('rumpconfig'), ...ofKind('config')].flatMap(layerOf)
  if (layers.length === 0) return
  const others = ofKind('program').map(({ name }) => name)
  const config = effectiveConfig(layers)
  if (family !== 'solo5') return // such kernels have programs of their own
  if (program === '') requirePrograms(config, undefined)
  else chooseProgram(config, [program, ...others])
}

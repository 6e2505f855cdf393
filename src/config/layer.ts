// One layer: a document as text, or as an object of a program, read strictly into a tree whose values know where they stand. Pure.

import { ConfigError } from '../base/errors.ts'
import { type JsonDocument, type JsonObject, type JsonValue, parseJson } from '../base/json.ts'
import { JsonView } from '../base/json-view.ts'
import { formatSize } from '../base/size.ts'
import { CONFIG_SCHEMA, CONFIG_SCHEMA_VERSION, type ConfigOrigin } from './document.ts'
import { CONFIG_SHAPE } from './keys.ts'
import { type NodeReader, readNode } from './read-node.ts'
import type { Branch } from './tree.ts'

/** Bytes of a document: sixteen times what any guest reads. Larger ones are refused before they are looked at. */
export const MAX_CONFIG_DOCUMENT = 1024 * 1024

/** What one document says; `mergeLayers` puts several together. */
export type ConfigLayer = { readonly root: Branch }

/** Whose text it is. `baked`: the artefact's; `file`: the operator's; `platform`: of what the guest is started by. */
export type DocumentLayer = 'baked' | 'file' | 'platform'

/**
 * Reads a document. `file` is used in errors and origins. Throws ConfigError for the first thing that is wrong.
 *
 * @example
 * ```ts
 * parseConfig('{ "env": { "A": "1" } }', 'shop.json')
 * ```
 */
export function parseConfig(text: string, file: string, layer: DocumentLayer = 'file'): ConfigLayer {
  const { layer: read, problems } = checkConfig(text, file, layer)
  const [first] = problems
  if (first !== undefined) throw first
  return read
}

/** The same, with all that is wrong with the keys and values. Throws ConfigError for a text that is not JSON, or of a newer schema. */
export function checkConfig(
  text: string,
  file: string,
  layer: DocumentLayer = 'file',
): { readonly layer: ConfigLayer; readonly problems: readonly ConfigError[] } {
  const document = parseJson(text, file)
  return readDocument(document, layer === 'file', (path, part) => {
    const { line, column } = document.where(path, part)
    return { layer, file, line, column }
  })
}

/** The same for bytes: what is baked into an artefact, or lies in its root file system as `/rumpconfig.json`. */
export function parseConfigBytes(bytes: Uint8Array, file: string, layer: DocumentLayer): ConfigLayer {
  return parseConfig(readConfigBytes(bytes, file), file, layer)
}

/** Throws ConfigError LIMIT for more than `MAX_CONFIG_DOCUMENT`, before anything is looked at, and SYNTAX for bytes that are not UTF-8. */
export function readConfigBytes(bytes: Uint8Array, file: string): string {
  const start = { file, line: 1, column: 1 }
  if (bytes.length > MAX_CONFIG_DOCUMENT) {
    const problem = `has ${formatSize(bytes.length)}, at most ${formatSize(MAX_CONFIG_DOCUMENT)} are read`
    throw new ConfigError('LIMIT', start, problem)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ConfigError('SYNTAX', start, 'is not valid UTF-8')
  }
}

/** A layer that is an object of a program. Throws ConfigError as `parseConfig` does; no line then, since there is none. */
export function layerOf(value: unknown, origin: ConfigOrigin): ConfigLayer {
  let document: JsonDocument
  try {
    document = parseJson(JSON.stringify(value) ?? 'null', origin.layer)
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError('BAD_VALUE', { words: origin.layer }, 'is nothing that JSON can say')
  }
  const { layer, problems } = readDocument(document, true, () => origin)
  const [first] = problems
  if (first !== undefined) throw first
  return layer
}

function readDocument(document: JsonDocument, secrets: boolean, originOf: NodeReader['originOf']) {
  const root = requireSchema(document)
  const reader: NodeReader = { originOf, problems: [], nulls: true, secrets }
  const node = readNode(CONFIG_SHAPE, root, [], reader, true)
  const empty: Branch = {
    kind: 'branch',
    entries: new Map(),
    origin: originOf([], 'value'),
    resets: undefined,
    gone: false,
  }
  return { layer: { root: node?.kind === 'branch' ? node : empty }, problems: reader.problems }
}

/** Before the keys are looked at: a newer document may have others. What remains are settings. */
function requireSchema(document: JsonDocument): JsonValue {
  const members = JsonView.of(document).members()
  if (members.has('schema')) {
    const schema = members.get('schema')
    if (schema.string() !== CONFIG_SCHEMA) schema.fail('BAD_VALUE', `is not "${CONFIG_SCHEMA}"`)
  }
  if (members.has('schemaVersion')) {
    const version = members.get('schemaVersion')
    if (version.integer(1, Number.MAX_SAFE_INTEGER) > CONFIG_SCHEMA_VERSION) {
      const problem = `is newer than ${CONFIG_SCHEMA_VERSION}, the last that is known`
      version.fail('NEWER_SCHEMA', problem, 'use a newer Slipway')
    }
  }
  if (members.has('$schema')) members.get('$schema').string()
  const settings = Object.assign(Object.create(null), document.value) as Record<string, JsonValue>
  for (const key of ['$schema', 'schema', 'schemaVersion']) delete settings[key]
  return settings satisfies JsonObject
}

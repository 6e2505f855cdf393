// Reads what is said about baked parts back, as strictly as schema/inspect.schema.json describes it. It may have been written by anybody. Pure.

import type { JsonView } from '../base/json-view.ts'
import { quote } from '../base/quote.ts'
import { FORMAT_NAMES } from '../files/detect.ts'
import { MAX_PARTS, PART_KINDS } from './baked-format.ts'
import type { ReportedBaked, ReportedPart, ReportedProgram } from './baked-report.ts'
import { FAMILIES } from './identification.ts'
import { printable } from './parse-text.ts'

const MAX_DEVICES = 63
const COUNT = Number.MAX_SAFE_INTEGER
const PART_KEYS = ['kind', 'name', 'format', 'offset', 'length', 'digest'] as const
const PROGRAM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,66}$/
const DEVICE_NAME = /^[A-Za-z0-9]{1,67}$/

/** Throws ConfigError. */
export function parseBaked(view: JsonView): ReportedBaked {
  const { get } = view.object(['program', 'originalSize', 'parts'])
  const parts = get('parts').array(MAX_PARTS)
  if (parts.length === 0) get('parts').fail('BAD_VALUE', 'is empty, and something is baked in')
  return {
    program: get('program').isNull() ? null : get('program').matching(PROGRAM_NAME, 'the name of a program'),
    originalSize: get('originalSize').integer(0, COUNT),
    parts: parts.map(parsePart),
  }
}

function parsePart(view: JsonView): ReportedPart {
  const kind = view.members().get('kind').oneOf(PART_KINDS)
  const { get } = view.object(kind === 'program' ? [...PART_KEYS, 'contents'] : PART_KEYS)
  if (kind !== 'files' && !get('format').isNull()) get('format').fail('BAD_VALUE', 'must be null: only files have one')
  const place = {
    format: get('format').isNull() ? null : get('format').oneOf(FORMAT_NAMES),
    offset: get('offset').integer(0, COUNT),
    length: get('length').integer(1, COUNT),
    digest: get('digest').matching(/^[0-9a-f]{64}$/, 'a SHA-256'),
  }
  const name = get('name')
  switch (kind) {
    case 'program':
      return {
        kind,
        name: name.matching(PROGRAM_NAME, 'the name of a program'),
        ...place,
        contents: get('contents').isNull() ? null : parseProgram(get('contents')),
      }
    case 'config':
      if (!name.isNull()) name.fail('BAD_VALUE', `is ${quote(name.string())}, and a document has none`)
      return { kind, name: null, ...place }
    case 'files':
    case 'rumpconfig':
      return { kind, name: name.matching(DEVICE_NAME, 'the name of a device'), ...place }
  }
}

function parseProgram(view: JsonView): ReportedProgram {
  const { get } = view.object(['family', 'summary', 'target', 'processor', 'devices'])
  const orNull = (key: string): string | null => (get(key).isNull() ? null : printable(get(key)))
  return {
    family: get('family').oneOf(FAMILIES),
    summary: printable(get('summary')),
    target: orNull('target'),
    processor: orNull('processor'),
    devices: get('devices')
      .array(MAX_DEVICES)
      .map((device) => {
        const { get } = device.object(['name', 'type'])
        const name = get('name').matching(/^[^\0\u0100-\uffff]{0,67}$/, 'a name of at most 67 bytes')
        return { name, type: get('type').oneOf(['net', 'block']) }
      }),
  }
}

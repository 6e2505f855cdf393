// Flags that several verbs of `slipway fs` understand, and what they mean.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { parseSize } from '../base/size.ts'
import { FORMAT_NAMES, type FormatName, type Packing } from '../files/detect.ts'
import { PROPERTIES, type Property } from '../files/losses.ts'
import { parsePlatform, type Platform } from '../files/platform.ts'
import type { Time } from '../files/tree.ts'

export const jsonFlag = {
  kind: 'boolean',
  brief: 'Print one JSON document (schema/fs.schema.json)',
  optional: true,
  withNegated: false,
} as const

export const outputFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'What to write; an existing file is replaced',
  placeholder: 'FILE',
} as const

/** Of what is looked into. */
export const treeFlags = {
  platform: {
    kind: 'parsed',
    parse: parsePlatform,
    brief: 'Which of a container’s images; linux and this machine’s if not given',
    placeholder: 'OS/ARCH',
    optional: true,
  },
} as const

export type TreeFlags = { readonly platform?: Platform }

export type SourceFlags = TreeFlags & {
  readonly root?: readonly string[]
  readonly owner?: { uid: number; gid: number }
  readonly mtime?: Time
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly replace?: boolean
  readonly defaultEtc?: boolean
}

/** Which files, whose they are, and when they were made. */
export const sourceFlags = {
  root: {
    kind: 'parsed',
    parse: String,
    brief: 'A source; later ones lie on top',
    placeholder: 'SOURCE',
    optional: true,
    variadic: true,
  },
  owner: {
    kind: 'parsed',
    parse: parseOwner,
    brief: 'Everything belongs to UID:GID',
    placeholder: 'UID:GID',
    optional: true,
  },
  mtime: {
    kind: 'parsed',
    parse: (text: string) => parseTime(text, '--mtime'),
    brief: 'Everything is of this time',
    placeholder: 'TIME',
    optional: true,
  },
  include: {
    kind: 'parsed',
    parse: String,
    brief: 'Only what matches',
    placeholder: 'PATTERN',
    optional: true,
    variadic: true,
  },
  exclude: {
    kind: 'parsed',
    parse: String,
    brief: 'Nothing that matches',
    placeholder: 'PATTERN',
    optional: true,
    variadic: true,
  },
  replace: {
    kind: 'boolean',
    brief: 'A directory on top replaces one below, instead of merging',
    optional: true,
    withNegated: false,
  },
  defaultEtc: {
    kind: 'boolean',
    brief: 'Begin with an /etc that programs can do with',
    optional: true,
    withNegated: false,
  },
  ...treeFlags,
} as const

export function sourceOptions({ owner, mtime, include, exclude, replace, defaultEtc, platform }: SourceFlags) {
  const rule = replace === true ? ('replace' as const) : ('merge' as const)
  return { owner, mtime, latest: sourceDate(), include, exclude, rule, defaultEtc, platform }
}

function sourceDate(): Time | undefined {
  const text = process.env['SOURCE_DATE_EPOCH']
  return text === undefined || text === '' ? undefined : parseTime(text, 'SOURCE_DATE_EPOCH')
}

export type FormatFlags = LossFlags & {
  readonly format?: FormatName
  readonly compress?: Packing
  readonly level?: number
  readonly blockSize?: number
  readonly size?: number
  readonly label?: string
  readonly uuid?: string
  readonly strict?: boolean
}

/** What may be lost on the way. */
export const lossFlags = {
  allowLoss: {
    kind: 'parsed',
    parse: parseLosses,
    proposeCompletions: proposeLosses,
    brief: 'Go on without owner, mode, mtime, … (or all)',
    placeholder: 'WHAT',
    optional: true,
    variadic: true,
  },
} as const

export type LossFlags = { readonly allowLoss?: readonly Property[][] }

/** Which format, and how it is written. */
export const formatFlags = {
  format: {
    kind: 'enum',
    values: FORMAT_NAMES,
    brief: 'The format; by the end of the name if not given',
    optional: true,
  },
  compress: {
    kind: 'enum',
    values: ['gzip', 'zstd'],
    brief: 'Pack a tar or cpio, or choose the codec of a SquashFS',
    optional: true,
  },
  level: {
    kind: 'parsed',
    parse: parseLevel,
    brief: 'How hard to compress: 1 to 9 for gzip, 1 to 19 for zstd',
    placeholder: 'N',
    optional: true,
  },
  blockSize: {
    kind: 'parsed',
    parse: (text: string) => parseSize(text, '--block-size', { allowBytes: true }),
    brief: 'Bytes of a block (SquashFS, ext2) or cluster (FAT)',
    placeholder: 'SIZE',
    optional: true,
  },
  size: {
    kind: 'parsed',
    parse: (text: string) => parseSize(text, '--size'),
    brief: 'At least so large, the rest free (ext2, FAT)',
    placeholder: 'SIZE',
    optional: true,
  },
  label: {
    kind: 'parsed',
    parse: String,
    brief: 'The volume’s name (ISO 9660, ext2, FAT)',
    placeholder: 'NAME',
    optional: true,
  },
  uuid: {
    kind: 'parsed',
    parse: String,
    brief: 'What it is known by, as blkid shows it (ISO 9660, ext2, FAT)',
    placeholder: 'UUID',
    optional: true,
  },
  ...lossFlags,
  strict: {
    kind: 'boolean',
    brief: 'Refuse to cut times to what the format has',
    optional: true,
    withNegated: false,
  },
} as const

export function imageOptions({ compress, allowLoss = [], ...flags }: FormatFlags) {
  const { format, level, blockSize, size, label, uuid, strict } = flags
  return {
    format,
    packing: compress,
    level,
    blockSize,
    size,
    label,
    uuid,
    allowLoss: new Set(allowLoss.flat()),
    strict,
  }
}

function parseLevel(text: string): number {
  const level = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (level >= 1 && level <= 19) return level
  throw new UsageError('BAD_ARGUMENT', `--level is ${quote(text)}, not a number from 1 to 19`)
}

function parseLosses(text: string): Property[] {
  return text.split(',').flatMap((word) => {
    if (word === 'all') return PROPERTIES
    const found = PROPERTIES.find((property) => property === word)
    if (found !== undefined) return [found]
    throw new UsageError(
      'BAD_ARGUMENT',
      `--allow-loss has ${quote(word)}, which is nothing that can be lost`,
      `known are ${PROPERTIES.join(', ')} and all`,
    )
  })
}

/** Behind a comma, another one. */
function proposeLosses(partial: string): readonly string[] {
  const before = partial.slice(0, partial.lastIndexOf(',') + 1)
  return [...PROPERTIES, 'all'].map((word) => before + word)
}

/** `UID:GID`, or one number for both. */
export function parseOwner(text: string): { uid: number; gid: number } {
  const [, uid, gid = uid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text) ?? []
  if (uid !== undefined && Number(uid) < 2 ** 32 && Number(gid) < 2 ** 32) return { uid: Number(uid), gid: Number(gid) }
  throw new UsageError('BAD_ARGUMENT', `--owner is ${quote(text)}, not UID:GID`, 'write numbers, such as 0:0')
}

const DATE = /^\d{4}-\d\d-\d\d$/
const DATE_AND_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/

/** Seconds since 1970, behind an @ if you like, or a date as ISO 8601 has it. */
export function parseTime(text: string, what: string): Time {
  const [, digits] = /^@?(-?\d{1,12})$/.exec(text) ?? []
  if (digits !== undefined) return { seconds: Number(digits), nanoseconds: 0 }
  const milliseconds = DATE.test(text) || DATE_AND_TIME.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(milliseconds)) return { seconds: Math.floor(milliseconds / 1000), nanoseconds: 0 }
  const examples = 'write 2026-11-26, 2026-11-26T12:00:00Z or @1795694400'
  throw new UsageError('BAD_ARGUMENT', `${what} is ${quote(text)}, not a time`, examples)
}

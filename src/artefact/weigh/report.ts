// What `slipway weigh` says about a file, as plain data for programs (schema/weigh.schema.json). Pure. Everything in it may come from a file
// that nobody has vouched for.

import { VERSION } from '../../base/version.ts'
import type { Family } from '../identification.ts'
import { gather, leastFor } from './gather.ts'
import type { LookedInto, Weighed } from './weigh.ts'
import { sumUses, type Use, type Weight, type WeightKind } from './weight.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const WEIGH_SCHEMA_VERSION = 1

/** Of more, the smallest are put together: a document has some 150 bytes for each. */
export const MAX_REPORTED = 200_000

export interface ReportedWeight {
  /** Bytes that are no UTF-8 are U+DC80 to U+DCFF. */
  readonly name: string
  readonly kind: WeightKind
  readonly use: Use
  readonly bytes: number
  /** The largest first; absent where there are none. They sum to `bytes`. */
  readonly children?: readonly ReportedWeight[]
}

/** `schema/weigh.schema.json` describes it field by field. */
export interface WeighReport {
  readonly schema: 'slipway.weigh'
  readonly schemaVersion: typeof WEIGH_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  readonly size: number
  readonly family: Family
  /** What it is, in a few words. */
  readonly summary: string
  /** Bytes of memory that begin as zeros, which the file does not have; null where that is not known. */
  readonly memoryOnly: number | null
  /** The most first; they sum to `size`. */
  readonly uses: readonly { readonly use: Use; readonly bytes: number }[]
  readonly images: readonly LookedInto[]
  /** What could not be looked at, and why. */
  readonly remarks: readonly string[]
  readonly tree: ReportedWeight
}

/** A file that has been weighed, and what it is. */
export interface WeighedFile extends Weighed {
  readonly file: string
  readonly family: Family
  readonly summary: string
}

/** As data that JSON can hold. `depth` is how many levels are told. */
export function describeWeighed(weighed: WeighedFile, depth: number = Number.POSITIVE_INFINITY): WeighReport {
  const { file, family, summary, tree, images, remarks, memoryOnly = null } = weighed
  const least = leastFor(tree, MAX_REPORTED)
  return {
    schema: 'slipway.weigh',
    schemaVersion: WEIGH_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    file,
    size: tree.bytes,
    family,
    summary,
    memoryOnly,
    uses: sumUses(tree),
    images,
    remarks,
    tree: reported(gather(tree, { depth, least, most: Number.POSITIVE_INFINITY })),
  }
}

function reported({ children, ...own }: Weight): ReportedWeight {
  return children.length === 0 ? own : { ...own, children: children.map(reported) }
}

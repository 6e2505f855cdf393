// Who has which bytes of a file, where headers say so that nobody has vouched for: they may overlap, leave gaps and lead anywhere. Every byte
// ends in one place. Pure.

import { branch, leaf, type Use, type Weight, type WeightKind } from './weight.ts'

/** Bytes from `start` up to `end`, which is not one of them. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Something that says these bytes are its own. */
export interface Claim extends Range {
  readonly kind: WeightKind
  readonly name: string
  readonly use: Use
  /** What it is made of; asked only where it has all that it claims, and may return nothing. They sum to its bytes. */
  readonly inside?: () => readonly Weight[]
}

export interface Division {
  /** From the outside to the inside: what one claims is divided among the next. */
  readonly ranks: readonly (readonly Claim[])[]
  /** Whether there are only zeros. */
  readonly isEmpty: (range: Range) => boolean
  /** What bytes are called that are neither zero nor claimed, outside of everything. */
  readonly rest: Pick<Weight, 'kind' | 'name' | 'use'>
}

/** Of more claims to the same bytes, no more are named. */
const MAX_NAMED = 3
/** Nor told apart. Only a file that means harm has so many. */
const MAX_TOLD_APART = 32

/** Names for all bytes of `range`. */
export function divide(range: Range, division: Division): readonly Weight[] {
  return range.end > range.start ? divideSpans([range], 0, undefined, division) : []
}

/** The spans are in ascending order and do not overlap. `owner` has claimed them all. */
function divideSpans(
  spans: readonly Range[],
  rank: number,
  owner: Claim | undefined,
  division: Division,
): readonly Weight[] {
  const claims = division.ranks[rank]
  if (claims === undefined) return nameGaps(spans, owner, division)
  return [...group(spans, claims).values()].flatMap(({ claims: [first, ...others], spans: shared }) => {
    if (first === undefined) return divideSpans(shared, rank + 1, owner, division)
    return [weighClaim(others.length === 0 ? first : overlap([first, ...others]), shared, rank, division)]
  })
}

function weighClaim(claim: Claim, spans: readonly Range[], rank: number, division: Division): Weight {
  const { kind, name, use, start, end, inside } = claim
  const bytes = lengthOf(spans)
  const own = inside !== undefined && bytes === end - start ? inside() : []
  if (own.length > 0) return branch(kind, name, own)
  const deeper = division.ranks.slice(rank + 1)
  const divided = deeper.some((claims) =>
    claims.some((it) => it.end > it.start && spans.some((span) => meet(span, it))),
  )
  if (!divided) return leaf(kind, name, use, bytes)
  return branch(kind, name, divideSpans(spans, rank + 1, claim, division))
}

/** What several claim, as if it were one more. */
function overlap(claims: readonly [Claim, ...Claim[]]): Claim {
  const named = claims.slice(0, MAX_NAMED).map(({ name }) => name)
  const more = claims.length > MAX_NAMED ? ` and ${claims.length - MAX_NAMED} more` : ''
  const [{ use, start, end }] = claims
  return { kind: 'overlap', name: named.join(', ') + more, use, start, end }
}

/** What nobody claims: padding, and what is no padding. */
function nameGaps(spans: readonly Range[], owner: Claim | undefined, { isEmpty, rest }: Division): Weight[] {
  let [empty, other] = [0, 0]
  for (const span of spans) {
    if (isEmpty(span)) empty += span.end - span.start
    else other += span.end - span.start
  }
  const named = owner === undefined ? rest : { kind: 'rest' as const, name: 'no section', use: owner.use }
  return [leaf('padding', 'padding', 'free', empty), leaf(named.kind, named.name, named.use, other)].filter(
    ({ bytes }) => bytes > 0,
  )
}

interface Group {
  readonly claims: readonly Claim[]
  readonly spans: Range[]
}

/** The spans, cut wherever a claim begins or ends; pieces with the same claims are one group. */
function group(spans: readonly Range[], claims: readonly Claim[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>()
  const add = (active: ReadonlySet<number>, start: number, end: number): void => {
    if (end <= start) return
    const indexes = [...active].slice(0, MAX_TOLD_APART).sort((a, b) => a - b)
    const key = indexes.join()
    const known = groups.get(key)
    if (known !== undefined) known.spans.push({ start, end })
    else groups.set(key, { claims: indexes.map((i) => claims[i] as Claim), spans: [{ start, end }] })
  }
  const events = eventsOf(spans, claims)
  const active = new Set<number>()
  let next = 0
  for (const { start, end } of spans) {
    let at = start
    for (; next < events.length && (events[next] as Event).at < end; next++) {
      const event = events[next] as Event
      add(active, at, event.at)
      at = Math.max(at, event.at)
      if (event.begins) active.add(event.claim)
      else active.delete(event.claim)
    }
    add(active, at, end)
  }
  return groups
}

interface Event {
  readonly at: number
  readonly claim: number
  readonly begins: boolean
}

/** In ascending order; where one claim ends and another begins, the end comes first. */
function eventsOf(spans: readonly Range[], claims: readonly Claim[]): readonly Event[] {
  const first = spans[0]?.start ?? 0
  const last = spans.at(-1)?.end ?? 0
  const events: Event[] = []
  claims.forEach(({ start, end }, claim) => {
    if (start >= end || start >= last || end <= first) return
    events.push({ at: start, claim, begins: true }, { at: end, claim, begins: false })
  })
  return events.sort((a, b) => a.at - b.at || Number(a.begins) - Number(b.begins))
}

function meet(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end
}

function lengthOf(spans: readonly Range[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0)
}

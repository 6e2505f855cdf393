// A configuration as one guest receives it: secrets put in, what the dialect has not refused, the text written and measured. Pure.

import { UsageError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { DialectName, EffectiveConfig, Secrets, Text } from '../document.ts'
import { formatKey } from '../key.ts'
import { refuseSetting } from '../refuse.ts'
import { type CarrierName, requireRoom, type Room, roomFor } from './carriers.ts'
import type { Dialect, Guest, Refuse, ToldDocument } from './dialect.ts'
import { FEATURE_NAMES, FEATURES, type FeatureName, firstUse } from './features.ts'
import { linuxDialect } from './linux/render.ts'
import { mirageDialect } from './mirage/render.ts'
import { rumprunLegacyDialect } from './rumprun-legacy/render.ts'
import { rumprunDialect } from './rumprun/render.ts'
import { solo5Dialect } from './solo5/render.ts'
import { unikraftDialect } from './unikraft/render.ts'

export const DIALECT_WRITERS: Readonly<Record<DialectName, Dialect>> = {
  solo5: solo5Dialect,
  mirage: mirageDialect,
  rumprun: rumprunDialect,
  'rumprun-legacy': rumprunLegacyDialect,
  unikraft: unikraftDialect,
  linux: linuxDialect,
}

export interface RenderOptions {
  readonly guest: Guest
  readonly carrier?: CarrierName | undefined
  /** Values of the secrets; without them, a word stands for each and the length is not checked. */
  readonly secrets?: Secrets | undefined
  /** What QEMU puts in front of a multiboot command line, with a blank; its bytes count, and rumprun looks in it for the first `{`, too. */
  readonly kernelPath?: string | undefined
}

export interface Rendering {
  readonly dialect: DialectName
  readonly room: Room
  /** What the guest receives, as UTF-8. Not for a terminal where there are secrets: `shown` is. */
  readonly text: string
  /** The same with a word in the place of each secret. */
  readonly shown: string
  /** References of the secrets in it. */
  readonly secrets: readonly string[]
  readonly notes: readonly string[]
}

/**
 * What a guest receives. Throws ConfigError: INEXPRESSIBLE, where it was said, for what the dialect cannot say; LIMIT for more than the carrier holds;
 * NO_SECRET for a secret without a value. Throws UsageError for a carrier that does not lead to such guests.
 *
 * @example
 * ```ts
 * renderConfig('solo5', effectiveConfig([layer]), { guest: { name: 'hello' } }).text // 'one two'
 * ```
 */
export function renderConfig(name: DialectName, config: EffectiveConfig, options: RenderOptions): Rendering {
  const { guest, carrier, secrets, kernelPath } = options
  const room = roomFor(name, guest.platform, carrier)
  const dialect = DIALECT_WRITERS[name]
  const refuse: Refuse = (key, problem, advice, code = 'INEXPRESSIBLE') => {
    return refuseSetting(config, key, code, problem, advice)
  }
  requireExpressible(dialect, config, refuse)
  const references = new Set<string>()
  const placeholder = told(config, (reference) => {
    references.add(reference)
    return placeholderFor(reference)
  })
  const shown = dialect.write(placeholder, guest, refuse)
  const known = secrets !== undefined || references.size === 0
  const written =
    secrets === undefined || references.size === 0
      ? shown
      : dialect.write(
          told(config, (reference, key) => secrets.get(reference) ?? missing(config, key, reference)),
          guest,
          refuse,
        )
  const end = room.carrier === 'cmdline' || room.carrier === 'xenstore' ? '' : dialect.end
  const text = written.text + end
  const taken = takenBy(kernelPath, room)
  if (known) requireRoom(bytesOf(text), room, taken)
  return {
    dialect: name,
    room,
    text,
    shown: shown.text + end,
    secrets: [...references],
    notes: shown.notes,
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

/** Throws UsageError for a path in which a guest would find the beginning of its configuration. */
function takenBy(kernelPath: string | undefined, { platform, carrier }: Room): number {
  if (kernelPath === undefined || platform !== 'pc' || carrier !== 'cmdline') return 0
  if (!kernelPath.includes('{')) return bytesOf(kernelPath) + 1
  const problem = `the kernel’s path ${quote(kernelPath)} has a { in it, where such a guest would begin to read`
  throw new UsageError('BAD_ARGUMENT', problem, 'use the carrier module, or another path')
}

function requireExpressible({ name, expresses }: Dialect, { document }: EffectiveConfig, refuse: Refuse): void {
  for (const feature of FEATURE_NAMES) {
    const key = expresses[feature] === false ? firstUse(feature, document) : undefined
    if (key === undefined) continue
    const others = dialectsWith(feature)
    const advice = others.length === 0 ? undefined : `${others.join(', ')} can say it`
    refuse(key, `is nothing that a ${name} guest can be told (${FEATURES[feature].words.replaceAll('`', '')})`, advice)
  }
}

function dialectsWith(feature: FeatureName): readonly DialectName[] {
  return Object.values(DIALECT_WRITERS).flatMap(({ name, expresses }) => (expresses[feature] === false ? [] : [name]))
}

/** The document with words in the place of its secrets. */
function told({ document }: EffectiveConfig, valueOf: (reference: string, key: string) => string): ToldDocument {
  const word = (text: Text, key: string): string => (typeof text === 'string' ? text : valueOf(text.$secret, key))
  return {
    ...document,
    rc: document.rc.map((program, i) => ({
      ...program,
      argv: program.argv.map((text, j) => word(text, formatKey(['rc', i, 'argv', j]))),
    })),
    env: new Map([...document.env].map(([name, text]) => [name, word(text, formatKey(['env', name]))])),
  }
}

/** Of characters that no dialect has to treat in any way. */
function placeholderFor(reference: string): string {
  return `<secret:${reference.replaceAll(/[^A-Za-z0-9_.:/-]/g, '_')}>`
}

function missing(config: EffectiveConfig, key: string, reference: string): never {
  return refuseSetting(config, key, 'NO_SECRET', `needs the secret ${reference}, which has no value here`)
}

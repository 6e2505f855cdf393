// What a guest receives of a configuration, for showing: nothing is started, and no secret is looked up.

import { basename } from 'node:path'
import { readBaked } from '../artefact/baked.ts'
import type { Family, Identification } from '../artefact/identification.ts'
import { identify } from '../artefact/identify.ts'
import type { CarrierName, Platform } from '../config/dialects/carriers.ts'
import type { Guest } from '../config/dialects/dialect.ts'
import { renderConfig } from '../config/dialects/render.ts'
import { describeRendering, type RenderReport } from '../config/dialects/render-report.ts'
import type { DialectName } from '../config/document.ts'
import { openFile } from '../host/files.ts'
import { DEFAULT_MEMORY } from '../wiring/plan.ts'
import { codecs } from './codecs.ts'
import { configure } from './configure.ts'
import type { BakedDocument, GuestConfig, Listener } from './guest-config.ts'
import { programsIn, readDocuments } from './what-is-baked.ts'

export interface RenderConfigOptions {
  readonly config?: GuestConfig | undefined
  /** Words for the program. */
  readonly args?: readonly string[] | undefined
  readonly memory?: number | undefined
  readonly carrier?: CarrierName | undefined
  /** What starts the guest, where the artefact does not say it. */
  readonly platform?: Platform | undefined
  /** The artefact's programs in the order in which they were baked. */
  readonly programs?: readonly string[] | undefined
  readonly kernelPath?: string | undefined
}

/** Without an artefact, as some guest of that family would receive it. Throws ConfigError, UsageError and HostError. */
export function renderConfigOf(path: string | undefined, options: RenderConfigOptions): RenderReport {
  const { config = configure({ caller: 'command line' }), args, memory, carrier, kernelPath, programs } = options
  const known = path === undefined ? ANYBODY : lookAt(path)
  const names = programs ?? known.programs
  const guest: Guest = {
    name: names?.[0] ?? (path === undefined ? 'guest' : basename(path).replace(/\.[a-z]+$/, '')),
    programs: names,
    parameters: known.parameters,
    platform: options.platform ?? known.platform,
  }
  const listener: Listener = {
    program: guest.name,
    programs: names,
    startsOne: known.startsOne,
    baked: known.documents,
    words: args,
    memory: { usual: DEFAULT_MEMORY, given: memory },
  }
  const effective = config.effective(listener)
  const dialect = effective.document.dialect ?? known.dialect
  return describeRendering(renderConfig(dialect, effective, { guest, carrier, kernelPath }), path ?? null)
}

interface Known {
  /** What such guests are told in if nobody says otherwise. */
  readonly dialect: DialectName
  readonly platform: Platform | undefined
  readonly parameters: Guest['parameters']
  /** What it brings along: its programs, of which one may be all that is started, and what they are told. */
  readonly programs: readonly string[] | undefined
  readonly startsOne: boolean
  readonly documents: readonly BakedDocument[]
}

const ANYBODY: Known = {
  dialect: 'mirage',
  platform: undefined,
  parameters: undefined,
  programs: undefined,
  startsOne: false,
  documents: [],
}

function lookAt(path: string): Known {
  const file = openFile(path)
  try {
    const baked = readBaked(file.source)
    const known = knownOf(identify(file.source, codecs))
    if (baked === undefined) return known
    return { ...known, programs: programsIn(baked), documents: readDocuments(file, path, baked) }
  } finally {
    file.close()
  }
}

function knownOf({ family, target, accepts }: Identification): Known {
  return {
    ...ANYBODY,
    startsOne: family === 'solo5',
    dialect: DIALECT_BY_FAMILY.get(family) ?? ANYBODY.dialect,
    platform: PLATFORM_BY_TARGET.get(target ?? ''),
    parameters: family === 'unikraft' ? listed(accepts) : undefined,
  }
}

/** What such guests are told in if nobody says otherwise; everybody else in MirageOS's words, as `slipway run` does. */
const DIALECT_BY_FAMILY: ReadonlyMap<Family, DialectName> = new Map([
  ['unikraft', 'unikraft'],
  ['rumprun', 'rumprun-legacy'],
  ['linux', 'linux'],
])

/** By what the family calls its targets; the others are the usual ones of their dialect. */
const PLATFORM_BY_TARGET: ReadonlyMap<string, Platform> = new Map([
  ['hvt', 'solo5'],
  ['spt', 'solo5'],
  ['virtio', 'pc'],
  ['hw', 'pc'],
  ['xen', 'xen'],
  ['xen-x86_64', 'xen'],
  ['fc-x86_64', 'firecracker'],
])

/** The parameters that a Unikraft image lists (`env.vars`, `charp[8]`); undefined where it has no list. */
function listed(accepts: Identification['accepts']): Guest['parameters'] {
  const found = accepts.flatMap(({ name, form }) => {
    const type = /^[a-z0-9]+(?:\[([0-9]+)\])?$/.exec(form)
    return type !== null && /^\w+(?:\.\w+)?$/.test(name) ? [{ name, count: Number(type[1] ?? 1) }] : []
  })
  return found.length === 0 ? undefined : found
}

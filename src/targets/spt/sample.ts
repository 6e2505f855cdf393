// Plans for tests, with devices as they are wired on a command line, and no machine behind them. Pure.

import { readArtefact } from '../../artefact/artefact.ts'
import type { Baked, BakedPart } from '../../artefact/baked-format.ts'
import type { DeviceDeclaration } from '../../artefact/manifest.ts'
import { sampleArtefact } from '../../artefact/sample.ts'
import { type Source, sourceOf } from '../../base/reader.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { ResourceFacts } from '../../wiring/facts.ts'
import { parseBlockFlag, parseNetFlag } from '../../wiring/flag.ts'
import { type Plan, planGuest } from '../../wiring/plan.ts'
import type { Wire } from '../../wiring/wire.ts'

/** What is wired, and what is found there: for `baked:` the part of the artefact. */
export type WiredSample = readonly [flag: string, facts: ResourceFacts | SamplePart]

/** Bytes; what lies there depends on its place in the file. */
export type SamplePart = { readonly kind: 'part'; readonly offset: number; readonly capacity: number }

const ORIGIN = { layer: 'command line' } as const

/** A guest that declares what is wired, in the order given. */
export function samplePlan(
  wired: readonly WiredSample[],
  config: Partial<Configuration> = {},
): { plan: Plan; artefact: Source } {
  const wires = wired.map(([flag, { kind }]): Wire => {
    return kind === 'block' || kind === 'part' ? parseBlockFlag(flag, ORIGIN) : parseNetFlag(flag, ORIGIN)
  })
  const devices = wires.map(({ type, device }): DeviceDeclaration => ({ type, name: device }))
  const artefact = sourceOf(withPages(sampleArtefact({ devices }), wired))
  const facts = {
    platform: 'linux',
    machine: 'x64',
    kernel: '6.1.0',
    artefact: {
      path: '/srv/shop.spt',
      identity: { device: 1n, inode: 2n, size: 3, modifiedSeconds: 4n, modifiedNanoseconds: 5n },
      executable: true,
    },
    resources: new Map(
      wired.flatMap(([, resource], i) =>
        resource.kind === 'part' ? [] : [[wires[i]?.device ?? '', resource] as const],
      ),
    ),
  }
  const settings = { name: 'shop', memorySize: 64 * 2 ** 20, commandLine: '', ...config }
  const carrier = { ...readArtefact(artefact), baked: bakedIn(wires, wired, artefact.size) }
  return { plan: planGuest(carrier, { wires }, settings, facts), artefact }
}

/** Long enough for every part. */
function withPages(bytes: Uint8Array, wired: readonly WiredSample[]): Uint8Array {
  const ends = wired.map(([, facts]) => (facts.kind === 'part' ? facts.offset + facts.capacity : 0))
  const all = Uint8Array.from({ length: Math.max(bytes.length, ...ends) }, (_, i) => i % 251)
  all.set(bytes)
  return all
}

/** As if the parts had been baked in; where their note is does not matter to a plan. */
function bakedIn(wires: readonly Wire[], wired: readonly WiredSample[], size: number): Baked {
  const parts = wired.flatMap(([, facts], i): BakedPart[] => {
    if (facts.kind !== 'part') return []
    const { offset, capacity: length } = facts
    return [{ kind: 'files', name: wires[i]?.device ?? '', format: null, offset, length, digest: '' }]
  })
  return { program: '', originalSize: size, originalTable: undefined, size, parts, note: { offset: 0, size: 0 } }
}

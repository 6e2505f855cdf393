// Plans for tests, with devices as they are wired on a command line, and no machine behind them. Pure.

import { readArtefact } from '../../artefact/artefact.ts'
import type { DeviceDeclaration } from '../../artefact/manifest.ts'
import { sampleArtefact } from '../../artefact/sample.ts'
import { type Source, sourceOf } from '../../base/reader.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { ResourceFacts } from '../../wiring/facts.ts'
import { parseBlockFlag, parseNetFlag } from '../../wiring/flag.ts'
import { type Plan, planGuest } from '../../wiring/plan.ts'
import type { Wire } from '../../wiring/wire.ts'

/** What is wired, and what is found there. */
export type WiredSample = readonly [flag: string, facts: ResourceFacts]

const ORIGIN = { layer: 'command line' } as const

/** A guest that declares what is wired, in the order given. */
export function samplePlan(
  wired: readonly WiredSample[],
  config: Partial<Configuration> = {},
): { plan: Plan; artefact: Source } {
  const wires = wired.map(([flag, facts]): Wire => {
    return facts.kind === 'block' ? parseBlockFlag(flag, ORIGIN) : parseNetFlag(flag, ORIGIN)
  })
  const devices = wires.map(({ type, device }): DeviceDeclaration => ({ type, name: device }))
  const artefact = sourceOf(sampleArtefact({ devices }))
  const facts = {
    platform: 'linux',
    machine: 'x64',
    kernel: '6.1.0',
    artefact: {
      path: '/srv/shop.spt',
      identity: { device: 1n, inode: 2n, size: 3, modifiedSeconds: 4n, modifiedNanoseconds: 5n },
      executable: true,
    },
    resources: new Map(wired.map(([, resource], i) => [wires[i]?.device ?? '', resource])),
  }
  const settings = { name: 'shop', memorySize: 64 * 2 ** 20, commandLine: '', ...config }
  return { plan: planGuest(readArtefact(artefact), { wires }, settings, facts), artefact }
}

// What planning needs to know of this machine, gathered by looking only.

import { release } from 'node:os'
import type { HostFacts, ResourceFacts } from '../wiring/facts.ts'

/** The machine's facts together with those of an artefact's file and of what is wired. */
export function factsWith(artefact: HostFacts['artefact'], resources: ReadonlyMap<string, ResourceFacts>): HostFacts {
  return { platform: process.platform, machine: process.arch, kernel: release(), artefact, resources }
}

// What planning needs to know of this machine, gathered by looking only.

import { release } from 'node:os'
import type { HostFacts } from '../wiring/plan.ts'

/** The machine's facts together with those of an artefact's file. */
export function factsWith(artefact: HostFacts['artefact']): HostFacts {
  return { platform: process.platform, machine: process.arch, kernel: release(), artefact }
}

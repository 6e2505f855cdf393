// The configuration of an artefact that brings one along and gets no other. A module that only what loads configuration anyway imports.

import { type Caller, configure } from './configure.ts'
import type { GuestOptions } from './prepare.ts'
import { needsOwnConfig } from './what-is-baked.ts'

/** The same options, with a configuration where the artefact has one. Throws FormatError and HostError. */
export function withBakedConfig(path: string, options: GuestOptions, caller: Caller = 'program'): GuestOptions {
  return needsOwnConfig(path, options) ? { ...options, config: configure({ caller }) } : options
}

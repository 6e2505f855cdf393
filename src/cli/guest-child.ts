// A guest that could not take the place of this process: what a person sends to us is meant for it, and we end as it does.

import { constants } from 'node:os'
import type { Instance, Outcome } from '../run/instance.ts'

const EXIT_TIMED_OUT = 124 // as timeout(1)
const SIGNAL_BASE = 128
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

export function exitStatus(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'exited':
      return outcome.status
    case 'killed':
      return SIGNAL_BASE + constants.signals[outcome.signal as NodeJS.Signals]
    case 'timed-out':
      return EXIT_TIMED_OUT
  }
}

/** What a person or a service manager sends to us is meant for the guest; we end when it does. */
export function passSignalsOn(): { readonly to: (instance: Instance) => void; readonly release: () => void } {
  const early: NodeJS.Signals[] = []
  let pass = (signal: NodeJS.Signals): void => void early.push(signal)
  const handler = (signal: NodeJS.Signals): void => pass(signal)
  for (const signal of PASSED_ON) process.on(signal, handler)
  return {
    to: (instance) => {
      pass = (signal) => instance.kill(signal)
      for (const signal of early) pass(signal)
    },
    release: () => {
      for (const signal of PASSED_ON) process.off(signal, handler)
    },
  }
}

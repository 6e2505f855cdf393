// What the system says about a connection, in the few words that a guest's network knows.

import type { Failure } from '../../netstack/outside.ts'

const FAILURES: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  ETIMEDOUT: 'timed out',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOMEM: 'exhausted',
  ENOBUFS: 'exhausted',
  EADDRNOTAVAIL: 'exhausted', // no port is left for a connection to there
  EADDRINUSE: 'exhausted',
}

/** `unreachable` for all that has no word of its own. */
export function failureOf(error: unknown): Failure {
  return FAILURES[(error as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? 'unreachable'
}

// Errors of Slipway on their way from one thread to another.

import { HostError, type HostErrorCode, SlipwayError, WiringError, type WiringErrorCode } from '../../base/errors.ts'
import type { SentError } from './messages.ts'

/** undefined for what is no error of ours, but a mistake: that ends the thread. */
export function sendError(error: unknown): SentError | undefined {
  if (!(error instanceof SlipwayError)) return undefined
  const { name, code, message, advice } = error
  return { name, code, message, advice }
}

export function receivedError({ name, code, message, advice }: SentError): SlipwayError {
  if (name === 'WiringError') return new WiringError(code as WiringErrorCode, message, advice)
  return new HostError(code as HostErrorCode, message, { advice })
}

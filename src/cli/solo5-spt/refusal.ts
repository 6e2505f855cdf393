// How the parts of slipway-solo5-spt give up: with the line that the reference prints behind its own name.

import { SlipwayError } from '../../base/errors.ts'

/** A usage error has the options listed below its line; one without a message is the wish for that list. */
export class TenderError extends SlipwayError {
  readonly showUsage: boolean

  constructor(message: string, showUsage = false) {
    super('TenderError', 'REFUSED', message)
    this.showUsage = showUsage
  }
}

/** Text from outside has been escaped where it was put into the message. */
export function refuse(message: string): never {
  throw new TenderError(message)
}

/** The same, with the list of options. */
export function refuseUsage(message: string): never {
  throw new TenderError(message, true)
}

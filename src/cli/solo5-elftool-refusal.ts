// How the parts of slipway-solo5-elftool give up: with the line that the reference prints behind its own name.

import { SlipwayError } from '../base/errors.ts'

/** Text from outside has been escaped where it was put into the message. */
export function refuse(message: string): never {
  throw new SlipwayError('ElftoolError', 'REFUSED', message)
}

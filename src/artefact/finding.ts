// What inspection reports about a file that can be decoded and yet deserves a look. Pure.

import type { FormatError, FormatErrorCode } from '../base/errors.ts'

/** refused: a run does not start with this. notice: harmless for a run, worth knowing. */
export type Severity = 'refused' | 'notice'

export interface Finding {
  readonly severity: Severity
  readonly code: FormatErrorCode
  /** The part of the file: `phdr[2].p_flags`, `entry[1].name`. */
  readonly field: string
  /** Where that part lies in the file. */
  readonly offset: number
  /** One sentence without the field in front; what comes out of the file is quoted in it. */
  readonly message: string
}

/** The same facts as the error that a stricter reader would throw. */
export function findingOf(severity: Severity, error: FormatError): Finding {
  return { severity, code: error.code, field: error.field, offset: error.offset, message: error.problem }
}

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

/** Notes one finding after the other. */
export type Find = (severity: Severity, code: FormatErrorCode, field: string, offset: number, message: string) => void

/** A list of findings and what adds to it, for a reader that notes them as it goes. */
export function collectFindings(): { readonly findings: Finding[]; readonly find: Find } {
  const findings: Finding[] = []
  const find: Find = (severity, code, field, offset, message) =>
    void findings.push({ severity, code, field, offset, message })
  return { findings, find }
}

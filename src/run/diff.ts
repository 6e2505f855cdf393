// Two versions of a unikernel, as files.

import { describeDiff, type DiffReport, type NamedArtefact } from '../artefact/diff-report.ts'
import { readWholeArtefact } from '../artefact/whole-artefact.ts'
import { openFile } from '../host/files.ts'
import { DEFAULT_MEMORY } from '../wiring/plan.ts'

/**
 * What the second file asks for that the first one did not, and what it gave up. Throws FormatError for what is no Solo5 unikernel,
 * HostError for a file that cannot be read; `onError` hears before which of the two it is.
 *
 * @example
 * ```ts
 * diff('shop-1.spt', 'shop-2.spt').asksForMore // false
 * ```
 */
export function diff(before: string, after: string, onError: (file: string) => void = () => {}): DiffReport {
  return describeDiff(read(before, onError), read(after, onError))
}

function read(path: string, onError: (file: string) => void): NamedArtefact {
  try {
    const file = openFile(path)
    try {
      return { file: path, artefact: readWholeArtefact(file.source, DEFAULT_MEMORY) }
    } finally {
      file.close()
    }
  } catch (error) {
    onError(path)
    throw error
  }
}

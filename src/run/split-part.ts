// The names of parts of artefacts, apart from what opens them: ARTEFACT!DEVICE, ARTEFACT!config, ARTEFACT!PROGRAM.

import { exists } from '../host/files.ts'

/** The file, and the name behind its last `!` where the whole is no file itself. */
export function splitPart(text: string): { readonly file: string; readonly name: string | undefined } {
  const mark = exists(text) ? -1 : text.lastIndexOf('!')
  return mark <= 0 ? { file: text, name: undefined } : { file: text.slice(0, mark), name: text.slice(mark + 1) }
}

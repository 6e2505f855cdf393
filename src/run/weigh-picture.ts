// Pictures of a weighed file, as files.

import { drawHtml } from '../artefact/weigh/html.ts'
import type { WeighedFile } from '../artefact/weigh/report.ts'
import { drawSvg } from '../artefact/weigh/svg.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { writeOutput } from '../host/write-output.ts'

export const FORMS = ['svg', 'html'] as const
export type Form = (typeof FORMS)[number]

/** An existing file is replaced, but not the one that was weighed. Throws HostError. */
export function writePicture(weighed: WeighedFile, form: Form, path: string): void {
  requireOtherFile(path, [weighed.file])
  writeOutput(path, new TextEncoder().encode(draw(weighed, form)))
}

export function draw(weighed: WeighedFile, form: Form): string {
  return form === 'svg' ? drawSvg(weighed) : drawHtml(weighed)
}

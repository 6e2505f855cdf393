// Writes an image with a bar beside it, and says what else is worth knowing: what the verbs of `slipway fs` that make one have in common.

import { contentSize } from '../files/tree.ts'
import { writeError } from '../host/streams.ts'
import { type GatheredTree, type ImageOptions, writeImage } from '../run/create-image.ts'
import { showProgress } from './progress.ts'

export async function writeWithProgress(
  { root, notes }: Pick<GatheredTree, 'root' | 'notes'>,
  output: string,
  inputs: readonly string[],
  options: ImageOptions,
): Promise<void> {
  const note = (line: string): void => writeError(`slipway: ${line}\n`)
  for (const each of new Set(notes)) note(each)
  const progress = showProgress('writing', () => contentSize(root))
  try {
    await writeImage(root, output, inputs, { ...options, note, progress: progress.advance })
  } finally {
    progress.finish()
  }
}

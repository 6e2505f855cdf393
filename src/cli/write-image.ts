// Writes an image with a bar beside it, and says what else is worth knowing: what the verbs of `slipway fs` that make one have in common.

import { contentSize } from '../files/tree.ts'
import { writeError } from '../host/streams.ts'
import { type ImageOptions, writeImage } from '../run/create-image.ts'
import type { GatheredTree } from '../run/gather-tree.ts'
import { EXIT_BROKEN_PIPE, tell } from './output.ts'
import { showProgress } from './progress.ts'

export async function writeWithProgress(
  { root, notes }: Pick<GatheredTree, 'root' | 'notes'>,
  output: string,
  inputs: readonly string[],
  options: ImageOptions,
): Promise<void> {
  const note = (line: string): void => writeError(`slipway: ${line}\n`)
  tell(notes)
  const progress = showProgress('writing', () => contentSize(root))
  try {
    await writeImage(root, output, inputs, { ...options, note, progress: progress.advance })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    process.exitCode = EXIT_BROKEN_PIPE
  } finally {
    progress.finish()
  }
}

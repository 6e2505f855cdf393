// A container image on disk as a tree: its layers one on top of the other, with what they take away. Source: OCI image specification 1.1 (image-layout,
// layer).

import { createHash } from 'node:crypto'
import { FormatError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { Budget } from '../files/budget.ts'
import { detectPacking } from '../files/detect.ts'
import { applyLayer } from '../files/layer.ts'
import { PIECE } from '../files/output.ts'
import type { Platform } from '../files/platform.ts'
import { type Directory, PLAIN_DIRECTORY } from '../files/tree.ts'
import { unpackFile, type Unpacking } from '../host/codecs/unpack-file.ts'
import { openFile } from '../host/files.ts'
import { type Blob_, findLayers } from './oci-images.ts'

export type LayoutOptions = {
  readonly platform?: Platform | undefined
  readonly unpacking?: Unpacking | undefined
}

/**
 * Of a directory that has a file `oci-layout`. The image is that for `platform`, or for this machine. Throws ConfigError for documents, FormatError for layers
 * that are not what they claim to be, UsageError where no image fits.
 */
export async function readLayout(
  path: string,
  { platform, unpacking }: LayoutOptions,
): Promise<{ root: Directory; close: () => void }> {
  const layers = findLayers(path, platform, checkBlob)
  const closers: (() => void)[] = []
  const close = (): void => {
    for (const each of closers) each()
  }
  try {
    let root = PLAIN_DIRECTORY
    const budget = new Budget()
    for (const { file, digest } of layers) {
      const layer = openFile(file)
      closers.push(layer.close)
      requireDigest(layer.source, digest, file)
      const packing = detectPacking(layer.source)
      const unpacked = packing === undefined ? undefined : await unpackFile(layer.source, packing, file, unpacking)
      if (unpacked !== undefined) closers.push(unpacked.close)
      root = applyLayer(root, unpacked?.source ?? layer.source, budget)
    }
    return { root, close }
  } catch (error) {
    close()
    throw error
  }
}

function checkBlob({ file, digest }: Blob_): void {
  const blob = openFile(file)
  try {
    requireDigest(blob.source, digest, file)
  } finally {
    blob.close()
  }
}

function requireDigest(source: Source, digest: string, file: string): void {
  const hash = createHash('sha256')
  for (let at = 0; at < source.size; at += PIECE) hash.update(source.readAt(at, Math.min(PIECE, source.size - at)))
  if (`sha256:${hash.digest('hex')}` === digest) return
  throw new FormatError('BAD_VALUE', 'blob', 0, `${quote(file)} is not what its name says: its digest is another`)
}

// Weighs files: where their bytes are, what is baked into them, and the files in images.

import { readBaked } from '../artefact/baked.ts'
import { identify } from '../artefact/identify.ts'
import { diffWeighed, type WeighDiffReport } from '../artefact/weigh/diff.ts'
import { describeWeighed, type WeighedFile, type WeighReport } from '../artefact/weigh/report.ts'
import { weighSource } from '../artefact/weigh/weigh.ts'
import { detectFormat } from '../files/detect.ts'
import { openFile } from '../host/files.ts'
import { imageReader } from './open-tree.ts'

/**
 * Where the bytes of a file are, as the document that `slipway weigh --json` prints. Throws FormatError for a file of a known kind that is
 * damaged, HostError for one that cannot be read.
 *
 * @example
 * ```ts
 * (await weigh('shop.spt')).tree.children?.[0] // { name: 'baked in', kind: 'baked', bytes: 1048576, … }
 * ```
 */
export async function weigh(path: string): Promise<WeighReport> {
  return describeWeighed(await weighFile(path))
}

/** What has more and what has fewer bytes in the second of two files. Throws as `weigh` does; `onError` hears before which of them it is. */
export async function diffWeights(
  before: string,
  after: string,
  depth?: number,
  onError: (file: string) => void = () => {},
): Promise<WeighDiffReport> {
  const weighed: WeighedFile[] = []
  for (const path of [before, after]) {
    try {
      weighed.push(await weighFile(path))
    } catch (error) {
      onError(path)
      throw error
    }
  }
  const [old, now] = weighed as [WeighedFile, WeighedFile]
  return diffWeighed(old, now, depth)
}

/** The whole tree, for whoever draws it. */
export async function weighFile(path: string): Promise<WeighedFile> {
  const file = openFile(path)
  try {
    const { source } = file
    const { family, summary } = identify(source)
    const formats = [detectFormat(source), ...(readBaked(source)?.parts ?? []).map(({ format }) => format)]
    const readImage = await imageReader(formats)
    return { file: path, family, summary, ...weighSource(source, { name: path, what: summary, readImage }) }
  } finally {
    file.close()
  }
}

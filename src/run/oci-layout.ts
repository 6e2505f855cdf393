// A container image on disk as a tree: its layers one on top of the other, with what they take away. Source: OCI image specification 1.1 (image-layout,
// manifest, layer).

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { FormatError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { JsonView } from '../base/json-view.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { detectPacking } from '../files/detect.ts'
import { applyLayer } from '../files/layer.ts'
import { PIECE } from '../files/output.ts'
import { type Directory, PLAIN_DIRECTORY } from '../files/tree.ts'
import { unpackFile } from '../host/codecs/unpack-file.ts'
import { exists, openFile } from '../host/files.ts'
import { readText } from '../host/read-text.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
/** Documents of a layout; real ones have some kilobytes. */
const MAX_DOCUMENT = 4 * 1024 * 1024
/** An index may lead to another; deeper is no image. */
const MAX_DEPTH = 4
const MAX_LAYERS = 1024
const MAX_MANIFESTS = 1024

/** undefined where the directory is no layout. Throws ConfigError for documents, FormatError for layers that are not what they claim to be. */
export async function readLayout(path: string): Promise<{ root: Directory; close: () => void } | undefined> {
  if (!exists(join(path, 'oci-layout'))) return undefined
  const layers = layersOf(path, readDocument(join(path, 'index.json')), 0)
  const closers: (() => void)[] = []
  const close = (): void => {
    for (const each of closers) each()
  }
  try {
    let root = PLAIN_DIRECTORY
    for (const { file, digest } of layers) {
      const layer = openFile(file)
      closers.push(layer.close)
      requireDigest(layer.source, digest, file)
      const packing = detectPacking(layer.source)
      const unpacked = packing === undefined ? undefined : await unpackFile(layer.source, packing, file)
      if (unpacked !== undefined) closers.push(unpacked.close)
      root = applyLayer(root, unpacked?.source ?? layer.source)
    }
    return { root, close }
  } catch (error) {
    close()
    throw error
  }
}

function readDocument(file: string): JsonView {
  return JsonView.of(parseJson(readText(file, MAX_DOCUMENT), file))
}

type Blob_ = { readonly file: string; readonly digest: string }

/** The layers of the only image there is, or of the first for this kind of machine. */
function layersOf(path: string, index: JsonView, depth: number): readonly Blob_[] {
  const manifests = index.members().get('manifests')
  const found = manifests.array(MAX_MANIFESTS)
  const wanted = found.find((each) => isForLinux(each)) ?? found[0]
  if (wanted === undefined || depth > MAX_DEPTH) return manifests.fail('BAD_VALUE', 'leads to no image')
  const members = wanted.members()
  const { file, digest } = blobOf(path, members.get('digest'))
  const blob = openFile(file)
  try {
    requireDigest(blob.source, digest, file)
  } finally {
    blob.close()
  }
  const document = readDocument(file)
  const type = members.has('mediaType') ? members.get('mediaType').string() : ''
  if (type === INDEX || type === DOCKER_LIST) return layersOf(path, document, depth + 1)
  const layers = document.members().get('layers')
  return layers.array(MAX_LAYERS).map((layer) => blobOf(path, layer.members().get('digest')))
}

function isForLinux(manifest: JsonView): boolean {
  const members = manifest.members()
  if (!members.has('platform')) return false
  const platform = members.get('platform').members()
  return platform.get('architecture').string() === 'amd64' && platform.get('os').string() === 'linux'
}

/** A digest is a path only when it looks like one. */
function blobOf(path: string, view: JsonView): Blob_ {
  const digest = view.string()
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) view.fail('BAD_VALUE', 'is no sha256 digest')
  return { file: join(path, 'blobs', 'sha256', digest.slice('sha256:'.length)), digest }
}

function requireDigest(source: Source, digest: string, file: string): void {
  const hash = createHash('sha256')
  for (let at = 0; at < source.size; at += PIECE) hash.update(source.readAt(at, Math.min(PIECE, source.size - at)))
  if (`sha256:${hash.digest('hex')}` === digest) return
  throw new FormatError('BAD_VALUE', 'blob', 0, `${quote(file)} is not what its name says: its digest is another`)
}

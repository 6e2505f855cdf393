// Which images a layout on disk holds, and the one of them that is meant. Source: OCI image specification 1.1 (image-index, manifest, config); what KraftKit
// writes there instead of an operating system: qemu, fc, xen.

import { join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { type JsonObjectView, JsonView } from '../base/json-view.ts'
import { quote } from '../base/quote.ts'
import { fitsPlatform, type Platform, showPlatform } from '../files/platform.ts'
import { readText } from '../host/read-text.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
/** Documents of a layout; real ones have some kilobytes. */
const MAX_DOCUMENT = 4 * 1024 * 1024
/** An index may lead to another; deeper is no image. */
const MAX_DEPTH = 4
/** Of all indexes of a layout together. */
const MAX_MANIFESTS = 1024
const MAX_LAYERS = 1024
const REF_NAME = 'org.opencontainers.image.ref.name'

export type Blob_ = { readonly file: string; readonly digest: string }

type Image = {
  readonly manifest: JsonView
  /** undefined where nobody says what it is for. */
  readonly platform: Platform | undefined
  readonly name: string | undefined
}

/** What Node.js calls a processor, where that is another name. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' }

/** That of containers on this machine. */
function ownPlatform(): Platform {
  return { os: 'linux', architecture: ARCHITECTURES[process.arch] ?? process.arch, variant: undefined }
}

/** Makes sure of a blob and hands out where it is; throws FormatError where it is not what its digest says. */
export type CheckBlob = (blob: Blob_) => void

/** The layers of the image for a platform. Throws ConfigError for documents that are not understood, UsageError where no image fits, or several do. */
export function findLayers(path: string, wanted: Platform | undefined, check: CheckBlob): readonly Blob_[] {
  const images = [...imagesOf({ path, check, seen: new Set() }, readDocument(join(path, 'index.json')), 0)]
  const { manifest } = choose(path, images, wanted)
  const layers = manifest.members().get('layers')
  return layers.array(MAX_LAYERS).map((layer) => blobOf(path, layer.members().get('digest')))
}

type Layout = { readonly path: string; readonly check: CheckBlob; readonly seen: Set<string> }

/** Every manifest that an index leads to, also over others. */
function* imagesOf(layout: Layout, index: JsonView, depth: number, name?: string): Generator<Image> {
  const { path, check } = layout
  const manifests = index.members().get('manifests')
  if (depth > MAX_DEPTH) manifests.fail('LIMIT', `lies below more than ${MAX_DEPTH} others`)
  for (const each of manifests.array(MAX_MANIFESTS)) {
    const members = each.members()
    const blob = blobOf(path, members.get('digest'))
    // One image may have several names; and indexes that lead to the same ones would be a small layout with any number of images.
    if (layout.seen.has(blob.digest)) continue
    layout.seen.add(blob.digest)
    if (layout.seen.size > MAX_MANIFESTS) manifests.fail('LIMIT', `makes more than ${MAX_MANIFESTS} images`)
    check(blob)
    const document = readDocument(blob.file)
    const type = members.has('mediaType') ? members.get('mediaType').string() : ''
    const own = annotation(members, REF_NAME) ?? name
    if (type === INDEX || type === DOCKER_LIST) yield* imagesOf(layout, document, depth + 1, own)
    else yield { manifest: document, platform: platformOf(path, members, document, check), name: own }
  }
}

function annotation(members: JsonObjectView, key: string): string | undefined {
  if (!members.has('annotations')) return undefined
  const annotations = members.get('annotations').members()
  return annotations.has(key) ? annotations.get(key).string() : undefined
}

/** What the index says; else what the manifest says of its configuration; else that itself. */
function platformOf(
  path: string,
  descriptor: JsonObjectView,
  manifest: JsonView,
  check: CheckBlob,
): Platform | undefined {
  if (descriptor.has('platform')) return readPlatform(descriptor.get('platform').members())
  const members = manifest.members()
  if (!members.has('config')) return undefined
  const config = members.get('config').members()
  if (config.has('platform')) return readPlatform(config.get('platform').members())
  const blob = blobOf(path, config.get('digest'))
  check(blob)
  return readPlatform(readDocument(blob.file).members())
}

function readPlatform(members: JsonObjectView): Platform | undefined {
  const word = (key: string): string | undefined => (members.has(key) ? members.get(key).string() : undefined)
  const [os, architecture, variant] = [word('os'), word('architecture'), word('variant')]
  if (os === undefined || architecture === undefined || os === '' || architecture === '') return undefined
  return { os, architecture, variant }
}

function choose(path: string, images: readonly Image[], wanted: Platform | undefined): Image {
  const meant = wanted ?? ownPlatform()
  // An image of which nobody says what it is for is meant where it is the only one.
  const isOnly = wanted === undefined && images.length === 1
  const fitting = images.filter(({ platform }) => (platform === undefined ? isOnly : fitsPlatform(platform, meant)))
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return only
  if (only === undefined) {
    const known = [...new Set(images.map(({ platform }) => show(platform)))]
    const [first] = known.filter((each) => each !== UNKNOWN)
    throw new UsageError(
      'BAD_ARGUMENT',
      `${quote(path)} holds no image for ${showPlatform(meant)}: ${known.length === 0 ? 'it is empty' : `there is ${known.join(', ')}`}`,
      first === undefined ? undefined : `--platform ${first} takes that one`,
    )
  }
  const variants = [...new Set(fitting.map(({ platform }) => show(platform)))]
  const advice =
    variants.length > 1
      ? `--platform ${variants[0]} takes one of them`
      : 'put the one that is meant into a layout of its own, for example with skopeo copy'
  const names = fitting.map(({ platform, name }) => (variants.length > 1 ? show(platform) : quote(name ?? '')))
  throw new UsageError(
    'BAD_ARGUMENT',
    `${quote(path)} holds several images for ${showPlatform(meant)}: ${names.join(', ')}`,
    advice,
  )
}

const UNKNOWN = 'one for nobody knows what'

function show(platform: Platform | undefined): string {
  return platform === undefined ? UNKNOWN : showPlatform(platform)
}

function readDocument(file: string): JsonView {
  return JsonView.of(parseJson(readText(file, MAX_DOCUMENT), file))
}

/** A digest is a path only when it looks like one. */
function blobOf(path: string, view: JsonView): Blob_ {
  const digest = view.string()
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) view.fail('BAD_VALUE', 'is no sha256 digest')
  return { file: join(path, 'blobs', 'sha256', digest.slice('sha256:'.length)), digest }
}

// Opens whatever holds files as a tree: a directory, an image or an archive of any format, packed or not.

import { join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import type { Decompressors } from '../files/codec.ts'
import { cpio } from '../files/cpio/cpio.ts'
import { detectFormat, detectPacking, type FormatName, formatOfName, type Packing } from '../files/detect.ts'
import { ext2 } from '../files/ext2/ext2.ts'
import { fat } from '../files/fat/fat.ts'
import type { Format } from '../files/format.ts'
import { iso9660 } from '../files/iso9660/iso9660.ts'
import { readSquash } from '../files/squashfs/read.ts'
import { hasEndMark } from '../files/tar/read.ts'
import { tar } from '../files/tar/tar.ts'
import type { Platform } from '../files/platform.ts'
import { type Directory, type Inode, metadata, PLAIN_DIRECTORY } from '../files/tree.ts'
import type { Unpacked, Unpacking } from '../host/codecs/unpack-file.ts'
import { exists, isDirectory, openFile } from '../host/files.ts'
import { readDirectory } from '../host/trees/read-directory.ts'
import { type KeptVolume, keptVolume } from './kept-volume.ts'
import type { OpenPart } from './open-part.ts'
import { splitPart } from './split-part.ts'

// Codecs, container images and artefacts are loaded when there are any: with what they need of Node.js, they are a fifth of the start.

export type TreeOptions = {
  /** Of a container image; that of this machine if not given. */
  readonly platform?: Platform | undefined
  readonly unpacking?: Unpacking | undefined
}

export type OpenTree = {
  readonly root: Directory
  readonly format: FormatName | 'directory' | 'oci'
  /** What an archive is packed in. */
  readonly packing?: Packing | undefined
  /** Of an image that could be written anew. */
  readonly kept?: KeptVolume | undefined
  /** What is worth knowing and no error: a line each. */
  readonly notes: readonly string[]
  readonly close: () => void
  /** Where it is a part of an artefact. */
  readonly part?: OpenPart | undefined
}

const PLAIN: ReadonlyMap<FormatName, Format> = new Map([
  ['tar', tar],
  ['cpio', cpio],
  ['ext2', ext2],
  ['fat', fat],
  ['iso9660', iso9660],
])

/** Contents are read from it until it is closed. Throws HostError, FormatError, and UsageError for what holds no files. */
export async function openTree(path: string, options: TreeOptions = {}): Promise<OpenTree> {
  if (exists(path) && isDirectory(path)) return await openDirectory(path, options)
  const { openPart } = await import('./open-part.ts')
  const { file: name, name: partName } = splitPart(path)
  const file = openFile(name, 'name a file, or a directory')
  let unpacked: Unpacked | undefined
  const close = (): void => {
    unpacked?.close()
    file.close()
  }
  try {
    const found = openPart(file, name, partName)
    if (found !== undefined && found.part.kind !== 'files') return await singleFile(found, file.close)
    const whole = found?.source ?? file.source
    const packing = detectPacking(whole)
    unpacked = packing === undefined ? undefined : await unpack(whole, packing, path, options)
    const source = unpacked?.source ?? whole
    const format = formatOf(source, path)
    return {
      ...(await readAs(format, source)),
      packing,
      kept: keptVolume(format, source),
      notes:
        format === 'tar' && !hasEndMark(source) ? [`${quote(path)} ends without its mark: it may have been cut`] : [],
      close,
      part: found,
    }
  } catch (error) {
    close()
    throw error
  }
}

/** A part without files in it, as the only file of a tree. */
async function singleFile({ part, source }: OpenPart, close: () => void): Promise<OpenTree> {
  const { nameOfPart } = await import('./open-part.ts')
  const meta = metadata(part.kind === 'program' ? 0o755 : 0o644)
  const content: Inode = { kind: 'file', meta, content: source, sparse: false }
  const root: Directory = { ...PLAIN_DIRECTORY, entries: new Map([[nameOfPart(part), content]]) }
  return { root, format: 'directory', notes: [], close, part: { part, source } }
}

async function unpack(source: Source, packing: Packing, path: string, { unpacking }: TreeOptions): Promise<Unpacked> {
  const { unpackFile } = await import('../host/codecs/unpack-file.ts')
  return await unpackFile(source, packing, path, unpacking)
}

async function openDirectory(path: string, options: TreeOptions): Promise<OpenTree> {
  if (exists(join(path, 'oci-layout'))) {
    const { readLayout } = await import('./oci-layout.ts')
    return { ...(await readLayout(path, options)), format: 'oci', notes: [] }
  }
  const { root, withoutAttributes, close } = readDirectory(path)
  const notes = withoutAttributes ? ['extended attributes are not looked at: koffi is missing (npm install koffi)'] : []
  return { root, format: 'directory', notes, close }
}

function formatOf(source: Source, path: string): FormatName {
  const format = detectFormat(source) ?? (formatOfName(path)?.format === 'tar' ? 'tar' : undefined)
  if (format !== undefined) return format
  throw new UsageError(
    'BAD_ARGUMENT',
    `${quote(path)} holds no files: it is no image and no archive that is known`,
    'slipway inspect says what it is',
  )
}

async function readAs(format: FormatName, source: Source): Promise<Pick<OpenTree, 'root' | 'format'>> {
  const read = await imageReader([format])
  return { root: read(source, format), format }
}

/** What reads images of these formats. Codecs take their time to load, so they are where there is something for them. */
export async function imageReader(
  formats: readonly (FormatName | null | undefined)[],
): Promise<(source: Source, format: FormatName) => Directory> {
  const decompressors = formats.includes('squashfs') ? await loadCodecs() : new Map()
  return (source, format) => PLAIN.get(format)?.read(source) ?? readSquash(source, decompressors)
}

async function loadCodecs(): Promise<Decompressors> {
  const { loadDecompressors } = await import('../host/codecs/compressor.ts')
  return await loadDecompressors()
}

/** Throws UsageError where a platform is asked for and there is nothing that has one. */
export function requireLayout(trees: readonly OpenTree[], { platform }: TreeOptions): void {
  if (platform === undefined || trees.some(({ format }) => format === 'oci')) return
  throw new UsageError('BAD_ARGUMENT', '--platform means nothing here: no source is a container image')
}

/** A place in an image: `disk.img:/etc/hosts`. The path behind the colon is undefined where there is none. */
export type TreePath = { readonly image: string; readonly path: string | undefined }

/** The first colon that a slash follows divides, or the first behind the name of something that is there: names of images have colons as well. */
export function splitTreePath(text: string): TreePath {
  if (exists(text)) return { image: text, path: undefined }
  const places = [...text.matchAll(/:\//g)]
    .map(({ index }) => ({ image: text.slice(0, index), path: text.slice(index + 1) }))
    .filter(({ image }) => image !== '')
  const found = places.find(({ image }) => exists(splitPart(image).file)) ?? places[0]
  return found ?? { image: text.endsWith(':') ? text.slice(0, -1) : text, path: undefined }
}

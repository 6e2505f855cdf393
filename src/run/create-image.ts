// Writes a tree as an image: in which format, with which codec, and what it is called.

import { dirname } from 'node:path'
import { ConfigError, SlipwayError, UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { cpio } from '../files/cpio/cpio.ts'
import { type FormatName, formatOfName, type Packing } from '../files/detect.ts'
import { type BlockSize, EXT2, writeExt2 } from '../files/ext2/write.ts'
import { FAT, writeFat } from '../files/fat/write.ts'
import type { WriteOptions } from '../files/format.ts'
import { ISO9660, writeIso } from '../files/iso9660/write.ts'
import { type Capabilities, findLosses, type Property } from '../files/losses.ts'
import type { ImageOutput, Sink } from '../files/output.ts'
import { PackingSink } from '../files/packing-sink.ts'
import { SQUASHFS, writeSquash } from '../files/squashfs/write.ts'
import { tar } from '../files/tar/tar.ts'
import type { Directory } from '../files/tree.ts'
import { parseUuid, parseVolumeDate, parseVolumeId } from '../files/volume-id.ts'
import type { OpenCompressor } from '../host/codecs/compressor.ts'
import { hostError } from '../host/errors.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { replaceFileSlowly } from '../host/replace-file.ts'
import { FileOutput, PipeOutput } from '../host/trees/file-output.ts'
import { requireRoom } from '../host/trees/room.ts'
import { fileOfSource } from './gather-tree.ts'
import type { KeptVolume } from './kept-volume.ts'
import { placeTree } from './place-tree.ts'

const CAPABILITIES: ReadonlyMap<FormatName, Capabilities> = new Map([
  ['tar', tar.capabilities],
  ['cpio', cpio.capabilities],
  ['squashfs', SQUASHFS],
  ['iso9660', ISO9660],
  ['ext2', EXT2],
  ['fat', FAT],
])

export type ImageOptions = {
  /** By the end of the output's name if not given. */
  readonly format?: FormatName | 'directory' | undefined
  readonly packing?: Packing | undefined
  readonly level?: number | undefined
  readonly blockSize?: number | undefined
  /** Bytes that the image has at least. */
  readonly size?: number | undefined
  readonly label?: string | undefined
  /** As `blkid` shows it: what that is depends on the format. */
  readonly uuid?: string | undefined
  /** What the image was before, where nothing else is said. */
  readonly kept?: KeptVolume | undefined
  readonly allowLoss?: ReadonlySet<Property> | undefined
  /** Refuse what would be cut to the format's own steps of time as well, instead of saying it. */
  readonly strict?: boolean | undefined
  /** Is told what is worth knowing and no error. */
  readonly note?: ((line: string) => void) | undefined
  readonly progress?: ((bytes: number) => void) | undefined
}

/** Writes a tree into a file, or into standard output where that is `-`. `inputs` are never written over. Throws ConfigError, HostError, FormatError. */
export async function writeImage(
  root: Directory,
  output: string,
  inputs: readonly string[],
  options: ImageOptions,
): Promise<void> {
  const { format, packing } = formatFor(output, options)
  requireKnown(format, packing, options)
  requireOtherFile(output, inputs.map(fileOfSource))
  if (format !== 'directory') return await writeFile(root, output, format, packing, cutTimes(root, format, options))
  return placeTree(root, output, options)
}

/** What is said of an image, by the formats that have such a thing. */
const SAID: readonly (readonly [
  key: 'label' | 'uuid' | 'size' | 'blockSize',
  flag: string,
  formats: readonly string[],
])[] = [
  ['label', '--label', ['iso9660', 'ext2', 'fat']],
  ['uuid', '--uuid', ['iso9660', 'ext2', 'fat']],
  ['size', '--size', ['ext2', 'fat']],
  ['blockSize', '--block-size', ['squashfs', 'ext2', 'fat']],
]

const MOST_OF_GZIP = 9

/** What would be passed over is refused. */
function requireKnown(format: FormatName | 'directory', packing: Packing | undefined, options: ImageOptions): void {
  for (const [key, flag, formats] of SAID) {
    if (options[key] === undefined || formats.includes(format)) continue
    throw new UsageError('BAD_ARGUMENT', `${flag} means nothing to ${format}`, `it is for ${formats.join(', ')}`)
  }
  if (options.level === undefined) return
  if (packing === 'gzip' && options.level > MOST_OF_GZIP) {
    throw new UsageError('BAD_ARGUMENT', `--level is ${options.level}: gzip has 1 to ${MOST_OF_GZIP}`)
  }
  if (packing !== undefined) return
  throw new UsageError('BAD_ARGUMENT', '--level means nothing where nothing is packed', 'add --compress gzip or zstd')
}

/** Every file of a disk has nanoseconds, and most formats have none: they are cut, and that is said once. */
function cutTimes(root: Directory, format: FormatName, options: ImageOptions): ImageOptions {
  if (options.strict === true) return options
  const allowed = options.allowLoss ?? new Set<Property>()
  const can = CAPABILITIES.get(format)
  if (can === undefined || can.time?.step === 1 || allowed.has('nanoseconds')) return options
  for (const { property, what } of findLosses(format, can, root)) {
    if (property !== 'nanoseconds') continue
    options.note?.(`${format} cannot hold ${what}: they are cut (--strict refuses that)`)
    break
  }
  return { ...options, allowLoss: new Set([...allowed, 'nanoseconds']) }
}

async function writeFile(
  root: Directory,
  output: string,
  format: FormatName,
  packing: Packing | undefined,
  options: ImageOptions,
): Promise<void> {
  if (output === '-') {
    const codec = await codecFor(format, packing, options.level)
    try {
      return await writeToPipe(root, format, packing, codec, options)
    } finally {
      await codec?.close()
    }
  }
  if (packing === undefined) {
    const keepsHoles = CAPABILITIES.get(format)?.holes === true
    requireRoom(root, dirname(output), `cannot write ${quote(output)}`, keepsHoles)
  }
  await replaceFileSlowly(output, 0o644, async (descriptor) => {
    await writeInto(root, new FileOutput(descriptor), { format, packing }, options)
  })
}

/** An image as a part of a file that is open, from `offset` on. Its length in bytes. Throws as `writeImage` does. */
export async function writeImageAt(
  root: Directory,
  descriptor: number,
  offset: number,
  options: ImageOptions & { readonly format: FormatName },
): Promise<number> {
  const { format } = options
  const { packing } = formatFor('', options)
  requireKnown(format, packing, options)
  return await writeInto(root, new FileOutput(descriptor, offset), { format, packing }, cutTimes(root, format, options))
}

async function writeInto(
  root: Directory,
  target: FileOutput,
  { format, packing }: { readonly format: FormatName; readonly packing: Packing | undefined },
  options: ImageOptions,
): Promise<number> {
  const codec = await codecFor(format, packing, options.level)
  try {
    if (packing === undefined || codec === undefined || format === 'squashfs')
      await writeFormat(root, target, format, codec, options)
    else await writePacked(root, target, format, codec, options)
    await target.rest()
    target.finish()
    return target.position
  } finally {
    // From here on the descriptor is its owner's again.
    await Promise.allSettled([target.rest(), codec?.close()])
  }
}

function formatFor(output: string, { format, packing }: ImageOptions) {
  const named = formatOfName(output)
  const chosen = format ?? named?.format
  if (chosen === undefined) {
    throw new UsageError(
      'MISSING_ARGUMENT',
      `what ${quote(output)} shall be is not known`,
      'give --format tar, cpio, squashfs, iso9660, ext2 or fat',
    )
  }
  const usual = chosen === 'squashfs' ? 'gzip' : undefined
  // `--format tar -o a.tar.gz` says the same thing twice, not two things.
  const packed = packing ?? (named?.format === chosen ? named.packing : undefined) ?? usual
  if (packed !== undefined && !['tar', 'cpio', 'squashfs'].includes(chosen)) {
    throw new UsageError(
      'BAD_ARGUMENT',
      `${chosen} cannot be packed`,
      'leave --compress out, or choose tar, cpio or squashfs',
    )
  }
  return { format: chosen, packing: packed }
}

async function codecFor(
  format: string,
  packing: Packing | undefined,
  level: number | undefined,
): Promise<OpenCompressor | undefined> {
  if (packing === undefined) return undefined
  // An archive is packed as gzip does it by itself; an image that is made once and read often takes more trouble.
  const usual = format === 'squashfs' ? undefined : { gzip: 6, zstd: 3 }[packing]
  const { openCompressor } = await import('../host/codecs/compressor.ts')
  return await openCompressor(packing, level ?? usual)
}

async function writePacked(
  root: Directory,
  target: Sink,
  format: FormatName,
  codec: OpenCompressor,
  options: ImageOptions,
): Promise<void> {
  const sink = new PackingSink(target, codec)
  await archive(format).write(root, sink as Sink as ImageOutput, options)
  await sink.finish()
}

function archive(format: FormatName) {
  return format === 'tar' ? tar : cpio
}

async function writeToPipe(
  root: Directory,
  format: FormatName,
  packing: Packing | undefined,
  codec: OpenCompressor | undefined,
  options: ImageOptions,
): Promise<void> {
  if (format !== 'tar' && format !== 'cpio') {
    throw new UsageError(
      'BAD_ARGUMENT',
      `${format} cannot be written to a pipe`,
      'give a file with -o; tar and cpio go to standard output',
    )
  }
  const target = new PipeOutput(1)
  try {
    if (packing === undefined || codec === undefined)
      await archive(format).write(root, target as Sink as ImageOutput, options)
    else await writePacked(root, target, format, codec, options)
  } catch (error) {
    // Nobody reads any more: that is not for us to say.
    if (error instanceof SlipwayError || (error as NodeJS.ErrnoException).code === 'EPIPE') throw error
    throw hostError('cannot write to standard output', error)
  }
}

async function writeFormat(
  root: Directory,
  target: ImageOutput,
  format: FormatName,
  codec: OpenCompressor | undefined,
  options: ImageOptions,
): Promise<void> {
  const { size, label, uuid, blockSize, kept = {} } = options
  const common: WriteOptions = { allowLoss: options.allowLoss, progress: options.progress }
  switch (format) {
    case 'tar':
    case 'cpio':
      return await archive(format).write(root, target, common)
    case 'squashfs':
      return await writeSquash(root, target, {
        ...common,
        codec: codec as OpenCompressor,
        blockSize: blockSize ?? kept.blockSize,
      })
    case 'iso9660':
      return writeIso(root, target, { ...common, label, date: parsed(uuid, parseVolumeDate), identity: kept.iso9660 })
    case 'ext2':
      return writeExt2(root, target, {
        ...common,
        size,
        blockSize: checkExt2Block(blockSize),
        leastBlockSize: kept.ext2?.leastBlockSize,
        label: label ?? kept.ext2?.label,
        uuid: parsed(uuid, parseUuid) ?? kept.ext2?.uuid,
      })
    case 'fat':
      return writeFat(root, target, {
        ...common,
        size,
        label,
        clusterSize: blockSize,
        volumeId: parsed(uuid, parseVolumeId),
        identity: kept.fat,
      })
  }
}

function parsed<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text)
}

function checkExt2Block(size: number | undefined): BlockSize | undefined {
  if (size === undefined || size === 1024 || size === 2048 || size === 4096) return size
  throw new ConfigError('BAD_VALUE', { words: `--block-size ${size}` }, 'is no block size of ext2: 1024, 2048 or 4096')
}

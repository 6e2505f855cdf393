// Reads what is to be baked into an artefact: trees, images, documents, programs. Nothing is written yet.

import type { PartKind } from '../artefact/baked-format.ts'
import { readBaked } from '../artefact/baked.ts'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { sourceOf } from '../base/reader.ts'
import { MAX_CONFIG_DOCUMENT, readConfigBytes } from '../config/layer.ts'
import { detectFormat, type FormatName } from '../files/detect.ts'
import { countReads } from '../files/output.ts'
import { contentSize, type Directory, lookUp } from '../files/tree.ts'
import { openFile } from '../host/files.ts'
import { readInput } from '../host/read-input.ts'
import { type BakeableProgram, chooseDisk, examineProgram, requireAlike, requireProgramName } from './bakeable.ts'
import { copiedPart, type Ingredient, treePart } from './baked-parts.ts'
import type { ImageOptions } from './create-image.ts'
import { gatherTree, type SourceOptions } from './gather-tree.ts'
import { splitPart } from './split-part.ts'
import { openTree } from './open-tree.ts'

export type BakeOptions = SourceOptions &
  Omit<ImageOptions, 'format'> & {
    /** Directories, archives and images whose files become one image, later ones on top. */
    readonly sources?: readonly string[] | undefined
    /** An image that is taken as it is, instead of `sources`. */
    readonly image?: string | undefined
    /** The block device that the image is for; the only one that is declared, if not given. */
    readonly device?: string | undefined
    /** `tar` if not given. */
    readonly format?: FormatName | undefined
    /** The path of a document: what the guest is told unless the operator says otherwise. */
    readonly config?: string | undefined
    /** More programs by their names: `{ admin: 'admin.spt' }`. */
    readonly programs?: Readonly<Record<string, string>> | undefined
    /** What the artefact's own program is called beside others; the file's name without its ending if not given. */
    readonly program?: string | undefined
    /** Is told how many bytes of contents `progress` will count. */
    readonly begin?: ((bytes: number) => void) | undefined
  }

export type Gathered = {
  readonly ingredients: readonly Ingredient[]
  /** The artefact's own and all others. */
  readonly programs: readonly BakeableProgram[]
  /** The paths that have been read. */
  readonly inputs: readonly string[]
  /** What people call each document: the file that it comes from. */
  readonly files: ReadonlyMap<Ingredient, string>
  /** What is read from is open until then. */
  readonly close: () => void
}

/** The caller closes it. */
export async function gatherIngredients(
  own: BakeableProgram,
  kept: readonly Ingredient[],
  options: BakeOptions,
): Promise<Gathered> {
  const opened: (() => void)[] = []
  const close = (): void => {
    for (const each of opened) each()
  }
  try {
    const added = Object.entries(options.programs ?? {}).map(([name, path]) => openProgram(name, path, opened))
    const programs = [own, ...programsIn(kept), ...added.map(({ program }) => program)]
    for (const { program, path } of added) requireAlike(own, program, path)
    const images = await imageParts(options, programs, opened)
    const documents = options.config === undefined ? [] : [readDocument(options.config)]
    return {
      ingredients: [...documents, ...images, ...added].map(({ ingredient }) => ingredient),
      programs,
      inputs: inputsOf(options),
      files: new Map([...documents, ...images].map(({ ingredient, path }) => [ingredient, path])),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

type Read = { readonly ingredient: Ingredient; readonly path: string }

function inputsOf({ sources = [], image, config, programs = {} }: BakeOptions): readonly string[] {
  const trees = sources.map((source) => splitPart(source).file)
  return [...trees, ...[image, config].filter((path) => path !== undefined), ...Object.values(programs)]
}

/** What else the artefact carries. */
function programsIn(kept: readonly Ingredient[]): readonly BakeableProgram[] {
  return kept.flatMap(({ kind, name, source }) =>
    kind === 'program' && source !== undefined ? [examineProgram(source, name)] : [],
  )
}

function openProgram(name: string, path: string, opened: (() => void)[]): Read & { readonly program: BakeableProgram } {
  requireProgramName(name, '--add')
  const file = openFile(path)
  opened.push(file.close)
  if (readBaked(file.source) !== undefined) {
    const advice = 'add it as it was (slipway bake --strip), and bake its files into the new one'
    throw new UsageError('BAD_ARGUMENT', `${quote(path)} has something baked into it itself`, advice)
  }
  return { program: examineProgram(file.source, path), path, ingredient: copiedPart('program', name, file.source) }
}

async function imageParts(
  options: BakeOptions,
  programs: readonly BakeableProgram[],
  opened: (() => void)[],
): Promise<readonly Read[]> {
  const { sources = [], image, defaultEtc = false } = options
  if (image !== undefined) {
    if (sources.length > 0 || defaultEtc) {
      throw new UsageError('BAD_ARGUMENT', 'an image is given and files for one', 'give --image or -R, not both')
    }
    return await takeImage(image, chooseDisk(programs, options.device), options, opened)
  }
  if (sources.length === 0 && !defaultEtc) return []
  const disk = chooseDisk(programs, options.device)
  const tree = await gatherTree(sources, options)
  opened.push(tree.close)
  for (const note of new Set(tree.notes)) options.note?.(note)
  options.begin?.(contentSize(tree.root))
  const format = options.format ?? 'tar'
  if (options.packing !== undefined && format !== 'squashfs') {
    throw new UsageError(
      'BAD_ARGUMENT',
      `a disk that is a packed ${format} is none`,
      'leave --compress out, or add --format squashfs',
    )
  }
  const part = treePart(tree.root, disk, { ...options, format })
  return [{ ingredient: part, path: sources.at(-1) ?? '' }, ...rumpconfigIn(tree.root, disk, sources.join(', '))]
}

async function takeImage(
  path: string,
  disk: string,
  { begin, progress }: BakeOptions,
  opened: (() => void)[],
): Promise<readonly Read[]> {
  const file = openFile(path, 'give the path of an image')
  opened.push(file.close)
  const format: FormatName | null = detectFormat(file.source) ?? null
  begin?.(file.source.size)
  const own = { ingredient: copiedPart('files', disk, countReads(progress)(file.source), format), path }
  if (format === null) return [own]
  const tree = await openTree(path)
  try {
    // Its contents are read now: the tree is closed again.
    const found = rumpconfigIn(tree.root, disk, path)
    return [own, ...found]
  } finally {
    tree.close()
  }
}

/** Where a guest that was made for it looks for what it is told (rumprun). */
const RUMPCONFIG = 'rumpconfig.json'

/** The document that files bring along for whoever reads it, if they do. */
function rumpconfigIn(root: Directory, disk: string, source: string): readonly Read[] {
  const inode = lookUp(root, RUMPCONFIG)
  if (inode?.kind !== 'file') return []
  const path = `${source}: /${RUMPCONFIG}`
  const bytes = inode.content.readAt(0, Math.min(inode.content.size, MAX_CONFIG_DOCUMENT + 1))
  return [{ ingredient: documentPart('rumpconfig', disk, bytes, path), path }]
}

function readDocument(path: string): Read {
  return { ingredient: documentPart('config', '', readInput(path, MAX_CONFIG_DOCUMENT), path), path }
}

function documentPart(kind: PartKind, name: string, bytes: Uint8Array, path: string): Ingredient {
  readConfigBytes(bytes, path) // too large, or no text: said with its name
  return copiedPart(kind, name, sourceOf(Uint8Array.from(bytes)))
}

// Puts files, configuration and more programs into an artefact, so that there is one file to hand over; and takes them out again.

import { basename } from 'node:path'
import { type BakingPlan, encodeBakedNote, encodeTrailer, originalOf, planBaking } from '../artefact/bake.ts'
import { readBaked } from '../artefact/baked.ts'
import { type BakedContents, type BakedPart, MAX_PARTS, PART_ALIGNMENT, TRAILER } from '../artefact/baked-format.ts'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { roundUp } from '../base/round.ts'
import { VERSION } from '../base/version.ts'
import { digestOf } from '../host/digest.ts'
import { modeOf, openFile, sourceOfDescriptor } from '../host/files.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { replaceFileSlowly } from '../host/replace-file.ts'
import { FileOutput } from '../host/trees/file-output.ts'
import { writeAll } from '../host/write-all.ts'
import { disksOf, examineProgram, requireDeclared, requireProgramName } from './bakeable.ts'
import { type Ingredient, inOrder, keptPart, writeCopy } from './baked-parts.ts'
import { type BakeOptions, gatherIngredients } from './ingredients.ts'
import { checkBakedDocuments } from './baked-documents.ts'

export const BAKE_SCHEMA_VERSION = 1

/** What `slipway bake --json` prints (schema/bake.schema.json). */
export type BakeReport = {
  readonly schema: 'slipway.bake'
  readonly schemaVersion: typeof BAKE_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** What the artefact's own program is called; empty where it is the only one. */
  readonly program: string
  readonly parts: readonly BakedPart[]
}

/**
 * Bakes into a new file; the artefact stays as it is. What it has already is kept, but for parts of the same kind and name. Throws
 * FormatError, ConfigError, WiringError, UsageError and HostError, and leaves nothing under `output` then that was not there before.
 *
 * @example
 * ```ts
 * await bake('web.spt', 'shop.spt', { sources: ['site'], config: 'shop.json' })
 * ```
 */
export async function bake(path: string, output: string, options: BakeOptions): Promise<BakeReport> {
  const file = openFile(path)
  try {
    const baked = readBaked(file.source)
    const original = baked === undefined ? file.source : originalOf(file.source, baked)
    const own = examineProgram(original, path)
    const kept = (baked?.parts ?? []).map((part) => keptPart(file.source, part))
    const gathered = await gatherIngredients(own, kept, options)
    try {
      requireOtherFile(output, [path, ...gathered.inputs])
      const ingredients = inOrder(kept, gathered.ingredients)
      requireSome(ingredients)
      const disks = disksOf(gathered.programs)
      for (const { kind, name } of ingredients) if (kind === 'files') requireDeclared(disks, name)
      const program = programName(path, options.program ?? baked?.program, ingredients)
      requireReachable(ingredients)
      checkBakedDocuments(ingredients, own, program, gathered.files)
      const plan = planBaking(original, ingredients.length)
      return await writeBaked(plan, { program, mode: modeOf(file.descriptor), ingredients }, output)
    } finally {
      gathered.close()
    }
  } finally {
    file.close()
  }
}

/** The artefact as it was before anything was baked into it. Throws UsageError where nothing is. */
export async function strip(path: string, output: string): Promise<BakeReport> {
  const file = openFile(path)
  try {
    requireOtherFile(output, [path])
    const baked = readBaked(file.source)
    if (baked === undefined) {
      throw new UsageError('BAD_ARGUMENT', `nothing is baked into ${quote(path)}`, 'it is what it was')
    }
    const original = originalOf(file.source, baked)
    await replaceFileSlowly(output, modeOf(file.descriptor), async (descriptor) => {
      writeCopy(descriptor, 0, original)
    })
    return report({ file: output, size: original.size, program: '', parts: [] })
  } finally {
    file.close()
  }
}

function requireSome(ingredients: readonly Ingredient[]): void {
  if (ingredients.length === 0) {
    throw new UsageError('MISSING_ARGUMENT', 'nothing is given to bake', 'add -R DIRECTORY, --image, --config or --add')
  }
  if (ingredients.length <= MAX_PARTS) return
  throw new UsageError('LIMIT', `${ingredients.length} parts in one artefact, at most ${MAX_PARTS} are possible`)
}

/** Empty where it is the only one and nobody gave it a name. */
function programName(path: string, given: string | undefined, ingredients: readonly Ingredient[]): string {
  const others = ingredients.filter(({ kind }) => kind === 'program').map(({ name }) => name)
  const usual = others.length === 0 ? '' : basename(path).replace(/\.[a-z0-9]+$/, '')
  const name = given === undefined || given === '' ? usual : given
  if (name === '') return name
  requireProgramName(name, '--program')
  if (!others.includes(name)) return name
  const problem = `two programs would be called ${quote(name)}`
  throw new UsageError('BAD_ARGUMENT', problem, 'give the artefact’s own another name: --program NAME')
}

/** ARTEFACT!NAME means one thing. Throws UsageError for a program that is called as a disk with files is, or as the document. */
function requireReachable(ingredients: readonly Ingredient[]): void {
  const taken = new Set(['config', ...ingredients.filter(({ kind }) => kind === 'files').map(({ name }) => name)])
  const clash = ingredients.find(({ kind, name }) => kind === 'program' && taken.has(name))
  if (clash === undefined) return
  const problem = `a program cannot be called ${quote(clash.name)}, as another part is`
  throw new UsageError('BAD_ARGUMENT', problem, 'give it another name: --add NAME=ARTEFACT')
}

type Contents = { readonly program: string; readonly mode: number; readonly ingredients: readonly Ingredient[] }

async function writeBaked(
  plan: BakingPlan,
  { program, mode, ingredients }: Contents,
  output: string,
): Promise<BakeReport> {
  let baked: BakedContents | undefined
  await replaceFileSlowly(output, mode, async (descriptor) => {
    writeCopy(descriptor, 0, plan.original)
    const { parts, end } = await writeParts(descriptor, plan.partsOffset, ingredients)
    const size = plan.trailer ? end + TRAILER.size : end
    baked = { program, originalSize: plan.original.size, originalTable: plan.originalTable, size, parts }
    for (const { at, bytes } of plan.patches) writeAll(descriptor, bytes, at)
    writeAll(descriptor, encodeBakedNote(baked), plan.noteOffset)
    if (plan.trailer) writeAll(descriptor, encodeTrailer(plan.noteOffset, parts.length), end)
  })
  if (baked === undefined) throw new TypeError('nothing was written')
  return report({ file: output, size: baked.size, program, parts: baked.parts })
}

function report(made: Pick<BakeReport, 'file' | 'size' | 'program' | 'parts'>): BakeReport {
  return { schema: 'slipway.bake', schemaVersion: BAKE_SCHEMA_VERSION, slipwayVersion: VERSION, ...made }
}

/** Each at a page; `end` is where the last page ends. */
async function writeParts(
  descriptor: number,
  from: number,
  ingredients: readonly Ingredient[],
): Promise<{ readonly parts: readonly BakedPart[]; readonly end: number }> {
  const parts: BakedPart[] = []
  let offset = from
  for (const { kind, name, format, write, check } of ingredients) {
    const written = await write(descriptor, offset)
    // An image is a disk, and a disk has whole pages: what is added is zero.
    const length = kind === 'files' ? roundUp(written, PART_ALIGNMENT) : written
    if (length === 0) throw new UsageError('BAD_ARGUMENT', `${kind} ${name} is empty`, 'bake something that is not')
    const next = roundUp(offset + length, PART_ALIGNMENT)
    zeroes(descriptor, offset + written, next)
    const digest = digestOf(sourceOfDescriptor(descriptor, next), offset, length)
    check?.(digest)
    parts.push({ kind, name, format, offset, length, digest })
    offset = next
  }
  return { parts, end: offset }
}

function zeroes(descriptor: number, from: number, to: number): void {
  const output = new FileOutput(descriptor, from)
  output.zeroes(to - from)
  output.finish()
}

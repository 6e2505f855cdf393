// rumprun: programs for NetBSD's kernel components, as objects that wait to be baked and as images for bare metal and Xen. Images for
// Solo5 are Solo5 unikernels (solo5.ts).

import { quote } from '../../base/quote.ts'
import { type Source, window } from '../../base/reader.ts'
import { fileOffsetOf, findSymbols } from '../../elf/addresses.ts'
import { contentsOf } from '../../elf/sections.ts'
import { elfFacts, processorOf } from '../elf-facts.ts'
import type { ElfFile } from '../elf-file.ts'
import { type Fact, identification, type Identification, type Parameter } from '../identification.ts'
import { latin1, peek, scanFor, textOf, tryRead } from '../values.ts'
import { bareMetal } from './kernel.ts'

const RECIPE_SECTION = '.note.rumprun.bakerecipe'
/** A recipe is four texts of this kind, one behind the other; in an image they lie within the code. */
const RECIPE = 'rumprun_tuple: '
const RECIPE_KEYS = ['tuple', 'tooldir', 'backingcc', 'cflags'] as const
const MAX_RECIPE = 1024
const MAX_PROGRAMS = 16
/** An image with debugging data has 17 MB. */
const MAX_SCANNED = 32 * 2 ** 20

export function recogniseRumprun(file: ElfFile): Identification | undefined {
  return recogniseObject(file) ?? recogniseImage(file)
}

/** What the compiler wrapper leaves behind ("fermented"): a relocatable object with the recipe in a note. */
function recogniseObject({ elf, sections, source }: ElfFile): Identification | undefined {
  const section = sections().find(({ name }) => name === RECIPE_SECTION)
  const place = section === undefined ? undefined : contentsOf(section, source)
  if (place === undefined) return undefined
  const at = scanFor(source, RECIPE, { from: place.offset, to: place.offset + Math.min(place.size, MAX_RECIPE) })
  return identification({
    family: 'rumprun',
    summary: 'rumprun program, not baked yet',
    processor: processorOf(elf),
    facts: [...elfFacts(elf), ...(at === undefined ? [] : recipeFacts(source, at))],
    needs: [{ kind: 'files', detail: 'the components that rumprun-bake links to it' }],
    starters: [
      { name: 'rumprun-bake', how: 'rumprun-bake hw_virtio OUTPUT FILE', requires: { command: 'rumprun-bake' } },
    ],
    findings: [],
  })
}

function recogniseImage(file: ElfFile): Identification | undefined {
  // Only what boots is looked through: the scan is the dearest thing that inspection does.
  const { source, multiboot } = file
  const xen = file.xen()
  if (multiboot().v1 === undefined && xen === undefined) return undefined
  const symbols = findOwnSymbols(file)
  const recipe = scanFor(source, RECIPE, { from: 0, to: MAX_SCANNED })
  if (symbols.size === 0 && recipe === undefined) return undefined
  return bareMetal(file, {
    family: 'rumprun',
    summary: 'rumprun unikernel',
    target: xen === undefined ? 'hw' : 'xen',
    facts: [...programFacts(file, symbols, recipe), ...(recipe === undefined ? [] : recipeFacts(source, recipe))],
    accepts: [xen === undefined ? CONFIGURATION : XEN_CONFIGURATION],
  })
}

const CONFIGURATION: Parameter = {
  name: 'configuration',
  form: 'JSON, at most 4094 bytes',
  detail: 'as the first module, or as the command line',
}
const XEN_CONFIGURATION: Parameter = {
  name: 'configuration',
  form: 'JSON, about 4 KiB',
  detail: 'in XenStore as rumprun/cfg, or as the command line',
}

/** The same for a unikernel that is linked for Solo5. Its code is not searched for recipes. */
export function programsForSolo5(file: ElfFile): Fact[] {
  return programFacts(file, findOwnSymbols(file), undefined)
}

function findOwnSymbols({ elf, sections, source }: ElfFile): ReadonlyMap<string, bigint> {
  return findSymbols(elf, sections(), source, (name) => /^rumprun_(?:main\d+|bins|config)$/.test(name))
}

/** Which programs are baked in: by name where the newest bake wrote a table, else only how many. */
function programFacts(file: ElfFile, symbols: ReadonlyMap<string, bigint>, recipe: number | undefined): Fact[] {
  const names = tryRead(() => programNames(file, symbols.get('rumprun_bins'))) ?? []
  if (names.length > 0) return [{ name: 'programs', value: names.map((name) => quote(name)).join(' ') }]
  const mains = [...symbols.keys()].filter((name) => name.startsWith('rumprun_main')).length
  const count = mains > 0 ? mains : countRecipes(file.source, recipe)
  return count === 0 ? [] : [{ name: 'programs', value: `${count}, whose names are not in the file` }]
}

/** A table of pointers to pairs of a name and a main, up to a null pointer. */
function programNames({ elf, source }: ElfFile, table: bigint | undefined): string[] {
  const names: string[] = []
  const read = (address: bigint): bigint => {
    const offset = fileOffsetOf(elf, address)
    return offset === undefined ? 0n : window(source, offset, 8, 'rumprun_bins').u64(0, 'rumprun_bins')
  }
  for (let at = table ?? 0n; at !== 0n && names.length < MAX_PROGRAMS; at += 8n) {
    const entry = read(at)
    if (entry === 0n) break
    const offset = fileOffsetOf(elf, read(entry))
    if (offset === undefined) break
    names.push(textOf(peek(source, offset, 64)))
  }
  return names
}

function countRecipes(source: Source, first: number | undefined): number {
  let count = 0
  for (let at = first; at !== undefined && count < MAX_PROGRAMS; count++) {
    at = scanFor(source, RECIPE, { from: at + RECIPE.length, to: MAX_SCANNED })
  }
  return count
}

function recipeFacts(source: Source, at: number): Fact[] {
  const texts = latin1(peek(source, at, MAX_RECIPE)).split('\0')
  return RECIPE_KEYS.flatMap((key, i) => {
    const [, value] = /^rumprun_[a-z]+: ?(.*)$/s.exec(texts[i] ?? '') ?? []
    return value === undefined || !(texts[i] ?? '').startsWith(`rumprun_${key}:`)
      ? []
      : [{ name: `bake ${key}`, value: quote(value) }]
  })
}

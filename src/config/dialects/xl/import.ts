// Reads what an xl configuration file tells the guest: `extra`, `root` and `cmdline`, and the memory. Everything else concerns the host, which is told
// and passed over. Pure.

import { quote } from '../../../base/quote.ts'
import { finishDraft, type Imported, type ImportOptions, newDraft } from '../draft.ts'
import { readLinuxLine } from '../linux/import.ts'
import { readMirageLine } from '../mirage/import.ts'
import { importRumprun } from '../rumprun/import.ts'
import { importRumprunLegacy } from '../rumprun-legacy/import.ts'
import { SourceText } from '../source-text.ts'
import { readXlSettings, type XlSetting } from './settings.ts'

/** Bytes: of the start information of a PV guest without its NUL (docs/discoveries/rumprun.md). */
const MAX_PV_LINE = 1023
/** MiB. */
const MAX_MEMORY = 2 ** 30

/** In whose words a guest under xl may be told. */
export const XL_GUESTS = ['rumprun-legacy', 'rumprun', 'mirage', 'linux'] as const
export type XlGuest = (typeof XL_GUESTS)[number]

export interface XlOptions extends ImportOptions {
  /** Whose words `extra` is in. If not given: JSON is rumprun's, kernel parameters or a ramdisk are Linux's, everything else is MirageOS's. */
  readonly guest?: XlGuest | undefined
}

/**
 * The document that says the same. Throws ConfigError; within a text that another reader takes over, at its place in that text.
 *
 * @example
 * ```ts
 * const text = new TextEncoder().encode("kernel = 'www.xen'\nextra = '--ipv4=10.0.0.2/24 -v'")
 * importXl(text, { file: 'www.xl' }).document.rc[0].argv // ['mirage', '-v']
 * ```
 */
export function importXl(bytes: Uint8Array, { file, programs, guest }: XlOptions): Imported {
  const source = SourceText.of(bytes, file)
  const settings = readXlSettings(source)
  const line = lineOf(source, settings)
  for (const [name, { start }] of settings) {
    if (!GUEST_SETTINGS.has(name)) source.tolerate(start, `${name} concerns the host, and is passed over`)
  }
  const memory = readMemory(source, settings.get('memory'))
  const draft = newDraft()
  draft.memory = memory
  const reader = guest ?? guessGuest(line, settings)
  const inner = `${file}: ${line.name}`
  if (reader === 'mirage' || reader === 'linux') {
    const text = SourceText.of(new TextEncoder().encode(line.text), inner)
    if (reader === 'mirage') readMirageLine(text, draft)
    else readLinuxLine(text, draft)
    const notices = [...source.notices(), ...text.notices()]
    return { ...finishDraft(draft, text), notices }
  }
  const read = reader === 'rumprun' ? importRumprun : importRumprunLegacy
  const { document, notices } = read(new TextEncoder().encode(line.text), { file: inner, programs })
  return { document: { ...document, memory }, notices: [...source.notices(), ...notices] }
}

const GUEST_SETTINGS: ReadonlySet<string> = new Set(['extra', 'root', 'cmdline', 'memory'])

/** As xl puts it together: `cmdline` alone, else `root=` and `extra`. */
function lineOf(
  source: SourceText,
  settings: ReadonlyMap<string, XlSetting>,
): { readonly name: string; readonly text: string } {
  const [whole, root, extra] = ['cmdline', 'root', 'extra'].map((name) => textOf(source, settings, name))
  if (whole !== undefined) {
    for (const name of ['root', 'extra']) {
      const unused = settings.get(name)
      if (unused !== undefined) source.tolerate(unused.start, `xl does not look at ${name} where there is cmdline`)
    }
  }
  const text = whole ?? [root === undefined ? [] : [`root=${root}`], extra ?? []].flat().join(' ')
  const name = whole === undefined ? 'extra' : 'cmdline'
  const bytes = new TextEncoder().encode(text).length
  const type = settings.get('type')?.text
  if (bytes > MAX_PV_LINE && type !== 'pvh' && type !== 'hvm') {
    const { start = 0 } = settings.get(name) ?? settings.get('root') ?? {}
    source.tolerate(start, `${bytes} bytes, of which a PV guest gets ${MAX_PV_LINE}`)
  }
  return { name, text }
}

function textOf(source: SourceText, settings: ReadonlyMap<string, XlSetting>, name: string): string | undefined {
  const setting = settings.get(name)
  if (setting === undefined || setting.text !== undefined) return setting?.text
  return source.fail('BAD_VALUE', setting.valueStart, `${name} must be a string, not a list`)
}

function readMemory(source: SourceText, setting: XlSetting | undefined): number | undefined {
  if (setting === undefined) return undefined
  const text = setting.text ?? ''
  if (/^[1-9][0-9]*$/.test(text) && Number(text) <= MAX_MEMORY) return Number(text) * 2 ** 20
  return source.fail('BAD_VALUE', setting.valueStart, `memory is ${quote(text)}, no number of mebibytes`)
}

function guessGuest({ text }: { readonly text: string }, settings: ReadonlyMap<string, XlSetting>): XlGuest {
  if (/^\s*(?:\{|_RUMPRUN_ROOTFSCFG=)/.test(text)) return 'rumprun-legacy'
  if (settings.has('ramdisk') || /(?:^|\s)(?:root|init|rdinit|console|ip|earlyprintk)=/.test(text)) return 'linux'
  return 'mirage'
}

// What `slipway weigh` prints for people: a tree with a line for whatever is large, with size, share and a bar. Pure. Names come out of files
// that nobody has vouched for.

import { escapeControls, quote } from '../../base/quote.ts'
import { formatSize } from '../../base/size.ts'
import { gather, leastFor } from './gather.ts'
import { labelOf } from './label.ts'
import { formatShare } from './share.ts'
import type { WeighedFile } from './report.ts'
import { cut, drawTree } from './tree-lines.ts'
import { sumUses, type Weight } from './weight.ts'

type Style = (format: 'bold' | 'dim' | 'red' | 'green', text: string) => string

export interface TextOptions {
  /** Levels below the file; all of them where it is not given, in which something is large enough. */
  readonly depth?: number | undefined
  /** Lines for what is small as well. */
  readonly all?: boolean | undefined
  readonly style?: Style
  /** Characters of a line. */
  readonly width?: number
}

/** What has less of the file is put together. */
const LEAST_SHARE = 1 / 100
/** Levels that are shown where nobody asks for more. */
const USUAL_DEPTH = 5
/** Lines below one, and altogether, that are shown where nobody asks for all. */
const USUAL_CHILDREN = 12
const USUAL_LINES = 60
/** The largest below what has so much of the file are shown, however small they are. */
const ALWAYS = 3
const ALWAYS_SHARE = 1 / 10
/** Lines even then: nobody reads more. */
const MAX_LINES = 10_000

const BAR = 12 // characters
const PLAIN: Style = (_, text) => text

/** With a line feed at its end. */
export function renderWeighed(weighed: WeighedFile, options: TextOptions = {}): string {
  const { depth, all = false, style = PLAIN, width = Number.POSITIVE_INFINITY } = options
  const { tree } = weighed
  const least = all ? leastFor(tree, MAX_LINES) : Math.max(tree.bytes * LEAST_SHARE, leastFor(tree, USUAL_LINES))
  const shown = gather(tree, {
    depth: depth ?? (all ? Number.POSITIVE_INFINITY : USUAL_DEPTH),
    least,
    most: all ? Number.POSITIVE_INFINITY : USUAL_CHILDREN,
    always: { count: ALWAYS, below: tree.bytes * ALWAYS_SHARE },
  })
  const lines = [...drawTree(shown, visibleIn)].map(({ node, lead }) => renderRow(node, lead, tree.bytes, style, width))
  return [renderHead(weighed, style, width), '\n', ...lines, renderTail(weighed)].join('')
}

function renderHead({ file, summary, tree, memoryOnly = 0 }: WeighedFile, style: Style, width: number): string {
  const uses = sumUses(tree).map(({ use, bytes }) => `${use} ${formatSize(bytes)}`)
  const memory = memoryOnly > 0 ? `  in memory ${formatSize(memoryOnly)} more, which begin as zeros\n` : ''
  const head = `${style('bold', quote(file))}: ${formatSize(tree.bytes)}, ${escapeControls(summary, '', '\\')}\n`
  return [head, ...(uses.length === 0 ? [] : [fill(uses, width)]), memory].join('')
}

/** As many to a line as it holds. */
function fill(words: readonly string[], width: number): string {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 3 > width) lines.push(`  ${word}`)
    else lines[lines.length - 1] = `${last}, ${word}`
  }
  return `${lines.join(',\n')}\n`
}

/** Nothing but others says nothing. */
function visibleIn({ children }: Weight): readonly Weight[] {
  const [only] = children
  return children.length === 1 && only?.kind === 'others' ? [] : children
}

function renderTail({ images, remarks }: WeighedFile): string {
  const shared = images.filter(({ weighedBy }) => weighedBy === 'share')
  const told = [
    ...shared.map(
      ({ name }) =>
        `${labelOf({ kind: 'part', name })}: what files take in it cannot be told; it is shared out by their sizes`,
    ),
    ...remarks.map((remark) => escapeControls(remark, '', '\\')),
  ]
  return told.length === 0 ? '' : `\n${told.map((line) => `  ${line}\n`).join('')}`
}

function renderRow(weight: Weight, lead: string, whole: number, style: Style, width: number): string {
  const size = formatSize(weight.bytes).padStart(10)
  const share = formatShare(weight.bytes, whole).padStart(7)
  const front = `${size}  ${share}  ${barOf(weight.bytes / whole)}  `
  const name = cut(`${lead}${labelOf(weight)}`, width - front.length)
  return `${front}${weight.kind === 'others' || weight.kind === 'padding' ? style('dim', name) : name}\n`
}

/** Eighths of a character. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function barOf(share: number): string {
  const eighths = Math.round(share * BAR * 8)
  return ('█'.repeat(eighths >>> 3) + (EIGHTHS[eighths & 7] ?? '')).padEnd(BAR)
}

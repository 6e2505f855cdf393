// What `slipway weigh --diff` prints for people: what grew and what shrank, the largest change first. Pure. Names come out of files that nobody
// has vouched for.

import { escapeControls, quote } from '../../base/quote.ts'
import { formatSize } from '../../base/size.ts'
import type { WeighDiffReport, WeightChange } from './diff.ts'
import { labelOf } from './label.ts'
import { formatChange } from './share.ts'
import { cut, drawTree } from './tree-lines.ts'
import type { TextOptions } from './text.ts'

/** Changes of less than this part of the largest are not shown where nobody asks for all. */
const LEAST_SHARE = 1 / 100
const USUAL_CHILDREN = 12
const MAX_LINES = 10_000

/** With a line feed at its end. */
export function renderWeighDiff(report: WeighDiffReport, options: TextOptions = {}): string {
  const { all = false, style = (_, text) => text, width = Number.POSITIVE_INFINITY } = options
  const { tree, oldSize, newSize, remarks } = report
  const sizes = `${formatSize(oldSize)} -> ${formatSize(newSize)}`
  const change = newSize === oldSize ? 'the same size' : formatChange(newSize - oldSize)
  const head = `${quote(report.old)} -> ${quote(report.new)}: ${sizes}, ${change}`
  const largest = largestOf(tree.children ?? [])
  const least = all ? 0 : largest * LEAST_SHARE
  // What is new or gone is so with all that is in it.
  const shown = (parent: WeightChange): readonly Shown[] =>
    all || (parent.old > 0 && parent.new > 0) ? select(parent.children ?? [], least, all) : []
  const lines: string[] = []
  for (const { node, lead } of drawTree<Shown>({ change: tree, label: '' }, ({ change }) => shown(change))) {
    if (lines.length === MAX_LINES) break
    lines.push(renderRow(node, lead, style, width))
  }
  const nothing = lines.length === 0 ? '  nothing in it has another size\n' : ''
  const told = remarks.map((remark) => `  ${escapeControls(remark, '', '\\')}\n`).join('')
  return `${style('bold', head)}\n\n${lines.join('')}${nothing}${told === '' ? '' : `\n${told}`}`
}

interface Shown {
  readonly change: WeightChange
  readonly label: string
}

/** The largest changes by themselves, the others in one line. */
function select(children: readonly WeightChange[], least: number, all: boolean): readonly Shown[] {
  const small = children.findIndex((child) => changeOf(child) < least)
  const large = small < 0 ? children.length : small
  const count = all ? children.length : Math.min(large, USUAL_CHILDREN)
  const named = children.slice(0, count).map((change) => ({ change, label: labelOf(change) }))
  const others = children.slice(count)
  if (others.length === 0) return named
  const change: WeightChange = {
    kind: 'others',
    name: `${others.length} ${others.length === 1 ? 'other' : 'others'}`,
    old: others.reduce((sum, other) => sum + other.old, 0),
    new: others.reduce((sum, other) => sum + other.new, 0),
  }
  return [...named, { change, label: labelOf(change) }]
}

/** Below what kept its size, what is inside counts. */
function changeOf({ old, new: now, children = [] }: WeightChange): number {
  return old === now ? largestOf(children) : Math.abs(now - old)
}

function largestOf(changes: readonly WeightChange[]): number {
  return changes.reduce((most, change) => Math.max(most, changeOf(change)), 0)
}

function renderRow({ change, label }: Shown, lead: string, style: Style, width: number): string {
  const { old, new: now } = change
  const amount = formatChange(now - old).padStart(11)
  const colour = now > old ? 'red' : 'green'
  const front = `${amount}  ${wordsFor(old, now).padEnd(22)}  `
  const name = cut(`${lead}${label}`, width - front.length)
  return `${now === old ? amount : style(colour, amount)}${front.slice(amount.length)}${name}\n`
}

type Style = NonNullable<TextOptions['style']>

function wordsFor(old: number, now: number): string {
  if (old === 0) return `new, ${formatSize(now)}`
  if (now === 0) return `gone, ${formatSize(old)}`
  return `${formatSize(old)} -> ${formatSize(now)}`
}

// A weighed file as a picture: a treemap as one SVG file that needs nothing else. Pure. Names come out of files that nobody has vouched for.

import { formatSize } from '../../base/size.ts'
import { gather, leastFor } from './gather.ts'
import { labelOf, showShort } from './label.ts'
import { formatShare } from './share.ts'
import { escapeMarkup } from './markup.ts'
import { PALETTE_CSS } from './palette.ts'
import type { WeighedFile } from './report.ts'
import { arrange, type Box, type Look } from './treemap.ts'
import { sumUses, type Use, type Weight } from './weight.ts'

const WIDTH = 1200
const HEIGHT = 760
/** Boxes: a picture has some 250 bytes for each. */
const MAX_BOXES = 3000
const LEGEND = 26 // height, below the boxes
const CHARACTER = 6.7 // width at most, of the font below
const LINE = 14

const LOOK: Look = { strip: 17, margin: 2, leastWidth: 36, leastHeight: 22, leastSide: 1 }

const STYLE = `${PALETTE_CSS}rect{stroke:var(--line);stroke-width:.5}
text{font:11px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);stroke:none;pointer-events:none}
g:hover>rect{stroke-width:2}
`

/** The same bytes for the same file. */
export function drawSvg({ file, summary, tree }: WeighedFile): string {
  const shown = gather(tree, {
    depth: Number.POSITIVE_INFINITY,
    least: leastFor(tree, MAX_BOXES),
    most: Number.POSITIVE_INFINITY,
  })
  const parents = parentsIn(shown)
  const boxes = arrange(shown, { x: 0, y: 0, width: WIDTH, height: HEIGHT - LEGEND }, LOOK)
  const title = `${showShort(file)}: ${formatSize(tree.bytes)}, ${summary}`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">\n`,
    `<title>${escapeMarkup(title)}</title>\n<style>${STYLE}</style>\n`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="var(--ground)" stroke="none"/>\n`,
    ...boxes.map((box) => drawBox(box, tree.bytes, parents)),
    ...drawLegend(tree),
    '</svg>\n',
  ].join('')
}

function parentsIn(root: Weight): ReadonlyMap<Weight, Weight> {
  const parents = new Map<Weight, Weight>()
  const waiting = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of next.children) {
      parents.set(child, next)
      waiting.push(child)
    }
  }
  return parents
}

function drawBox({ part, open, ...rect }: Box<Weight>, whole: number, parents: ReadonlyMap<Weight, Weight>): string {
  // Both sides are rounded alike, so that neighbours share them.
  const [x, y] = [round(rect.x), round(rect.y)]
  const [width, height] = [round(round(rect.x + rect.width) - x), round(round(rect.y + rect.height) - y)]
  const size = formatSize(part.bytes)
  const path = pathOf(part, parents).join(' › ')
  const tip = `${path}\n${size}, ${formatShare(part.bytes, whole)}`
  const lines = open || height < 2 * LINE + 6 ? [`${labelOf(part)}  ${size}`] : [labelOf(part), size]
  const texts = lines.map((line, i) => {
    const text = fit(line, width - 8)
    return text === '' || height < LINE
      ? ''
      : `<text x="${round(x + 4)}" y="${round(y + 12 + i * LINE)}">${text}</text>`
  })
  return `<g class="${part.use}"><title>${escapeMarkup(tip)}</title><rect x="${x}" y="${y}" width="${width}" height="${height}"/>${texts.join('')}</g>\n`
}

/** Without the root, which is in front of everything. */
function pathOf(weight: Weight, parents: ReadonlyMap<Weight, Weight>): readonly string[] {
  const path = [labelOf(weight)]
  for (let at = parents.get(weight); at !== undefined && parents.has(at); at = parents.get(at))
    path.unshift(labelOf(at))
  return path
}

/** As much as there is room for; nothing where that would say nothing. */
function fit(text: string, width: number): string {
  const room = Math.floor(width / CHARACTER)
  if (text.length <= room) return escapeMarkup(text)
  return room < 4 ? '' : `${escapeMarkup(text.slice(0, room - 1))}…`
}

function drawLegend(tree: Weight): string[] {
  let x = 4
  return sumUses(tree).map(({ use, bytes }) => {
    const text = `${use} ${formatSize(bytes)}`
    const at = x
    x += 18 + text.length * CHARACTER + 18
    return drawKey(use, text, at)
  })
}

function drawKey(use: Use, text: string, x: number): string {
  const y = HEIGHT - LEGEND
  return `<g class="${use}"><rect x="${round(x)}" y="${y + 8}" width="12" height="12"/><text x="${round(x + 17)}" y="${y + 18}">${text}</text></g>\n`
}

/** Tenths are finer than anybody sees. */
function round(value: number): number {
  return Math.round(value * 10) / 10
}

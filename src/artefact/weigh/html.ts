// A weighed file as a page in which one can look around: a treemap as one HTML file that needs nothing else and asks nobody for anything. What
// runs in it is web/treemap/. Pure. Names come out of files that nobody has vouched for: they are data, and never markup.

import { writeJsonLine } from '../../base/json-text.ts'
import { formatSize } from '../../base/size.ts'
import { gather, leastFor } from './gather.ts'
import { labelOf, showShort } from './label.ts'
import { escapeMarkup } from './markup.ts'
import { PAGE_SCRIPT, PAGE_SCRIPT_DIGEST, PAGE_STYLE, PAGE_STYLE_DIGEST } from './page.generated.ts'
import type { WeighedFile } from './report.ts'
import { renderWeighed } from './text.ts'
import { sumUses, type Weight } from './weight.ts'

/** Of more, the smallest are put together: a page has some 60 bytes for each. */
const MAX_NODES = 30_000
/** Characters of a line for those who have no script. */
const TEXT_WIDTH = 100

/** Nothing may be loaded or sent, and nothing runs but the script that Slipway wrote. */
const POLICY = [
  "default-src 'none'",
  `script-src '${PAGE_SCRIPT_DIGEST}'`,
  `style-src '${PAGE_STYLE_DIGEST}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** The same bytes for the same file. */
export function drawHtml(weighed: WeighedFile): string {
  const { file, summary, tree } = weighed
  const least = leastFor(tree, MAX_NODES)
  const shown = gather(tree, { depth: Number.POSITIVE_INFINITY, least, most: Number.POSITIVE_INFINITY })
  const name = escapeMarkup(showShort(file))
  const about = escapeMarkup(`${formatSize(tree.bytes)}, ${summary}`)
  // Inside a script the only markup is its end.
  const data = writeJsonLine(pack(shown)).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${name} · slipway weigh</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${name}</h1>
<p>${about}</p>
<div id="finder">
<span id="count" role="status"></span>
<input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="Find a name (/)" aria-label="Find a name">
<ul id="found" aria-label="Found, the largest first" hidden></ul>
</div>
</header>
<nav aria-label="Looked into"><ol id="crumbs"></ol></nav>
<main id="map" role="group" aria-label="Areas are sizes. Arrow keys go from box to box, Enter looks into one, Escape goes back."></main>
<footer>
${sumUses(tree).map(legend).join('\n')}
<p>Click or Enter looks into a box, Escape goes back, arrow keys go from box to box.</p>
${remarks(weighed)}</footer>
<div id="tip" role="tooltip" hidden></div>
<noscript><pre>${escapeMarkup(renderWeighed(weighed, { width: TEXT_WIDTH }))}</pre></noscript>
<script type="application/json" id="weights">${data}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

type Packed = readonly [label: string, use: string, bytes: number, children?: readonly Packed[]]

/** As web/treemap/data.ts reads it. */
function pack(weight: Weight): Packed {
  const { use, bytes, children } = weight
  const label = labelOf(weight)
  return children.length === 0 ? [label, use, bytes] : [label, use, bytes, children.map(pack)]
}

function legend({ use, bytes }: { readonly use: string; readonly bytes: number }): string {
  return `<span><i class="${use}"></i>${use} ${formatSize(bytes)}</span>`
}

function remarks({ remarks: all }: WeighedFile): string {
  return all.length === 0 ? '' : `<ul>${all.map((each) => `<li>${escapeMarkup(each)}</li>`).join('')}</ul>\n`
}

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { arrange, type Box, type Look } from './treemap.ts'
import { drawHtml } from './html.ts'
import { escapeMarkup } from './markup.ts'
import { HOSTILE_NAMES, HOSTILE_WEIGHED, SAMPLE_TREE, SAMPLE_WEIGHED } from './sample.ts'
import type { Rect } from './squarify.ts'
import { drawSvg } from './svg.ts'
import { branch, everyWeight, leaf, type Weight } from './weight.ts'

const LOOK: Look = { strip: 15, margin: 2, leastWidth: 30, leastHeight: 20, leastSide: 1 }
const AREA: Rect = { x: 0, y: 0, width: 1000, height: 700 }

const anyTree = fc.letrec<{ tree: Weight }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'weight' },
    fc.integer({ min: 1, max: 2 ** 30 }).map((bytes) => leaf('file', 'f', 'files', bytes)),
    fc
      .array(tie('tree'), { minLength: 1, maxLength: 6, depthIdentifier: 'weight' })
      .map((children) => branch('directory', 'd', children)),
  ),
})).tree

/** Inside of another, but for what rounding does. */
function isInside(inner: Rect, outer: Rect): boolean {
  const slack = 1e-6
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  )
}

describe('arrange()', () => {
  it('draws the largest parts in every box that has room for them, with areas as large as they are', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const boxes = arrange(tree, AREA, LOOK)
        const byPart = new Map(boxes.map((box): [Weight, Box<Weight>] => [box.part, box]))
        for (const box of boxes) {
          if (!box.open) continue
          const drawn = box.part.children.flatMap((child) => byPart.get(child) ?? [])
          const areaOf = ({ width, height }: Rect): number => width * height
          const inner = (box.width - 4) * (box.height - 17)
          for (const child of drawn) {
            assert.ok(isInside(child, box))
            assert.equal(child.depth, box.depth + 1)
            const wanted = (inner * child.part.bytes) / box.part.bytes
            assert.ok(Math.abs(areaOf(child) - wanted) <= 1e-6 * inner)
          }
          // What is left out is smaller than a pixel at one of its sides, so it would not be seen.
          if (drawn.length === 0) assert.fail('an open box with nothing in it')
        }
      }),
    )
  })

  it('draws nothing in a box without room', () => {
    assert.deepEqual(
      arrange(SAMPLE_TREE, { ...AREA, width: 20 }, LOOK).map(({ open }) => open),
      [false],
    )
    assert.deepEqual(arrange(SAMPLE_TREE, { ...AREA, width: 0 }, LOOK), [])
  })
})

const anyText = fc.array(fc.nat(0xffff), { maxLength: 20 }).map((codes) => String.fromCharCode(...codes))

describe('escapeMarkup()', () => {
  it('leaves nothing that means anything, and nothing that XML has not', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constantFrom(...HOSTILE_NAMES)), (text) => {
        const escaped = escapeMarkup(text)
        assert.doesNotMatch(
          escaped,
          /[<>"'\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\p{Surrogate}\ufffe\uffff]/u,
        )
        assert.match(escaped, /^(?:[^&]|&#\d+;)*$/u)
      }),
    )
  })
})

describe('drawSvg()', () => {
  it('names every box that is large enough, with path, size and share', () => {
    const svg = drawSvg(SAMPLE_WEIGHED)
    assert.match(
      svg,
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+"/,
    )
    assert.match(svg, /<title>baked in › files storage › site\/ › logo.png\n8.8 KiB, 36.9 %<\/title>/)
    assert.match(svg, />logo.png<\/text><text [^>]*>8.8 KiB<\/text>/)
    assert.match(svg, />files 14.6 KiB<\/text>/)
  })

  it('refers to nothing outside of itself, and runs nothing', () => {
    for (const weighed of [SAMPLE_WEIGHED, HOSTILE_WEIGHED]) {
      const svg = drawSvg(weighed).replace('http://www.w3.org/2000/svg', '')
      assert.doesNotMatch(svg, /<script|<image|<use|<a[ >]|href|url\(|@import|<[^>]* on\w+=|:\/\//i)
    }
  })

  it('makes the same bytes of the same file, and not many of a large one', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => leaf('symbol', `symbol${i}`, 'code', 100 + i))
    const large = { ...SAMPLE_WEIGHED, tree: branch('whole', 'large', [branch('section', '.text', many)]) }
    assert.equal(drawSvg(large), drawSvg(large))
    assert.ok(drawSvg(large).length < 2 ** 20)
  })
})

describe('drawHtml()', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/

  it('lets nothing run but its own script, and loads nothing', () => {
    const html = drawHtml(SAMPLE_WEIGHED)
    const said = policy.exec(html)?.[1]?.replaceAll('&#39;', "'") ?? ''
    const digest = (element: string): string => {
      const text = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(html)?.[1] ?? ''
      return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    }
    assert.deepEqual(said.split('; ').sort(), [
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      `script-src ${digest('script')}`,
      `style-src ${digest('style')}`,
    ])
    assert.ok(html.indexOf('http-equiv') < html.indexOf('<style'), 'the policy comes before what it rules')
  })

  it('holds names as data only, whatever they are', () => {
    const html = drawHtml(HOSTILE_WEIGHED)
    const markup = html.replace(/<script type="application\/json" id="weights">[^<]*<\/script>/, '')
    assert.notEqual(markup, html)
    assert.doesNotMatch(markup, /<img|<svg|onerror=alert[^&]*>|alert\(1\)<\/script>/)
    // Two of ours.
    assert.equal(html.match(/<script/g)?.length, 2)
    assert.equal(html.match(/<\/script/g)?.length, 2)
    assert.doesNotMatch(html, /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
  })

  it('holds the whole tree, and of a large one the largest', () => {
    const data = /id="weights">(.*)\n?<\/script>/.exec(drawHtml(SAMPLE_WEIGHED))?.[1] ?? ''
    const labels = JSON.stringify(JSON.parse(data))
    for (const { bytes } of everyWeight(SAMPLE_TREE)) assert.ok(labels.includes(`,${bytes}`))
    const many = Array.from({ length: 200_000 }, (_, i) => leaf('symbol', `symbol${i}`, 'code', 100 + i))
    assert.ok(drawHtml({ ...SAMPLE_WEIGHED, tree: branch('whole', 'large', many) }).length < 4 * 2 ** 20)
  })
})

// The page of a weighed file in a browser as people have it: boxes, clicks, keys, search, and that it asks nobody for anything.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { drawHtml } from '../../src/artefact/weigh/html.ts'
import { HOSTILE_WEIGHED } from '../../src/artefact/weigh/sample.ts'
import { bake } from '../../src/run/bake.ts'
import { weighFile } from '../../src/run/weigh.ts'
import { openPage, type Page } from '../support/browser.ts'
import { guestPath } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const scratch = mkdtempSync(join(tmpdir(), 'slipway-page-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** Where a tester wants to look at what was seen: SLIPWAY_SCREENSHOTS=DIR. */
async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env['SLIPWAY_SCREENSHOTS']
  if (folder !== undefined) writeFileSync(join(folder, `${name}.png`), await page.screenshot())
}

type Drawn = {
  readonly label: string
  readonly open: boolean
  readonly rect: readonly [number, number, number, number]
}

const drawn = async (page: Page): Promise<Drawn[]> =>
  await page.evaluate(`[...document.querySelectorAll('.box')].map((box) => {
    const { left, top, width, height } = box.getBoundingClientRect()
    return { label: box.getAttribute('aria-label'), open: box.classList.contains('open'), rect: [left, top, width, height] }
  })`)

const crumbs = async (page: Page): Promise<string[]> =>
  await page.evaluate(`[...document.querySelectorAll('#crumbs button')].map(({ textContent }) => textContent)`)

const focused = async (page: Page): Promise<string> =>
  await page.evaluate(`document.activeElement.getAttribute('aria-label') ?? document.activeElement.id`)

describe('the page of a weighed artefact', needs({ commands: ['chromium'] }), () => {
  const artefact = join(scratch, 'shop.spt')
  const file = join(scratch, 'shop.html')
  let page: Page

  beforeAll(async () => {
    const site = join(scratch, 'site')
    mkdirSync(join(site, 'css'), { recursive: true })
    writeFileSync(join(site, 'index.html'), '<p>hello'.repeat(4000))
    writeFileSync(join(site, 'css/plain.css'), 'p { margin: 0 }'.repeat(3000))
    writeFileSync(join(site, 'css/dark.css'), 'p { color: #eee }'.repeat(1000))
    await bake(guestPath('blk'), artefact, { sources: [site], format: 'tar' })
    writeFileSync(file, drawHtml(await weighFile(artefact)))
    page = await openPage(pathToFileURL(file).href)
  })
  afterAll(async () => await page?.close())

  it('draws boxes inside of each other, none on its neighbour, with areas in proportion', async () => {
    const boxes = await drawn(page)
    assert.ok(boxes.length > 15, `${boxes.length} boxes`)
    assert.match(boxes[0]?.label ?? '', /\/shop\.spt, [\d.]+ KiB, 100\.0 %$/)
    const leaves = boxes.filter(({ open }) => !open)
    for (const [i, a] of leaves.entries()) {
      for (const b of leaves.slice(i + 1)) {
        const width = Math.min(a.rect[0] + a.rect[2], b.rect[0] + b.rect[2]) - Math.max(a.rect[0], b.rect[0])
        const height = Math.min(a.rect[1] + a.rect[3], b.rect[1] + b.rect[3]) - Math.max(a.rect[1], b.rect[1])
        assert.ok(width <= 0 || height <= 0, `${a.label} and ${b.label}`)
      }
    }
    const areaOf = (end: string): number => {
      const { rect } = boxes.find(({ label }) => label.includes(`${end}, `)) ?? { rect: [0, 0, 0, 0] }
      return rect[2] * rect[3]
    }
    const ratio = areaOf('css/ › plain.css') / areaOf('css/ › dark.css')
    assert.ok(Math.abs(ratio - 45_000 / 17_000) < 0.1, `${ratio}`)
    await keep(page, 'light')
  })

  it('looks into a box by click, and out of it by breadcrumb and by the browser’s own Back', async () => {
    const [x, y] = (await drawn(page)).find(({ label }) => label.includes(' › css/, '))?.rect ?? [0, 0]
    await page.click(x + 30, y + 6)
    assert.deepEqual((await crumbs(page)).slice(1), ['baked in', 'files storage', 'css/'])
    assert.equal((await drawn(page)).length, 3)
    assert.equal((await page.evaluate<number>(`document.querySelector('.box').offsetWidth`)) > 1000, true)
    const hash = await page.evaluate<string>('location.hash')
    assert.match(hash, /^#\d+(\.\d+)+$/)
    await page.evaluate(`document.querySelectorAll('#crumbs button')[1].click()`)
    assert.deepEqual((await crumbs(page)).slice(1), ['baked in'])
    await page.evaluate('history.back()')
    await page.settled(`location.hash === ${JSON.stringify(hash)}`)
    assert.deepEqual((await crumbs(page)).slice(1), ['baked in', 'files storage', 'css/'])
    await page.evaluate(`document.querySelector('#crumbs button').click()`)
    assert.equal((await crumbs(page)).length, 1)
  })

  it('goes from box to box by keys', async () => {
    await page.evaluate(`document.querySelector('.box').focus()`)
    await page.press('ArrowDown')
    assert.match(await focused(page), /^baked in, /)
    await page.press('ArrowRight')
    assert.match(await focused(page), /^segment LOAD r-x, /)
    await page.press('ArrowLeft')
    await page.press('Enter')
    assert.deepEqual((await crumbs(page)).slice(1), ['baked in'])
    await page.press('ArrowDown')
    await page.press('ArrowUp')
    assert.match(await focused(page), /^baked in, /)
    await page.press('Escape')
    assert.equal((await crumbs(page)).length, 1)
    assert.match(await focused(page), /^baked in, /)
    assert.equal(await page.evaluate(`document.querySelectorAll('.box[tabindex="0"]').length`), 1)
  })

  it('finds names, says how much they are, and goes there', async () => {
    await page.press('/')
    assert.equal(await focused(page), 'Find a name')
    await page.type('.CSS')
    assert.equal(await page.evaluate(`document.querySelector('#count').textContent`), '2 found, 60.5 KiB')
    assert.equal(await page.evaluate(`document.querySelectorAll('.hit').length`), 2)
    assert.ok((await page.evaluate<number>(`document.querySelectorAll('.miss').length`)) > 10)
    await keep(page, 'search')
    await page.evaluate(`document.querySelector('#found button').click()`)
    assert.match(await focused(page), / › css\/ › plain\.css, /)
    await page.press('/')
    await page.press('Escape')
    assert.equal(await page.evaluate(`document.querySelectorAll('.hit, .miss').length`), 0)
    assert.equal(await page.evaluate(`document.querySelector('#count').textContent`), '')
  })

  it('says what a box is beside the pointer', async () => {
    const [x = 0, y = 0] = (await drawn(page)).find(({ label }) => label.includes(' › index.html, '))?.rect ?? []
    await page.move(x + 20, y + 20)
    const tip = await page.evaluate<string>(`document.querySelector('#tip').innerText`)
    assert.match(tip, /^baked in › files storage › index\.html\n31\.3 KiB, [\d.]+ %/)
    await page.move(2, 2)
    assert.equal(await page.evaluate(`document.querySelector('#tip').hidden`), true)
  })

  it('fills the window, whatever its size', async () => {
    for (const [width, height] of [
      [500, 700],
      [1600, 900],
    ] as const) {
      await page.resize(width, height)
      await page.settled(`Math.abs(document.querySelector('.box').getBoundingClientRect().width - ${width - 20}) < 2`)
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
    }
    await page.resize(1200, 800)
  })

  it('is light or dark as the reader likes it', async () => {
    const ground = async (): Promise<string> => await page.evaluate('getComputedStyle(document.body).backgroundColor')
    await page.prefer('light')
    assert.equal(await ground(), 'rgb(255, 255, 255)')
    await page.prefer('dark')
    assert.equal(await ground(), 'rgb(20, 20, 22)')
    await keep(page, 'dark')
  })

  it('has asked nobody for anything, and nobody complained', async () => {
    assert.deepEqual(page.requests(), [pathToFileURL(file).href])
    assert.deepEqual(page.complaints, [])
  })
})

describe('the page of a hostile artefact', needs({ commands: ['chromium'] }), () => {
  let page: Page
  beforeAll(async () => {
    const file = join(scratch, 'hostile.html')
    writeFileSync(file, drawHtml(HOSTILE_WEIGHED))
    page = await openPage(pathToFileURL(file).href)
  })
  afterAll(async () => await page?.close())

  it('shows its names as text, and does nothing of what they say', async () => {
    const labels = (await drawn(page)).map(({ label }) => label)
    assert.ok(labels.some((label) => label.includes('<img src=x onerror=alert(1)>')))
    assert.ok(labels.some((label) => label.includes('</script><script>alert(1)</script>')))
    assert.equal(await page.evaluate(`document.querySelectorAll('img, svg, iframe, object, embed, link').length`), 0)
    assert.equal(await page.evaluate('document.scripts.length'), 2)
    await page.press('/')
    await page.type('<img')
    assert.match(await page.evaluate(`document.querySelector('#found').innerText`), /<img src=x onerror=alert\(1\)>/)
    assert.equal(await page.evaluate(`document.querySelectorAll('img').length`), 0)
    assert.equal(page.requests().length, 1)
    assert.deepEqual(page.complaints, [])
  })

  it('would not run a script that got into it all the same', async () => {
    await page.evaluate(`(() => {
      const script = document.createElement('script')
      try { script.textContent = 'document.title = "run"' } catch {}
      document.body.append(script)
      const image = document.createElement('img')
      image.src = 'http://127.0.0.1:9/x.png'
      document.body.append(image)
    })()`)
    await page.settled(`[...document.images].every(({ complete }) => complete)`)
    assert.notEqual(await page.evaluate('document.title'), 'run')
    assert.ok(
      page.complaints.some((text) => text.includes('Content Security Policy')),
      page.complaints.join('\n'),
    )
    assert.deepEqual(
      page.requests().filter((address) => address.startsWith('http')),
      [],
    )
  })
})

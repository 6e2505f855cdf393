// Makes the picture of docs/guide/weigh.md and what its terminal shows, out of the artefact that the page bakes. The tests run the page's
// commands as they stand there.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diffWeighed } from '../src/artefact/weigh/diff.ts'
import { renderWeighDiff } from '../src/artefact/weigh/diff-text.ts'
import type { WeighedFile } from '../src/artefact/weigh/report.ts'
import { drawSvg } from '../src/artefact/weigh/svg.ts'
import { renderWeighed } from '../src/artefact/weigh/text.ts'
import { bake } from '../src/run/bake.ts'
import type { BakeOptions } from '../src/run/ingredients.ts'
import { weighFile } from '../src/run/weigh.ts'

const ROOT = join(import.meta.dirname, '..')
const GUIDE = 'docs/guide/weigh.md'
const PICTURE = 'docs/guide/weigh.svg'

const SITE = join(ROOT, 'examples/site')
const mtime = { seconds: Date.UTC(2026, 0, 1) / 1000, nanoseconds: 0 }

export async function generate(): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-guide-'))
  try {
    const make = async (from: string, name: string, options: BakeOptions): Promise<WeighedFile> => {
      const path = join(folder, name)
      await bake(from, path, { sources: [SITE], mtime, ...options })
      const weighed = await weighFile(path)
      return { ...weighed, file: name, tree: { ...weighed.tree, name } }
    }
    const config = join(ROOT, 'examples/site.json')
    const shop = await make(join(ROOT, 'guests/prebuilt/site.spt'), 'shop.spt', { config, owner: { uid: 0, gid: 0 } })
    const next = await make(join(folder, 'shop.spt'), 'shop-2.spt', { exclude: ['about'] })
    const shown = [renderWeighed(shop), renderWeighDiff(diffWeighed(shop, next))]
    return new Map([
      [PICTURE, drawSvg(shop)],
      [GUIDE, fill(readFileSync(join(ROOT, GUIDE), 'utf8'), shown)],
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The page with what its terminals show, in their order. */
function fill(page: string, shown: readonly string[]): string {
  const terminals = /^(```console\n\$ .*\n)[^]*?^```$/gm
  let next = 0
  const filled = page.replaceAll(terminals, (_, command: string) => `${command}${shown[next++] ?? ''}\`\`\``)
  if (next !== shown.length) throw new Error(`${GUIDE} has ${next} terminals, not ${shown.length}`)
  return filled
}

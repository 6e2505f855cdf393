// Golden files: golden/DOCUMENT.json as each guest receives it, byte for byte, in golden/DOCUMENT.DIALECT[.CARRIER].txt.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { DIALECTS, type DialectName } from '../document.ts'
import { effectiveConfig } from '../effective.ts'
import { parseConfig } from '../layer.ts'
import { CARRIERS, type CarrierName } from './carriers.ts'
import type { Guest } from './dialect.ts'
import { renderConfig } from './render.ts'

const PLACE = join(import.meta.dirname, 'golden')
const TEXTS = readdirSync(PLACE).filter((name) => name.endsWith('.txt'))

/** What is known of the guest, where it matters. */
const GUESTS: Readonly<Record<string, Partial<Guest>>> = {
  'rumprun.json': { programs: ['shop', 'httpd'] },
  'rumprun-legacy.json': { programs: ['httpd', 'filter', 'shop', 'spare'] },
  'rumprun-legacy-line.json': { platform: 'solo5' },
  'unikraft.json': {
    parameters: [
      { name: 'netdev.ip', count: 4 },
      { name: 'env.vars', count: 8 },
      { name: 'vfs.fstab', count: 16 },
      { name: 'ns16550.early_port', count: 1 },
    ],
  },
  // Up to 0.16.0, with the names as such an image has them.
  'unikraft-old.json': {
    parameters: ['ipv4_addr', 'ipv4_gw_addr', 'ipv4_subnet_mask', 'rootfs', 'rootdev'].map((name) => ({
      name,
      count: 1,
    })),
  },
}

function render(document: string, dialect: DialectName, carrier: CarrierName | undefined): string {
  const config = effectiveConfig([parseConfig(readFileSync(join(PLACE, document), 'utf8'), document)])
  return renderConfig(dialect, config, { guest: { name: 'app', ...GUESTS[document] }, carrier }).text
}

describe('golden/', () => {
  for (const name of TEXTS) {
    const [document = '', dialect = '', carrier] = name.replace(/\.txt$/, '').split('.')
    it(name, () => {
      const [found, way] = [DIALECTS.find((each) => each === dialect), CARRIERS.find((each) => each === carrier)]
      assert.ok(found !== undefined && way === (carrier as typeof way))
      assert.deepEqual(render(`${document}.json`, found, way), readFileSync(join(PLACE, name), 'utf8'))
    })
  }

  it('has a text for every document, and for every dialect', () => {
    const documents = readdirSync(PLACE).filter((name) => name.endsWith('.json'))
    for (const name of documents)
      assert.ok(
        TEXTS.some((text) => text.startsWith(name.replace(/json$/, ''))),
        name,
      )
    for (const dialect of DIALECTS)
      assert.ok(
        TEXTS.some((text) => text.split('.')[1] === dialect),
        dialect,
      )
  })
})

// The table of docs/guide/files.md, cell by cell, against what comes back of files that are written and read, with the codecs that images really have.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterAll, describe, it } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import type { Format } from '../../src/files/format.ts'
import { directory, file } from '../../src/files/sample.ts'
import { squashfs } from '../../src/files/squashfs/squashfs.ts'
import { lookUp } from '../../src/files/tree.ts'
import { loadDecompressors, openCompressor } from '../../src/host/codecs/compressor.ts'
import { COLUMNS } from '../support/fidelity-table.ts'
import { FIDELITY, largestFile, nothing } from '../support/fidelity.ts'
import { SparseOutput } from '../support/sparse-output.ts'

const decompressors = await loadDecompressors()
const codecs = await Promise.all([openCompressor('gzip', 1), openCompressor('zstd', 1)])
afterAll(async () => {
  for (const codec of codecs) await codec.close()
})

const guide = readFileSync(new URL('../../docs/guide/files.md', import.meta.url), 'utf8')
const rows = new Map(
  [...guide.matchAll(/^\| ([a-z; ]+) \| (.+) \|$/gm)].map(([, name = '', cells = '']) => [name, cells.split(' | ')]),
)

type Column = { readonly name: string; readonly format: Format; readonly column: number }
const columns: readonly Column[] = COLUMNS.flatMap(({ title, format }, column): Column[] => {
  if (format.name !== 'squashfs') return [{ name: title, format, column }]
  return codecs.map((codec) => ({ name: `${title} (${codec.name})`, format: squashfs(codec, decompressors), column }))
})

for (const { name, format, column } of columns) {
  describe(`${name} has, as the guide says`, () => {
    for (const { property, cell } of FIDELITY) {
      it(property, async () => assert.equal(await cell(format), rows.get(property)?.[column]))
    }
  })
}

/** What a test has time for. Bytes. */
const LARGE = 5 * 2 ** 30

describe('the largest file of', () => {
  for (const { title, format } of COLUMNS) {
    it(`${title} is written whole, and what follows it is found`, async () => {
      const output = new SparseOutput()
      const size = Math.min(await largestFile(format), LARGE)
      await format.write(directory({ a: nothing(size), b: file('behind it') }), output)
      const root = format.read(output.source)
      const [large, behind] = [lookUp(root, 'a'), lookUp(root, 'b')]
      assert.ok(large?.kind === 'file' && behind?.kind === 'file')
      assert.equal(large.content.size, size)
      assert.deepEqual(behind.content.readAt(0, 9), new TextEncoder().encode('behind it'))
    })
  }
})

describe('a row of the table', () => {
  const [{ format: tar }] = COLUMNS as readonly [(typeof COLUMNS)[number]]
  const links = FIDELITY.find(({ property }) => property === 'hard links')

  it('is not made where something is lost without a word', async () => {
    // A format that says it keeps modes, and writes others.
    const forgetful: Format = {
      ...tar,
      read: (source) => {
        const root = tar.read(source)
        return { ...root, meta: { ...root.meta, mode: 0o777 } }
      },
    }
    await assert.rejects(async () => await links?.cell(forgetful), { name: 'AssertionError' })
  })

  it('tells a refusal from a failure', async () => {
    const refuses: Format = {
      ...tar,
      write: () => {
        throw new ConfigError('INEXPRESSIBLE', { words: '/' }, 'is not held')
      },
    }
    assert.equal(await links?.cell(refuses), '–')
  })
})

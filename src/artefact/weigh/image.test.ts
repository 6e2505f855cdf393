import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { anyTree } from '../../../test/support/trees.ts'
import { sourceOf } from '../../base/reader.ts'
import { MemoryOutput } from '../../files/output.ts'
import { PROPERTIES } from '../../files/losses.ts'
import { directory, file } from '../../files/sample.ts'
import { readTar } from '../../files/tar/read.ts'
import { tar } from '../../files/tar/tar.ts'
import { type Content, metadata, type RegularFile, type Stored } from '../../files/tree.ts'
import { weighImage } from './image.ts'
import { branch, everyWeight, totalOf, type Weight } from './weight.ts'

/** A file of so many bytes that takes others in the image. */
function stored(size: number, how?: Stored): RegularFile {
  const content: Content = { ...sourceOf(new Uint8Array(size)), ...(how && { stored: how }) }
  return { kind: 'file', meta: metadata(0o644), content, sparse: false }
}

/** Paths and bytes. */
function flat(weights: readonly Weight[], prefix = ''): Record<string, number> {
  return Object.assign(
    {},
    ...weights.map(({ name, bytes, children }) =>
      children.length > 0 ? flat(children, `${prefix}${name}/`) : { [prefix + name]: bytes },
    ),
  ) as Record<string, number>
}

describe('weighImage()', () => {
  it('gives each file its bytes, and the rest to the image', () => {
    const root = directory({ a: file('12345'), d: directory({ b: file('123'), none: file('') }), e: directory({}) })
    const { weighedBy, files, children } = weighImage(root, 'tar', 100)
    assert.deepEqual([weighedBy, files], ['stored', 3])
    assert.deepEqual(flat(children), { a: 5, 'd/b': 3, 'tar headers and padding': 92 })
  })

  it('counts a file with several names once, under the first of them', () => {
    const twice = file('12345')
    const { children, files } = weighImage(directory({ x: twice, a: twice }), 'tar', 10)
    assert.deepEqual([files, flat(children)], [1, { a: 5, 'tar headers and padding': 5 }])
  })

  it('weighs what is compressed by what it takes, and what is stored once for two once', () => {
    const root = directory({ a: stored(1000, { at: 96, bytes: 40 }), b: stored(1000, { at: 96, bytes: 40 }) })
    assert.deepEqual(flat(weighImage(root, 'squashfs', 100).children), { a: 40, 'SquashFS tables': 60 })
  })

  it('shares a block with the ends of several files out among them', () => {
    const tail = (length: number): Stored => ({ at: 0, bytes: 0, tail: { at: 0, bytes: 10, length } })
    const root = directory({ a: stored(100, tail(100)), b: stored(100, tail(100)), c: stored(100, tail(100)) })
    assert.deepEqual(flat(weighImage(root, 'squashfs', 12).children), { a: 3, b: 3, c: 4, 'SquashFS tables': 2 })
  })

  it('shares an image out by sizes where files take more than there is, and says so', () => {
    const root = directory({ a: stored(300), b: stored(100) })
    const { weighedBy, children } = weighImage(root, 'ext2', 100)
    assert.deepEqual([weighedBy, flat(children)], ['share', { a: 75, b: 25 }])
    const lie = directory({ a: stored(2 ** 20, { bytes: Number.MAX_SAFE_INTEGER }), b: stored(0, { bytes: 5 }) })
    assert.deepEqual(flat(weighImage(lie, 'ext2', 7).children), { a: 7 })
  })

  it('sums to the image for any tree', async () => {
    await fc.assert(
      fc.asyncProperty(anyTree, fc.nat(2000), async (root, more) => {
        const output = new MemoryOutput()
        await tar.write(root, output, { allowLoss: new Set(PROPERTIES) })
        const size = output.bytes.length
        const own = weighImage(readTar(sourceOf(output.bytes)), 'tar', size + more)
        assert.equal(own.weighedBy, 'stored')
        for (const weighed of [own, weighImage(root, 'tar', more)]) {
          const whole = branch('part', 'image', weighed.children)
          assert.equal(whole.bytes, weighed === own ? size + more : more)
          for (const { bytes, children } of everyWeight(whole)) {
            assert.ok(children.length === 0 || totalOf(children) === bytes)
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})

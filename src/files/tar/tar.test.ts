import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { anyTree } from '../../../test/support/trees.ts'
import { sourceOf } from '../../base/reader.ts'
import { MemoryOutput } from '../output.ts'
import { describeTree, directory, file, sampleTree } from '../sample.ts'
import { type Directory, metadata } from '../tree.ts'
import { readTar } from './read.ts'
import { writeTar } from './write.ts'

async function written(root: Directory): Promise<Uint8Array> {
  const output = new MemoryOutput()
  await writeTar(root, output)
  return output.bytes.slice()
}

describe('writeTar()', () => {
  it('keeps everything of the sample', async () => {
    assert.deepEqual(describeTree(readTar(sourceOf(await written(sampleTree())))), describeTree(sampleTree()))
  })

  it('keeps everything of any tree, in the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(anyTree, async (tree) => {
        const bytes = await written(tree)
        assert.deepEqual(describeTree(readTar(sourceOf(bytes))), describeTree(tree))
        assert.deepEqual(await written(tree), bytes)
      }),
    )
  })

  it('fills whole records of 10 240 bytes', async () => {
    assert.equal((await written(directory({}))).length, 10_240)
    assert.equal((await written(sampleTree())).length % 10_240, 0)
  })

  it('leaves holes out', async () => {
    const hole = file(new Uint8Array(8 * 1024 * 1024), metadata(0o644), true)
    assert.ok((await written(directory({ hole }))).length < 20_480)
  })

  it('refuses a socket, and leaves it out where it may', async () => {
    const tree = directory({ log: { kind: 'socket', meta: metadata(0o666) }, a: file('a') })
    await assert.rejects(written(tree), { name: 'ConfigError', code: 'INEXPRESSIBLE', file: 'log' })
    const output = new MemoryOutput()
    await writeTar(tree, output, { allowLoss: new Set(['sockets']) })
    assert.deepEqual([...readTar(sourceOf(output.bytes)).entries.keys()], ['a'])
  })
})

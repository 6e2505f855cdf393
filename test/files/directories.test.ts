// Trees on a real file system: what is written there is what was meant, also as GNU tar sees it, and nothing is left of what fails.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sourceOf } from '../../src/base/reader.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { partOf } from '../../src/files/parts.ts'
import { describeTree, directory, file, sampleTree } from '../../src/files/sample.ts'
import { readTar } from '../../src/files/tar/read.ts'
import { writeTar } from '../../src/files/tar/write.ts'
import { type Inode, metadata } from '../../src/files/tree.ts'
import { readDirectory } from '../../src/host/trees/read-directory.ts'
import { writeDirectory } from '../../src/host/trees/write-directory.ts'

const isRoot = process.getuid?.() === 0
let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-trees-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe.skipIf(!isRoot)('writeDirectory(), as root (owners and devices are not for others to make)', () => {
  it('puts a tree on disk as readDirectory() finds it again', () => {
    const target = join(scratch, 'whole')
    writeDirectory(sampleTree(), target, { owners: true })
    const found = readDirectory(target)
    assert.deepEqual(describeTree(found.root), describeTree(sampleTree()))
    found.close()
  })

  it('puts it there as GNU tar does', async () => {
    const output = new MemoryOutput()
    await writeTar(sampleTree(), output)
    const target = join(scratch, 'by-tar')
    mkdirSync(target)
    const words = ['--extract', '--preserve-permissions', '--numeric-owner', '--xattrs', '--xattrs-include=*']
    execFileSync('tar', [...words, '--directory', target], { input: output.bytes, stdio: ['pipe', 'ignore', 'ignore'] })
    const found = readDirectory(target)
    assert.deepEqual(describeTree(found.root), describeTree(sampleTree()))
    found.close()
  })

  it('reads what GNU tar has made of it, in every format that GNU tar has', () => {
    const target = join(scratch, 'source')
    writeDirectory(sampleTree(), target, { owners: true })
    for (const format of ['posix', 'gnu']) {
      const words = [
        `--format=${format}`,
        '--create',
        '--sparse',
        '--numeric-owner',
        '--sort=name',
        '--directory',
        target,
        '.',
      ]
      const archive = execFileSync('tar', format === 'posix' ? ['--xattrs', ...words] : words, { maxBuffer: 2 ** 26 })
      const found = describeTree(readTar(sourceOf(archive)))
      const expected = format === 'posix' ? describeTree(sampleTree()) : describeTree(sampleTree()).map(asGnu)
      assert.deepEqual(found, expected)
    }
  })
})

/** GNU's own format has whole seconds and no attributes. */
function asGnu(entry: object): object {
  if (!('mtime' in entry)) return entry
  const { seconds } = entry.mtime as { seconds: number }
  return { ...entry, mtime: { seconds, nanoseconds: 0 }, attributes: [] }
}

describe('writeDirectory()', () => {
  const small = directory({ a: file('a'), b: directory({ c: file('c') }) })

  it('fills an empty directory, and no other', () => {
    const target = join(scratch, 'empty')
    mkdirSync(target)
    writeDirectory(small, target, { owners: false })
    assert.deepEqual(readdirSync(target), ['a', 'b'])
    assert.throws(() => writeDirectory(small, target, { owners: false }), { name: 'HostError', code: 'EXISTS' })
  })

  it('never follows a link that lies where it should write', () => {
    const elsewhere = join(scratch, 'elsewhere')
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(scratch, 'link'))
    assert.throws(() => writeDirectory(small, join(scratch, 'link'), { owners: false }), { code: 'EXISTS' })
    assert.deepEqual(readdirSync(elsewhere), [])
  })

  it('leaves nothing of what fails in the middle', () => {
    const broken: Inode = {
      kind: 'file',
      meta: metadata(0o644),
      sparse: false,
      content: partOf({ size: 9, readAt: () => sourceOf(new Uint8Array(2)).readAt(0, 5) }, 0, 5, 'contents'),
    }
    const before = readdirSync(scratch)
    const tree = directory({ a: file('a'), sealed: directory({ b: file('b') }, metadata(0o000)), z: broken })
    assert.throws(() => writeDirectory(tree, join(scratch, 'broken'), { owners: false }), { name: 'FormatError' })
    assert.deepEqual(readdirSync(scratch), before)
  })
})

describe('readDirectory()', () => {
  it('refuses what is no directory', () => {
    writeFileSync(join(scratch, 'file'), '')
    assert.throws(() => readDirectory(join(scratch, 'file')), { name: 'HostError', code: 'NOT_A_FILE' })
    assert.throws(() => readDirectory(join(scratch, 'nothing')), { name: 'HostError', code: 'NOT_FOUND' })
  })

  it('notices a file that changes between the look and the reading', () => {
    const place = join(scratch, 'changing')
    mkdirSync(place)
    writeFileSync(join(place, 'a'), 'long enough')
    const { root, close } = readDirectory(place)
    truncateSync(join(place, 'a'), 3)
    const a = root.entries.get('a')
    assert.ok(a?.kind === 'file')
    assert.throws(() => a.content.readAt(0, 11), { name: 'HostError', code: 'CHANGED' })
    close()
  })
})

// Trees on a real file system: what is written there is what was meant, also as GNU tar sees it, and nothing is left of what fails.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  fstatSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sourceOf } from '../../src/base/reader.ts'
import { bytesOf } from '../../src/files/name.ts'
import { type ImageOutput, MemoryOutput } from '../../src/files/output.ts'
import { partOf } from '../../src/files/parts.ts'
import { describeTree, directory, file, sampleTree } from '../../src/files/sample.ts'
import { readTar } from '../../src/files/tar/read.ts'
import { writeTar } from '../../src/files/tar/write.ts'
import { type Inode, metadata, walk } from '../../src/files/tree.ts'
import { FileOutput } from '../../src/host/trees/file-output.ts'
import { statusOf } from '../../src/host/trees/file-status.ts'
import { fileCalls, readDirectory } from '../../src/host/trees/read-directory.ts'
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
    assert.throws(() => a.content.readAt(0, 3), { code: 'CHANGED' }, 'and when it is asked again')
    close()
  })

  it('notices another file in its place, of the same size and time', () => {
    const place = join(scratch, 'replaced')
    mkdirSync(place)
    for (const name of ['a', 'b']) {
      writeFileSync(join(place, name), name)
      utimesSync(join(place, name), 1_700_000_000, 1_700_000_000)
    }
    const { root, close } = readDirectory(place)
    renameSync(join(place, 'b'), join(place, 'a'))
    const a = root.entries.get('a')
    assert.ok(a?.kind === 'file')
    assert.throws(() => a.content.readAt(0, 1), { name: 'HostError', code: 'CHANGED' })
    close()
  })

  it('knows names by their bytes, also where the sign for unknown ones stands in them', () => {
    const place = join(scratch, 'names')
    const names = ['\u{1f6a2}', 'plain', '\ufffd', 'a\ufffd', '\uff21', 'ü'].map((name) => Buffer.from(name))
    names.push(Buffer.of(0xff), Buffer.of(0x61, 0xef, 0xbf), Buffer.of(0xef, 0xbf, 0xbd, 0xfe))
    for (const name of names) {
      const path = Buffer.concat([Buffer.from(`${place}/`), name])
      mkdirSync(path, { recursive: true })
      writeFileSync(Buffer.concat([path, Buffer.from('/below')]), name)
    }
    const { root, close } = readDirectory(place)
    assert.deepEqual(
      [...root.entries.keys()].map((name) => Buffer.from(bytesOf(name))),
      [...names].sort(Buffer.compare),
    )
    for (const [name, inode] of root.entries) {
      const below = inode.kind === 'directory' ? inode.entries.get('below') : undefined
      assert.ok(below?.kind === 'file')
      assert.deepEqual(below.content.readAt(0, below.content.size), bytesOf(name))
    }
    close()
  })

  it('reads a tree as deep as paths can be', () => {
    const place = join(scratch, 'deep')
    const depth = Math.floor((4095 - place.length) / 2)
    mkdirSync(join(place, ...Array.from({ length: depth }, () => 'd')), { recursive: true })
    const { root, close } = readDirectory(place)
    assert.equal([...walk(root)].length, depth + 1)
    close()
    execFileSync('rm', ['-rf', place]) // deeper than Node.js can go
  })
})

describe('what is known of a file', () => {
  it('is the same through FFI as through Node’s own calls, for files of every kind', (context) => {
    const calls = fileCalls()
    if (calls === undefined) return context.skip('koffi is missing')
    const place = join(scratch, 'kinds')
    writeDirectory(directory({ a: file('a'), d: directory({}) }), place, { owners: false })
    symlinkSync('a', join(place, 'link'))
    linkSync(join(place, 'a'), join(place, 'again'))
    truncateSync(join(place, 'a'), 2 ** 33 + 5)
    utimesSync(join(place, 'd'), 1, -12.75)
    lutimesSync(join(place, 'link'), 1, 2 ** 33 + 0.5)
    chmodSync(join(place, 'd'), 0o1777)
    const kinds = ['a', 'd', 'link', 'again'].map((name) => join(place, name))
    for (const path of [...kinds, '/dev/null', '/dev/loop0', '/proc/self/status', '/']) {
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      if (stats === undefined) continue
      assert.deepEqual(calls.status(path), statusOf(stats), path)
      assert.deepEqual(calls.status(Buffer.from(path)), statusOf(stats), path)
    }
    const descriptor = openSync(join(place, 'a'), 'r')
    assert.deepEqual(calls.statusOf(descriptor), statusOf(fstatSync(descriptor, { bigint: true })))
    closeSync(descriptor)
    assert.equal(calls.statusOf(descriptor), undefined)
    assert.equal(calls.status(join(place, 'nothing')), undefined)
  })
})

describe('FileOutput', () => {
  /** Some megabytes of headers, contents and holes, into one output as into the other. */
  async function fill(output: ImageOutput): Promise<void> {
    for (let i = 0; i < 300; i++) {
      output.write(new Uint8Array(512).fill(i))
      const room = output.room?.(i * 97)
      if (room === undefined) output.write(new Uint8Array(i * 97).fill(i + 1))
      else room.fill(i + 1)
      await output.settle?.()
      if (i % 100 === 99) output.zeroes(3 * 1024 * 1024)
      if (i % 70 === 0) output.write(new Uint8Array(2 * 1024 * 1024 + 1).fill(i + 2))
    }
    output.writeAt(100, Uint8Array.of(1, 2, 3))
    output.zeroes(5000)
  }

  for (const base of [0, 1234]) {
    it(`writes what an output in memory has, from ${base} on, with the help of other threads`, async () => {
      const path = join(scratch, `output-${base}`)
      writeFileSync(path, 'x'.repeat(base))
      const descriptor = openSync(path, 'r+')
      const [file, memory] = [new FileOutput(descriptor, base), new MemoryOutput()]
      await fill(file)
      await fill(memory)
      assert.equal(file.position, memory.position)
      await file.rest()
      file.finish()
      closeSync(descriptor)
      const written = readFileSync(path)
      assert.equal(written.length, base + memory.position)
      assert.ok(Buffer.compare(written.subarray(base), memory.bytes) === 0)
      assert.equal(written.toString('latin1', 0, base), 'x'.repeat(base))
    })
  }

  it('says to whoever rests, and to whoever settles next, that another thread could not write', async () => {
    const path = join(scratch, 'read-only')
    writeFileSync(path, '')
    const descriptor = openSync(path, 'r')
    const output = new FileOutput(descriptor)
    output.write(new Uint8Array(1024 * 1024))
    await output.settle()
    await assert.rejects(output.rest(), { code: 'EBADF' })
    output.write(new Uint8Array(1024 * 1024))
    await assert.rejects(async () => await output.settle(), { code: 'EBADF' })
    closeSync(descriptor)
  })
})

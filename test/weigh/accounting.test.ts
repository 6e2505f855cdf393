// What weigh says of sections, symbols and images is what other programs say: readelf, nm and size of binutils, mksquashfs, mke2fs.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { everyWeight, totalOf, type Weight } from '../../src/artefact/weigh/weight.ts'
import { weighFile } from '../../src/run/weigh.ts'
import { prepareRuntime } from '../../guests/tools/compile.mjs'
import { ROOT, slipway } from '../support/guests.ts'
import { randomNumbers } from '../support/mutate.ts'
import { needs } from '../support/needs.ts'

const PREBUILT = join(ROOT, 'guests/prebuilt')
const guests = readdirSync(PREBUILT).filter((name) => name.endsWith('.spt'))

const scratch = mkdtempSync(join(tmpdir(), 'slipway-weigh-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'pipe'] })

function requireSums(tree: Weight, size: number): void {
  assert.equal(tree.bytes, size)
  for (const { bytes, children } of everyWeight(tree)) assert.ok(children.length === 0 || totalOf(children) === bytes)
}

const ofKind = (tree: Weight, kind: Weight['kind']): Weight[] =>
  [...everyWeight(tree)].filter((weight) => weight.kind === kind)

/** `name bytes` of all, in one order. */
const words = (all: readonly { readonly name: string; readonly bytes: number }[]): string[] =>
  all.map(({ name, bytes }) => `${name} ${bytes}`).sort()

/** Sections that have bytes in the file, as readelf has them. */
function sectionsOf(path: string): { name: string; bytes: number }[] {
  const line = /^ +\[ *\d+\] (\S+) +(\S+) +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) /gm
  return [...run('readelf', '-SW', path).matchAll(line)]
    .filter(([, , type, size]) => type !== 'NOBITS' && type !== 'NULL' && Number.parseInt(size ?? '', 16) > 0)
    .map(([, name = '', , size = '']) => ({ name, bytes: Number.parseInt(size, 16) }))
}

/** Bytes of memory that no file has, but for what each thread has of its own. */
function zeroesOf(path: string): number {
  const line = /^ +\[ *\d+\] \S+ +NOBITS +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) \S+ +(\S+) /gm
  return [...run('readelf', '-SW', path).matchAll(line)]
    .filter(([, , flags = '']) => !flags.includes('T'))
    .reduce((total, [, size = '']) => total + Number.parseInt(size, 16), 0)
}

describe('the sections of every prebuilt guest', needs({ commands: ['readelf', 'size'] }), () => {
  for (const guest of guests) {
    it(`${guest}: are those of readelf and size, and with the rest all of the file`, async () => {
      const path = join(PREBUILT, guest)
      const { tree, memoryOnly, remarks } = await weighFile(path)
      requireSums(tree, readFileSync(path).length)
      assert.deepEqual(remarks, [])
      assert.deepEqual(words(ofKind(tree, 'section')), words(sectionsOf(path)))
      assert.equal(ofKind(tree, 'overlap').length, 0)
      // What size calls text are code, constants and notes in segments here.
      const [, text, data] = /^ *(\d+)\s+(\d+)/m.exec(run('size', path)) ?? []
      const sum = (wanted: (weight: Weight) => boolean): number =>
        totalOf(ofKind(tree, 'section').filter((weight) => weight.use !== 'tools' && wanted(weight)))
      assert.equal(
        sum(({ use }) => use !== 'data'),
        Number(text),
      )
      assert.equal(
        sum(({ use }) => use === 'data'),
        Number(data),
      )
      assert.equal(memoryOnly, zeroesOf(path))
    })
  }
})

describe(
  'the symbols of guests that were not stripped',
  needs({ commands: ['gcc', 'ld', 'nm', 'readelf'], host: ['linux'] }),
  () => {
    for (const guest of ['http', 'blk', 'tls']) {
      it(`${guest}: are those of nm, and those without a size go on to the next`, async () => {
        const path = join(scratch, `${guest}.spt`)
        link(guest, path)
        const { tree } = await weighFile(path)
        requireSums(tree, readFileSync(path).length)
        assert.deepEqual(words(ofKind(tree, 'section')), words(sectionsOf(path)))
        const sized = [...run('nm', '-S', '--defined-only', path).matchAll(/^[0-9a-f]+ ([0-9a-f]+) ([^bB]) (\S+)$/gm)]
        const said = sized.map(([, size = '', , name = '']) => ({ name, bytes: Number.parseInt(size, 16) }))
        assert.ok(said.length > 20)
        // Those that nm has no size for are ours alone.
        const wanted = words(said)
        const ours = words(ofKind(tree, 'symbol'))
        const names = new Set(said.map(({ name }) => name))
        assert.deepEqual(
          ours.filter((word) => names.has(word.replace(/ \d+$/, ''))),
          wanted,
        )
        // Local functions stand below the file that readelf puts them into.
        const sources = new Set([...run('readelf', '-sW', path).matchAll(/ FILE .* (\S+)$/gm)].map(([, name]) => name))
        for (const { name } of ofKind(tree, 'source')) assert.ok(sources.has(name), name)
        assert.ok(ofKind(tree, 'source').length > 0)
      })
    }
  },
)

/** As guests/tools/compile.mjs links, but for --strip-all. */
function link(guest: string, output: string): void {
  const runtime = prepareRuntime()
  try {
    const sources = readdirSync(join(ROOT, 'guests', guest)).filter((name) => /\.[cS]$/.test(name))
    const objects = sources.map((name) => {
      const object = join(runtime.work, `${name}.o`)
      const flags = [
        '-O2',
        '-ffreestanding',
        '-fno-pic',
        '-fno-pie',
        '-mcmodel=small',
        '-fno-asynchronous-unwind-tables',
      ]
      const cwd = join(ROOT, 'guests')
      execFileSync('gcc', [...flags, '-Iruntime', '-std=gnu11', '-c', '-o', object, join(guest, name)], {
        cwd,
        stdio: 'ignore',
      })
      return object
    })
    const manifest = join(runtime.work, 'manifest.o')
    assert.equal(slipway(['manifest', 'new', '-o', manifest, join(ROOT, 'guests', guest, 'manifest.json')]).status, 0)
    const script = join(ROOT, 'guests/runtime/spt.lds')
    const words = ['-nostdlib', '-static', '-T', script, '-z', 'max-page-size=0x1000', '-z', 'norelro', '-o', output]
    execFileSync('ld', [...words, ...runtime.objects, ...objects, manifest], { stdio: 'ignore' })
  } finally {
    runtime.dispose()
  }
}

/** A tree with large and small files, two alike, one with two names, and one with a hole. */
function makeTree(path: string): void {
  mkdirSync(join(path, 'deep/er'), { recursive: true })
  const noise = (bytes: number, seed: number): Uint8Array => {
    const next = randomNumbers(seed)
    return Uint8Array.from({ length: bytes }, () => next(256))
  }
  writeFileSync(join(path, 'noise'), noise(300_000, 1))
  copyFileSync(join(path, 'noise'), join(path, 'deep/noise'))
  writeFileSync(join(path, 'text'), 'all work and no play\n'.repeat(20_000))
  for (let i = 0; i < 40; i++) writeFileSync(join(path, `deep/er/small${i}`), noise(100 + i * 7, i))
  writeFileSync(join(path, 'empty'), '')
}

describe('images that other programs make', () => {
  const source = join(scratch, 'tree')
  beforeAll(() => makeTree(source))

  for (const codec of ['gzip', 'zstd']) {
    it(
      `SquashFS, ${codec}: files take all that lies before the tables`,
      needs({ commands: ['mksquashfs'] }),
      async () => {
        const path = join(scratch, `${codec}.sqfs`)
        run('mksquashfs', source, path, '-comp', codec, '-quiet', '-no-progress', '-noappend')
        const { tree, images, remarks } = await weighFile(path)
        requireSums(tree, readFileSync(path).length)
        assert.deepEqual(remarks, [])
        assert.deepEqual([images[0]?.format, images[0]?.weighedBy, images[0]?.files], ['squashfs', 'stored', 44])
        const inodeTable = Number(readFileSync(path).readBigUInt64LE(64))
        assert.equal(totalOf(ofKind(tree, 'file')), inodeTable - 96)
        // Two alike are stored once: one of them takes nothing, and noise does not get smaller.
        const alike = ofKind(tree, 'file').filter(({ name }) => name === 'noise')
        assert.equal(alike.length, 1)
        assert.ok((alike[0]?.bytes ?? 0) > 290_000)
        assert.ok((ofKind(tree, 'file').find(({ name }) => name === 'text')?.bytes ?? 0) < 10_000)
      },
    )
  }

  it('ext2: files weigh their contents', needs({ commands: ['mke2fs'] }), async () => {
    const path = join(scratch, 'tree.ext2')
    run('mke2fs', '-q', '-t', 'ext2', '-d', source, path, '4M')
    const { tree, images } = await weighFile(path)
    requireSums(tree, readFileSync(path).length)
    assert.equal(images[0]?.weighedBy, 'stored')
    const bytes = ofKind(tree, 'file').filter(({ name }) => name === 'noise')
    assert.deepEqual(
      bytes.map((weight) => weight.bytes),
      [300_000, 300_000],
    )
  })

  it('tar: files weigh their contents', needs({ commands: ['tar'] }), async () => {
    const path = join(scratch, 'tree.tar')
    run('tar', '-cf', path, '-C', source, '.')
    const { tree } = await weighFile(path)
    requireSums(tree, readFileSync(path).length)
    assert.equal(ofKind(tree, 'file').find(({ name }) => name === 'text')?.bytes, 420_000)
  })
})

describe("Debian's kernel", needs({ apt: ['linux-image-cloud-amd64'] }), () => {
  it('is setup, kernel and payload', async () => {
    const name = readdirSync('/boot').find((it) => /^vmlinuz-.*cloud-amd64$/.test(it)) ?? ''
    const path = join('/boot', name)
    const { tree } = await weighFile(path)
    const bytes = readFileSync(path)
    requireSums(tree, bytes.length)
    const block = (wanted: string): number =>
      ofKind(tree, 'block').find((each) => each.name.startsWith(wanted))?.bytes ?? 0
    assert.equal(block('setup'), (bytes.readUInt8(0x1f1) + 1) * 512)
    assert.equal(block('payload'), bytes.readUInt32LE(0x24c))
  })
})

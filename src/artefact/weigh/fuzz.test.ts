import assert from 'node:assert/strict'
import { inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Source } from '../../base/reader.ts'
import type { FormatName } from '../../files/detect.ts'
import { readCpio } from '../../files/cpio/read.ts'
import { readExt2 } from '../../files/ext2/read.ts'
import { ext2 } from '../../files/ext2/ext2.ts'
import { readFat } from '../../files/fat/read.ts'
import { readIso } from '../../files/iso9660/read.ts'
import { PROPERTIES } from '../../files/losses.ts'
import { MemoryOutput } from '../../files/output.ts'
import { directory, file } from '../../files/sample.ts'
import { readSquash } from '../../files/squashfs/read.ts'
import { squashfs } from '../../files/squashfs/squashfs.ts'
import { readTar } from '../../files/tar/read.ts'
import { tar } from '../../files/tar/tar.ts'
import type { Directory } from '../../files/tree.ts'
import { makeElf, type SampleSymbol } from '../../elf/sample-file.ts'
import { sampleBaked } from '../sample-baked.ts'
import { sampleBzImage, samplePe } from '../sample-boot.ts'
import { ascii, join, sampleNote } from '../sample-bytes.ts'
import { fuzzWeights } from './fuzz.ts'

const RUNS = 100_000
const SEED = 20_261_126

const AT = 0x100000
const SYMBOLS: readonly SampleSymbol[] = [
  ['a.c', 0, { type: 4 }],
  ['f', AT, { section: '.text', size: 0x20, type: 2 }],
  ['g', AT + 0x20, { section: '.text', type: 2 }],
  ['h', AT + 0x30, { section: '.text', size: 0x30, type: 2, binding: 'global' }],
  ['d', AT + 0x80, { section: '.data', size: 8, type: 1, binding: 'weak' }],
]
const elf = (bits: 32 | 64): Uint8Array =>
  makeElf({
    class: bits,
    symbols: SYMBOLS,
    sections: [
      { name: '.text', flags: 6, bytes: new Uint8Array(0x80).fill(0x90), address: AT },
      { name: '.data', flags: 3, bytes: new Uint8Array(0x20).fill(1), address: AT + 0x80 },
      {
        name: '.note.x',
        type: 7,
        note: true,
        bytes: join(sampleNote('Xen', 1, new Uint8Array(4)), sampleNote('Y', 2, ascii('12345678'))),
      },
    ],
  })

const TREE = directory({
  etc: directory({ hosts: file('127.0.0.1 localhost\n'), 'a<b>': file('x'.repeat(300)) }),
  'index.html': file('<p>'),
})

const codec = {
  name: 'gzip' as const,
  compress: (block: Uint8Array) => Uint8Array.from([...block, 0]), // never shorter: the sample is stored as it is
  compressApart: async (block: Uint8Array) => ({ block, bytes: Uint8Array.from([...block, 0]) }),
  ahead: 1,
}
const decompressors = new Map([
  ['gzip', (block: Uint8Array, most: number) => inflateSync(block, { maxOutputLength: most })],
])

const READERS: Readonly<Record<FormatName, (source: Source) => Directory>> = {
  tar: readTar,
  cpio: readCpio,
  ext2: readExt2,
  fat: readFat,
  iso9660: readIso,
  squashfs: (source) => readSquash(source, decompressors),
}

async function image(format: { write: (root: Directory, output: MemoryOutput, options: object) => unknown }) {
  const output = new MemoryOutput()
  await format.write(TREE, output, { allowLoss: new Set(PROPERTIES) })
  return output.bytes.slice()
}

/** Most of the time would go into stacks of errors that nobody reads. */
const usualLimit = Error.stackTraceLimit
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = usualLimit
})

describe('everything that weighs a file', () => {
  it(`throws only FormatError for ${RUNS} spoiled files, and counts every byte of the others once`, {
    timeout: 300_000,
  }, async () => {
    const [tarImage, squashImage, extImage] = [
      await image(tar),
      await image(squashfs(codec, decompressors)),
      await image(ext2),
    ]
    const parts = (name: string, format: FormatName, bytes: Uint8Array) =>
      sampleBaked(elf(64), {
        program: 'own',
        parts: [
          { kind: 'config', bytes: ascii('{}') },
          { kind: 'program', name: 'other', bytes: elf(32) },
          { kind: 'files', name, format, bytes },
        ],
      })
    const samples = [
      elf(64),
      elf(32),
      parts('storage', 'squashfs', squashImage),
      parts('storage', 'tar', tarImage.slice(0, 4096)),
      sampleBaked(sampleBzImage(), {
        parts: [{ kind: 'files', name: 'disk', format: 'tar', bytes: tarImage.slice(0, 4096) }],
      }),
      samplePe(),
      tarImage.slice(0, 4096),
      squashImage,
      extImage.slice(0, 16_384),
    ]
    const { kinds, rejected, remarked } = fuzzWeights(samples, (source, format) => READERS[format](source), RUNS, SEED)

    assert.ok(rejected < RUNS * 0.7, `${rejected} rejected`)
    assert.ok(remarked > RUNS / 50, `${remarked} remarked`)
    // A fuzzer that only ever breaks the magic proves nothing: each kind must have been met often.
    for (const kind of [
      'overlap',
      'symbol',
      'source',
      'note',
      'part',
      'file',
      'tables',
      'rest',
      'padding',
      'block',
    ] as const)
      assert.ok((kinds.get(kind) ?? 0) > RUNS / 100, `${kind} ${kinds.get(kind)}`)
  })

  it('is spoiled in the same way by the same seed', () => {
    const run = (seed: number) => fuzzWeights([elf(64), elf(32)], () => directory({}), 300, seed)
    assert.deepEqual(run(1), run(1))
    assert.notDeepEqual(run(1), run(2))
  })
})

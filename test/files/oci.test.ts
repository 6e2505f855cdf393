// Container images on disk, as `skopeo copy docker://... oci:DIR` lays them out: made of real files, read by `slipway fs` and by the library.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Packing } from '../../src/files/detect.ts'
import { PackingSink } from '../../src/files/packing-sink.ts'
import { MemoryOutput, type ImageOutput, type Sink } from '../../src/files/output.ts'
import { directory, file } from '../../src/files/sample.ts'
import { tar } from '../../src/files/tar/tar.ts'
import { type Directory, lookUp, metadata, walk } from '../../src/files/tree.ts'
import { openCompressor } from '../../src/host/codecs/compressor.ts'
import { openTree } from '../../src/run/open-tree.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

let scratch = ''
let layouts = 0
beforeAll(() => void (scratch = mkdtempSync(join(tmpdir(), 'slipway-oci-'))))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

type Descriptor = { mediaType: string; digest: string; size: number; platform?: object }

/** A layout that grows blob by blob, and then gets its index. */
class Layout {
  readonly path = join(scratch, `layout-${++layouts}`)

  constructor() {
    mkdirSync(join(this.path, 'blobs/sha256'), { recursive: true })
    writeFileSync(join(this.path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  }

  blob(content: Uint8Array | object, mediaType: string): Descriptor {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content))
    const hash = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(this.blobPath(hash), bytes)
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length }
  }

  blobPath(hash: string): string {
    return join(this.path, 'blobs/sha256', hash)
  }

  manifest(layers: readonly Descriptor[]): Descriptor {
    const config = this.blob({ os: 'linux' }, 'application/vnd.oci.image.config.v1+json')
    return this.blob({ schemaVersion: 2, mediaType: MANIFEST, config, layers }, MANIFEST)
  }

  index(manifests: readonly Descriptor[]): void {
    writeFileSync(join(this.path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  }
}

async function layerOf(root: Directory, packing?: Packing): Promise<Uint8Array> {
  const output = new MemoryOutput()
  if (packing === undefined) {
    await tar.write(root, output)
    return output.bytes.slice()
  }
  const codec = await openCompressor(packing, 3)
  try {
    const sink = new PackingSink(output, codec)
    await tar.write(root, sink as Sink as ImageOutput)
    await sink.finish()
  } finally {
    await codec.close()
  }
  return output.bytes.slice()
}

async function layoutOf(layers: readonly Directory[], packing?: Packing): Promise<Layout> {
  const layout = new Layout()
  const descriptors = []
  for (const layer of layers) descriptors.push(layout.blob(await layerOf(layer, packing), LAYER))
  layout.index([layout.manifest(descriptors)])
  return layout
}

/** Paths, with the contents of files behind them. */
async function listing(path: string): Promise<string[]> {
  const { root, close, format } = await openTree(path)
  try {
    assert.equal(format, 'oci')
    return [...walk(root)].slice(1).map(({ path: at, inode }) => {
      if (inode.kind !== 'file') return `${at} ${inode.kind}`
      return `${at} ${new TextDecoder().decode(inode.content.readAt(0, inode.content.size))}`
    })
  } finally {
    close()
  }
}

const base = directory({
  bin: directory({ tool: file('old tool'), other: file('other') }),
  etc: directory({ hosts: file('hosts'), 'old.conf': file('old') }),
  cache: directory({ a: file('a'), b: directory({ c: file('c') }) }),
  plain: file('once a file'),
})
const nothing = file('')

describe('the layers of an image', () => {
  for (const packing of [undefined, 'gzip', 'zstd'] as const) {
    it(`lie one on top of the other, packed in ${packing ?? 'nothing'}`, async () => {
      const upper = directory({
        bin: directory({ tool: file('new tool', metadata(0o755)) }),
        etc: directory({ '.wh.old.conf': nothing }),
        cache: directory({ '.wh..wh..opq': nothing, d: file('d') }),
      })
      const { path } = await layoutOf([base, upper], packing)
      assert.deepEqual(await listing(path), [
        'bin directory',
        'bin/other other',
        'bin/tool new tool',
        'cache directory',
        'cache/d d',
        'etc directory',
        'etc/hosts hosts',
        'plain once a file',
      ])
    })
  }

  const cases: [what: string, upper: Directory, expected: readonly string[]][] = [
    ['a whiteout takes away a whole directory', directory({ '.wh.b': nothing }), ['k k']],
    ['a whiteout of what is not there does nothing', directory({ '.wh.no': nothing }), ['b directory', 'b/f f', 'k k']],
    [
      'a whiteout takes away what lies below, not what its own layer brings',
      directory({ '.wh.b': nothing, b: directory({ new: file('new') }) }),
      ['b directory', 'b/new new', 'k k'],
    ],
    [
      'a directory in place of a file, opaque as overlayfs marks it',
      directory({ k: directory({ '.wh..wh..opq': nothing, in: file('in') }) }),
      ['b directory', 'b/f f', 'k directory', 'k/in in'],
    ],
    [
      'an opaque directory that nothing lies below',
      directory({ o: directory({ '.wh..wh..opq': nothing }) }),
      ['b directory', 'b/f f', 'k k', 'o directory'],
    ],
    ['a file in place of a directory', directory({ b: file('now a file') }), ['b now a file', 'k k']],
    [
      'a link in place of a directory',
      directory({ b: { kind: 'symlink', meta: metadata(0o777), target: 'k' } }),
      ['b symlink', 'k k'],
    ],
  ]
  for (const [what, upper, expected] of cases) {
    it(what, async () => {
      const lower = directory({ b: directory({ f: file('f') }), k: file('k') })
      assert.deepEqual(await listing((await layoutOf([lower, upper])).path), expected)
    })
  }

  it('may have a second name of a file in place of a directory', async () => {
    const shared = file('shared')
    const { path } = await layoutOf([
      directory({ b: directory({ f: file('f') }) }),
      directory({ a: shared, b: shared }),
    ])
    const { root, close } = await openTree(path)
    assert.equal(lookUp(root, 'a'), lookUp(root, 'b'))
    close()
  })

  it('are not changed by the layers above: a lower tree stays what it was', async () => {
    const layout = await layoutOf([base, directory({ etc: directory({ '.wh.hosts': nothing }) }), directory({})])
    assert.ok(!(await listing(layout.path)).includes('etc/hosts hosts'))
    assert.ok((await listing((await layoutOf([base])).path)).includes('etc/hosts hosts'))
  })

  for (const [what, name] of [
    ['nothing', '.wh.'],
    ['the directory itself', '.wh..'],
    ['the directory above', '.wh...'],
  ] as const) {
    it(`are refused where a whiteout is of ${what}`, async () => {
      const { path } = await layoutOf([base, directory({ etc: directory({ [name]: nothing }) })])
      await assert.rejects(openTree(path), { name: 'FormatError', code: 'BAD_VALUE' })
    })
  }
})

describe('the documents of an image', () => {
  it('may lead over indexes to the image for this kind of machine', async () => {
    const layout = new Layout()
    const of = async (name: string) =>
      layout.manifest([layout.blob(await layerOf(directory({ [name]: nothing })), LAYER)])
    const platform = (architecture: string) => ({ platform: { architecture, os: 'linux' } })
    const inner = layout.blob(
      {
        manifests: [
          { ...(await of('arm')), ...platform('arm64') },
          { ...(await of('pc')), ...platform('amd64') },
        ],
      },
      INDEX,
    )
    layout.index([layout.blob({ manifests: [inner] }, INDEX)])
    assert.deepEqual(await listing(layout.path), ['pc '])
  })

  it('are refused where indexes lead to each other without an end', async () => {
    const layout = new Layout()
    let inner = layout.manifest([])
    for (let i = 0; i < 8; i++) inner = layout.blob({ manifests: [inner] }, INDEX)
    layout.index([inner])
    await assert.rejects(openTree(layout.path), { name: 'ConfigError', code: 'BAD_VALUE' })
  })

  const digests: [what: string, digest: string][] = [
    ['a path', '../../../etc/passwd'],
    ['a path behind the name of a hash', 'sha256:../../../../etc/passwd'],
    ['one with another letter', `sha256:${'g'.repeat(64)}`],
    ['one of another length', `sha256:${'a'.repeat(63)}`],
    ['one with a newline behind it', `sha256:${'a'.repeat(64)}\n`],
    ['one of another hash', `sha512:${'a'.repeat(128)}`],
  ]
  for (const [what, digest] of digests) {
    it(`are refused where a digest is ${what}`, async () => {
      const layout = new Layout()
      layout.index([{ mediaType: MANIFEST, digest, size: 1 }])
      await assert.rejects(openTree(layout.path), { name: 'ConfigError', code: 'BAD_VALUE' })
    })
  }

  for (const which of ['a layer', 'a manifest'] as const) {
    it(`are refused where ${which} is not what its digest says`, async () => {
      const layout = new Layout()
      const layer = layout.blob(await layerOf(base), LAYER)
      const manifest = layout.manifest([layer])
      layout.index([manifest])
      await listing(layout.path)
      const spoiled = which === 'a layer' ? layer : manifest
      const other = which === 'a layer' ? await layerOf(directory({})) : Buffer.from('{"layers":[]}')
      writeFileSync(layout.blobPath(spoiled.digest.slice('sha256:'.length)), other)
      await assert.rejects(openTree(layout.path), { name: 'FormatError', code: 'BAD_VALUE', field: 'blob' })
    })
  }

  it('are refused where a blob is missing', async () => {
    const layout = new Layout()
    layout.index([{ mediaType: MANIFEST, digest: `sha256:${'a'.repeat(64)}`, size: 1 }])
    await assert.rejects(openTree(layout.path), { name: 'HostError', code: 'NOT_FOUND' })
  })
})

// Container images on disk, as `skopeo copy docker://... oci:DIR` lays them out: made of real files, read by `slipway fs` and by the library.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Packing } from '../../src/files/detect.ts'
import { PackingSink } from '../../src/files/packing-sink.ts'
import { MemoryOutput, type ImageOutput, type Sink } from '../../src/files/output.ts'
import { directory, file } from '../../src/files/sample.ts'
import { BLOCK, encodeHeader } from '../../src/files/tar/header.ts'
import { tar } from '../../src/files/tar/tar.ts'
import { type Directory, lookUp, metadata, walk } from '../../src/files/tree.ts'
import { parsePlatform } from '../../src/files/platform.ts'
import { openCompressor } from '../../src/host/codecs/compressor.ts'
import { readDirectory } from '../../src/host/trees/read-directory.ts'
import { openTree } from '../../src/run/open-tree.ts'
import { slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

let scratch = ''
let layouts = 0
beforeAll(() => void (scratch = mkdtempSync(join(tmpdir(), 'slipway-oci-'))))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

type Descriptor = { mediaType: string; digest: string; size: number; platform?: object; annotations?: object }

/** That of containers on this machine. */
const OWN = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch }

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

  manifest(layers: readonly Descriptor[], is: object = OWN): Descriptor {
    const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) }
    const config = this.blob({ ...is, rootfs, config: {} }, 'application/vnd.oci.image.config.v1+json')
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

type Raw = readonly [path: string, type: '0' | '1' | '2' | '5', link?: string]

/** A layer with these entries and no others: of directories above them nothing is said. */
function rawLayer(entries: readonly Raw[]): Uint8Array {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const none = { prefix: bytes(''), uid: 0, gid: 0, mtime: 0, major: 0, minor: 0 }
  const parts = entries.flatMap(([path, type, link = '']) => {
    const content = type === '0' ? bytes(path) : bytes('')
    const mode = { '0': 0o644, '1': 0o644, '2': 0o777, '5': 0o755 }[type]
    const header = encodeHeader({ ...none, mode, name: bytes(path), type, linkName: bytes(link), size: content.length })
    const room = content.length === 0 ? [] : [Buffer.alloc(BLOCK, Buffer.from(content).toString().padEnd(BLOCK, '\0'))]
    return [header, ...room]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
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

/** What most images begin with. */
const linked: readonly Raw[] = [
  ['usr/', '5'],
  ['usr/bin/', '5'],
  ['usr/bin/tool', '0'],
  ['bin', '2', 'usr/bin'],
  ['lib', '2', '/usr/lib'],
  ['up', '2', '../../usr'],
  ['far', '2', 'up/bin'],
  ['a', '2', 'b'],
  ['b', '2', 'a'],
  ['gone', '2', 'no/where'],
  ['plain', '0'],
]
const below: [what: string, upper: readonly Raw[], expected: readonly string[]][] = [
  [
    'goes where the link leads',
    [['bin/new', '0']],
    ['bin -> usr/bin', 'usr/bin/new bin/new', 'usr/bin/tool usr/bin/tool'],
  ],
  ['goes where a link leads that begins at the root', [['lib/x', '0']], ['lib -> /usr/lib', 'usr/lib/x lib/x']],
  ['does not leave the root', [['up/x', '0']], ['up -> ../../usr', 'usr/x up/x']],
  ['goes over several links', [['far/x', '0']], ['far -> up/bin', 'usr/bin/x far/x']],
  ['goes where a link leads that leads nowhere yet', [['gone/x', '0']], ['gone -> no/where', 'no/where/x gone/x']],
  [
    'is in a directory where the layer makes one of the link',
    [
      ['bin/', '5'],
      ['bin/new', '0'],
    ],
    ['bin/new bin/new', 'usr/bin/tool usr/bin/tool'],
  ],
  ['is a file where the link was', [['bin', '0']], ['bin bin', 'usr/bin/tool usr/bin/tool']],
  [
    'goes where a link of its own layer leads',
    [
      ['own', '2', 'usr'],
      ['own/x', '0'],
    ],
    ['own -> usr', 'usr/x own/x'],
  ],
  ['takes away what lies where the link leads', [['bin/.wh.tool', '0']], ['bin -> usr/bin']],
  [
    'empties what the link leads to',
    [
      ['bin/.wh..wh..opq', '0'],
      ['bin/x', '0'],
    ],
    ['bin -> usr/bin', 'usr/bin/x bin/x'],
  ],
  [
    'is a second name of what lies where the link leads',
    [['twice', '1', 'bin/tool']],
    ['twice usr/bin/tool', 'usr/bin/tool usr/bin/tool'],
  ],
]

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

  describe('where an entry lies below a link of a lower layer, it', () => {
    const layoutWith = (upper: readonly Raw[]): Layout => {
      const layout = new Layout()
      const manifest = layout.manifest([linked, upper].map((layer) => layout.blob(rawLayer(layer), LAYER)))
      layout.index([{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'it' } }])
      return layout
    }
    /** Links with their targets, files with their contents, directories that are empty. */
    const shown = (root: Directory): string[] =>
      [...walk(root)].flatMap(({ path, inode }) => {
        if (inode.kind === 'symlink') return [`${path} -> ${inode.target}`]
        if (inode.kind === 'directory') return inode.entries.size === 0 ? [`${path}/`] : []
        return inode.kind === 'file'
          ? [`${path} ${new TextDecoder().decode(inode.content.readAt(0, inode.content.size))}`]
          : []
      })

    for (const [what, upper, expected] of below) {
      it(what, async () => {
        const { root, close } = await openTree(layoutWith(upper).path)
        const found = shown(root)
        for (const line of expected) assert.ok(found.includes(line), `${line}: ${found.join('; ')}`)
        close()
      })

      it(`${what}, as umoci unpacks it`, needs({ commands: ['umoci'], host: ['root'] }), async () => {
        const { path } = layoutWith(upper)
        const { root, close } = await openTree(path)
        execFileSync('umoci', ['unpack', '--image', `${path}:it`, `${path}-unpacked`], { stdio: 'pipe' })
        const theirs = readDirectory(`${path}-unpacked/rootfs`)
        assert.deepEqual(shown(root), shown(theirs.root))
        theirs.close()
        close()
      })
    }

    const refused: [what: string, upper: readonly Raw[], message: RegExp][] = [
      ['of a loop', [['a/x', '0']], /lies below more than 40 links/],
      ['of a file', [['plain/x', '0']], /lies below "plain", which is a file/],
      [
        'of a link to a file',
        [
          ['to', '2', 'plain'],
          ['to/x', '0'],
        ],
        /lies below "plain", which is a file/,
      ],
      ['that leaves it by its own name', [['bin/../../x', '0']], /leads out of a directory/],
    ]
    for (const [what, upper, message] of refused) {
      it(`is refused: an entry ${what}`, async () => {
        await assert.rejects(openTree(layoutWith(upper).path), { name: 'FormatError', message })
      })
    }
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

describe('the image that is meant', () => {
  /** An image for each platform, with a file of that name in it. */
  const layoutFor = async (platforms: readonly string[], inConfig = false): Promise<Layout> => {
    const layout = new Layout()
    const manifests: Descriptor[] = []
    for (const each of platforms) {
      const [os, architecture, variant] = each.split('/')
      const platform = { os, architecture, ...(variant !== undefined && { variant }) }
      const layer = layout.blob(await layerOf(directory({ [each.replaceAll('/', ' ')]: nothing })), LAYER)
      const manifest = layout.manifest([layer], inConfig ? platform : {})
      manifests.push(inConfig ? manifest : { ...manifest, platform })
    }
    layout.index(manifests)
    return layout
  }
  const own = `${OWN.os}/${OWN.architecture}`
  const chosen = async (layout: Layout, platform?: string): Promise<string> => {
    const { root, close } = await openTree(layout.path, {
      platform: platform === undefined ? undefined : parsePlatform(platform),
    })
    close()
    return [...root.entries.keys()].join()
  }

  for (const inConfig of [false, true]) {
    const where = inConfig ? 'the configuration' : 'the index'
    it(`is that for this machine, by what ${where} says`, async () => {
      const layout = await layoutFor(['linux/s390x', own, 'windows/amd64'], inConfig)
      assert.equal(await chosen(layout), own.replace('/', ' '))
    })

    it(`is that which is asked for, by what ${where} says`, async () => {
      const layout = await layoutFor(['linux/s390x', own, 'qemu/x86_64', 'linux/arm/v7'], inConfig)
      for (const each of ['linux/s390x', 'qemu/x86_64', 'linux/arm/v7']) {
        assert.equal(await chosen(layout, each), each.replaceAll('/', ' '))
      }
      assert.equal(await chosen(layout, 'qemu/amd64'), 'qemu x86_64')
      assert.equal(await chosen(layout, 'linux/arm'), 'linux arm v7')
    })
  }

  it('is the only one of which nobody says what it is for', async () => {
    const layout = new Layout()
    layout.index([layout.manifest([layout.blob(await layerOf(directory({ x: nothing })), LAYER)], { os: 'linux' })])
    assert.equal(await chosen(layout), 'x')
    await assert.rejects(chosen(layout, 'linux/s390x'), { code: 'BAD_ARGUMENT', message: /no image for linux\/s390x/ })
  })

  it('is one image where it has several names', async () => {
    const layout = new Layout()
    const image = layout.manifest([layout.blob(await layerOf(directory({ x: nothing })), LAYER)])
    layout.index([image, { ...image, annotations: { 'org.opencontainers.image.ref.name': 'again' } }])
    assert.equal(await chosen(layout), 'x')
  })

  it('is not guessed: what there is is listed, with the flag that takes it', async () => {
    await assert.rejects(chosen(await layoutFor(['qemu/x86_64', 'xen/x86_64', 'unknown/unknown'])), {
      name: 'UsageError',
      message: new RegExp(`holds no image for ${own}: there is qemu/x86_64, xen/x86_64, unknown/unknown$`),
      advice: '--platform qemu/x86_64 takes that one',
    })
  })

  it('is not guessed where several fit', async () => {
    await assert.rejects(chosen(await layoutFor(['linux/arm/v6', 'linux/arm/v7']), 'linux/arm'), {
      name: 'UsageError',
      message: /holds several images for linux\/arm: linux\/arm\/v6, linux\/arm\/v7$/,
      advice: '--platform linux/arm/v6 takes one of them',
    })
    const layout = new Layout()
    const named = async (name: string): Promise<Descriptor> => {
      const image = layout.manifest([layout.blob(await layerOf(directory({ [name]: nothing })), LAYER)])
      return { ...image, annotations: { 'org.opencontainers.image.ref.name': name } }
    }
    layout.index([await named('1.0'), await named('1.1')])
    await assert.rejects(chosen(layout), {
      name: 'UsageError',
      message: /holds several images for .*: "1\.0", "1\.1"$/,
    })
  })

  it('is taken out by slipway fs with --platform, which is refused where nothing has one', async () => {
    const { path } = await layoutFor(['linux/s390x', 'qemu/x86_64'])
    const { status, stdout, stderr } = slipway(['fs', 'ls', '--platform', 'qemu/x86_64', path])
    assert.equal(status, 0, stderr)
    assert.match(stdout, /qemu x86_64$/m)
    assert.match(
      slipway(['fs', 'ls', path]).stderr,
      /holds no image for .*\n {2}--platform linux\/s390x takes that one/,
    )
    for (const words of [
      ['ls', scratch],
      ['diff', scratch, scratch],
      ['create', '-R', scratch, '-o', join(scratch, 'x.tar')],
    ]) {
      assert.match(slipway(['fs', ...words, '--platform', 'linux/amd64']).stderr, /--platform means nothing here/)
    }
    assert.match(slipway(['fs', 'ls', path, '--platform', 'amd64']).stderr, /not OS\/ARCH/)
  })
})

describe('the documents of an image', () => {
  it('may lead over indexes to the image for this kind of machine', async () => {
    const layout = new Layout()
    const of = async (name: string) =>
      layout.manifest([layout.blob(await layerOf(directory({ [name]: nothing })), LAYER)])
    const inner = layout.blob(
      {
        manifests: [
          { ...(await of('other')), platform: { os: 'linux', architecture: 's390x' } },
          { ...(await of('own')), platform: OWN },
        ],
      },
      INDEX,
    )
    layout.index([layout.blob({ manifests: [inner] }, INDEX)])
    assert.deepEqual(await listing(layout.path), ['own '])
  })

  it('are refused where indexes lead to each other without an end', async () => {
    const layout = new Layout()
    let inner = layout.manifest([])
    for (let i = 0; i < 8; i++) inner = layout.blob({ manifests: [inner] }, INDEX)
    layout.index([inner])
    await assert.rejects(openTree(layout.path), { name: 'ConfigError', code: 'LIMIT' })
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

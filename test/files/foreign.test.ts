// Our images as other programs read them, and theirs as we do. Everything goes over a real directory, so that what is compared is what is on disk.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sourceOf } from '../../src/base/reader.ts'
import { filterTree } from '../../src/files/change.ts'
import { ext2 } from '../../src/files/ext2/ext2.ts'
import { writeExt2 } from '../../src/files/ext2/write.ts'
import { fat } from '../../src/files/fat/fat.ts'
import { writeFat } from '../../src/files/fat/write.ts'
import { fitTree } from '../../src/files/fit.ts'
import type { Format } from '../../src/files/format.ts'
import { cpio } from '../../src/files/cpio/cpio.ts'
import { iso9660 } from '../../src/files/iso9660/iso9660.ts'
import { PROPERTIES } from '../../src/files/losses.ts'
import { isUtf8 } from '../../src/files/name.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { describeTree, directory, file, sampleTree } from '../../src/files/sample.ts'
import { squashfs } from '../../src/files/squashfs/squashfs.ts'
import { tar } from '../../src/files/tar/tar.ts'
import type { Directory } from '../../src/files/tree.ts'
import { loadDecompressors, openCompressor } from '../../src/host/codecs/compressor.ts'
import { readDirectory } from '../../src/host/trees/read-directory.ts'
import { writeDirectory } from '../../src/host/trees/write-directory.ts'
import { needs } from '../support/needs.ts'

const ANYTHING = new Set(PROPERTIES)
const decompressors = await loadDecompressors()
const gzip = await openCompressor('gzip')
const zstd = await openCompressor('zstd')

/** Others go wrong with times before 1970: that is theirs, and tested by itself where it is ours. */
const SAMPLE = filterTree(sampleTree(), (path) => path !== 'etc/old')
/** Nor does everybody pack a device's number as Linux does when it is large. */
const SMALL_DEVICES = filterTree(SAMPLE, (path) => path !== 'dev/sda')

let scratch = ''
const at = (name: string): string => join(scratch, name)
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-images-'))
  writeDirectory(SAMPLE, at('source'), { owners: true })
})
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true })
  await gzip.close()
  await zstd.close()
})

const run = (program: string, args: readonly string[], cwd = scratch, input?: Uint8Array): Buffer =>
  execFileSync(program, args, {
    cwd,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
    ...(input && { input }),
  })

type Reader = {
  readonly name: string
  readonly format: Format
  readonly commands: readonly string[]
  /** Puts the files of `image` into `target`, which exists. */
  readonly extract: (image: string, target: string) => void
  /** What the program does not bring back, and why that is not the image's fault. */
  readonly blind?: { readonly keys: readonly string[]; readonly why: string }
  /** What the image is made of; the sample if nothing is said. */
  readonly of?: Directory
  readonly tree?: (tree: Directory) => Directory
}

const mounted = (type: string) => (image: string, target: string) => {
  run('mount', ['-t', type, '-o', 'loop,ro', image, target])
}

const READERS: readonly Reader[] = [
  {
    name: 'GNU tar',
    format: tar,
    commands: ['tar'],
    extract: (image, target) =>
      run('tar', ['-xpf', image, '--numeric-owner', '--xattrs', '--xattrs-include=*', '-C', target]),
  },
  {
    name: 'bsdtar',
    format: tar,
    commands: ['bsdtar'],
    extract: (image, target) => run('bsdtar', ['-xpf', image, '--numeric-owner', '-C', target]),
    blind: { keys: ['sparse', 'root'], why: 'writes holes as it likes, and leaves the root alone' },
  },
  {
    name: 'GNU cpio',
    format: cpio,
    commands: ['cpio'],
    extract: (image, target) =>
      run('cpio', ['-idm', '--quiet', '--no-absolute-filenames'], target, readFileSync(image)),
    blind: {
      keys: ['sparse', 'mtime', 'root'],
      why: 'leaves the root alone, and times of directories and links',
    },
  },
  {
    name: 'unsquashfs (gzip)',
    format: squashfs(gzip, decompressors),
    commands: ['unsquashfs'],
    extract: (image, target) => run('unsquashfs', ['-f', '-q', '-n', '-d', target, image]),
    blind: { keys: ['sparse'], why: 'writes holes as it likes' },
  },
  {
    name: 'unsquashfs (zstd)',
    format: squashfs(zstd, decompressors),
    commands: ['unsquashfs'],
    extract: (image, target) => run('unsquashfs', ['-f', '-q', '-n', '-d', target, image]),
    blind: { keys: ['sparse'], why: 'writes holes as it likes' },
  },
  {
    name: 'xorriso',
    format: iso9660,
    commands: ['xorriso'],
    extract: (image, target) =>
      run('xorriso', ['-osirrox', 'on:device_files', '-indev', image, '-extract', '/', target]),
    of: SMALL_DEVICES,
    blind: {
      keys: ['sparse', 'same', 'mtime', 'root'],
      why: 'leaves the root alone, and times of links, and does not join hard links',
    },
  },
  {
    name: 'bsdtar, of ISO 9660',
    format: iso9660,
    commands: ['bsdtar'],
    extract: (image, target) => run('bsdtar', ['-xpf', image, '--numeric-owner', '-C', target]),
    of: SMALL_DEVICES,
    blind: { keys: ['sparse', 'root'], why: 'leaves the root alone' },
  },
  {
    name: 'Linux, SquashFS with gzip',
    format: squashfs(gzip, decompressors),
    commands: ['mount'],
    extract: mounted('squashfs'),
    blind: { keys: ['sparse'], why: 'has no blocks to count' },
  },
  { name: 'Linux, ext2', format: ext2, commands: ['mount'], extract: mounted('ext2'), tree: withLostAndFound },
]

function withLostAndFound(tree: Directory): Directory {
  const lost = directory({}, { ...tree.meta, mode: 0o700, uid: 0, gid: 0, xattrs: new Map() })
  const entries = [...tree.entries, ['lost+found', lost] as const].sort(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )
  return { ...tree, entries: new Map(entries) }
}

describe('images of ours', () => {
  for (const { name, format, commands, extract, blind, of = SAMPLE, tree = (each: Directory) => each } of READERS) {
    it(
      `are read by ${name}${blind === undefined ? '' : ` (which ${blind.why})`}`,
      needs({ commands, host: ['root', 'loop-devices'] }),
      async () => {
        const output = new MemoryOutput()
        await format.write(of, output, { allowLoss: ANYTHING })
        const slug = name.replaceAll(/\W/g, '-')
        writeFileSync(at(`${slug}.image`), output.bytes)
        mkdirSync(at(slug))
        extract(at(`${slug}.image`), at(slug))
        const found = readDirectory(at(slug))
        try {
          const expected = describeTree(tree(fitTree(format.name, format.capabilities, of, ANYTHING)))
          assert.deepEqual(clean(describeTree(found.root), blind?.keys), clean(expected, blind?.keys))
        } finally {
          found.close()
          if (format.name === 'ext2' || name.startsWith('Linux')) run('umount', [at(slug)])
        }
      },
    )
  }

  for (const blockSize of [1024, 2048, 4096] as const) {
    it(`have nothing that e2fsck would mend, with blocks of ${blockSize}`, needs({ commands: ['e2fsck'] }), () => {
      for (const size of [0, 300_000_000]) {
        const output = new MemoryOutput()
        const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`file ${i}`, file('x'.repeat(i % 70))]))
        const large = file(new Uint8Array(9_000_000).fill(7))
        const tree = directory({ ...Object.fromEntries(sampleTree().entries), many: directory(many), large })
        writeExt2(tree, output, { blockSize, size: size * (blockSize / 4096), allowLoss: ANYTHING })
        writeFileSync(at('check.ext2'), output.bytes)
        run('e2fsck', ['-fn', at('check.ext2')]) // fails for the smallest thing
      }
    })
  }

  for (const width of [12, 16, 32] as const) {
    it(
      `have nothing that fsck.fat would mend, as FAT${width}, and mtools reads them`,
      needs({ commands: ['fsck.fat', 'mcopy'] }),
      () => {
        const output = new MemoryOutput()
        const tree = directory({
          ...Object.fromEntries(filterTree(sampleTree(), isUtf8).entries),
          'A.TXT': file('short'),
          'a longer name.txt': file('long'),
        })
        writeFat(tree, output, { width, label: 'SHOP', allowLoss: ANYTHING })
        writeFileSync(at(`check${width}.fat`), output.bytes)
        run('fsck.fat', ['-n', at(`check${width}.fat`)])
        mkdirSync(at(`fat${width}`))
        run('mcopy', [
          '-s',
          '-m',
          '-i',
          at(`check${width}.fat`),
          '::/etc',
          '::/A.TXT',
          '::/a longer name.txt',
          at(`fat${width}`),
        ])
        assert.equal(readFileSync(at(`fat${width}/etc/hosts`), 'utf8'), '127.0.0.1 localhost\n')
        assert.equal(readFileSync(at(`fat${width}/a longer name.txt`), 'utf8'), 'long')
        assert.equal(readFileSync(at(`fat${width}/A.TXT`), 'utf8'), 'short')
      },
    )
  }
})

type Writer = {
  readonly name: string
  readonly format: Format
  readonly commands: readonly string[]
  /** Makes an image of the directory `source`. */
  readonly make: (source: string, image: string) => void
  readonly blind?: readonly string[]
}

const mke2fs = (type: string, options: readonly string[]) => (source: string, image: string) => {
  run('mke2fs', ['-q', '-t', type, ...options, '-d', source, image, '8M'])
}
const mksquashfs = (codec: string) => (source: string, image: string) => {
  run('mksquashfs', [source, image, '-comp', codec, '-noappend', '-quiet', '-no-progress'])
}

const WRITERS: readonly Writer[] = [
  {
    name: 'bsdtar',
    format: tar,
    commands: ['bsdtar'],
    make: (source, image) => run('bsdtar', ['-cf', image, '--format=pax', '--numeric-owner', '-C', source, '.']),
  },
  {
    name: 'GNU cpio',
    format: cpio,
    commands: ['cpio'],
    make: (source, image) => writeFileSync(image, run('sh', ['-c', 'find . | cpio -o -H newc --quiet'], source)),
  },
  {
    name: 'GNU cpio, with sums',
    format: cpio,
    commands: ['cpio'],
    make: (source, image) => writeFileSync(image, run('sh', ['-c', 'find . | cpio -o -H crc --quiet'], source)),
  },
  {
    name: 'mksquashfs with gzip',
    format: squashfs(gzip, decompressors),
    commands: ['mksquashfs'],
    make: mksquashfs('gzip'),
  },
  {
    name: 'mksquashfs with zstd',
    format: squashfs(gzip, decompressors),
    commands: ['mksquashfs'],
    make: mksquashfs('zstd'),
  },
  {
    name: 'mke2fs, as ext2',
    format: ext2,
    commands: ['mke2fs'],
    make: mke2fs('ext2', ['-I', '128']),
    blind: ['nanoseconds', 'root'],
  },
  {
    name: 'mke2fs, as ext2 with large inodes',
    format: ext2,
    commands: ['mke2fs'],
    make: mke2fs('ext2', ['-I', '256']),
    blind: ['nanoseconds', 'root'],
  },
  {
    name: 'mke2fs, as ext4',
    format: ext2,
    commands: ['mke2fs'],
    make: mke2fs('ext4', []),
    blind: ['nanoseconds', 'root'],
  },
  {
    name: 'xorriso',
    format: iso9660,
    commands: ['xorriso'],
    make: (source, image) => run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-J', '-o', image, source]),
    blind: ['major', 'minor', 'same'],
  },
  {
    name: 'genisoimage',
    format: iso9660,
    commands: ['genisoimage'],
    make: (source, image) => run('genisoimage', ['-quiet', '-R', '-o', image, source]),
    blind: ['same', 'mtime'],
  },
  {
    name: 'mkfs.fat and mtools',
    format: fat,
    commands: ['mkfs.fat', 'mcopy'],
    make: (source, image) => {
      run('mkfs.fat', ['-C', image, '4096'])
      run('sh', ['-c', `mcopy -s -m -i ${image} ${join(source, 'etc')} ::/`])
    },
    blind: ['whole'],
  },
]

describe('images of others are read here', () => {
  for (const { name, format, commands, make, blind = [] } of WRITERS) {
    it(`as ${name} makes them`, needs({ commands, host: ['root'] }), () => {
      const image = at(`by-${name.replaceAll(/\W/g, '-')}`)
      make(at('source'), image)
      const found = format.read(sourceOf(readFileSync(image)))
      if (blind.includes('whole')) {
        assert.deepEqual(
          [...(found.entries.get('etc') as Directory).entries.keys()],
          [...(SAMPLE.entries.get('etc') as Directory).entries.keys()],
        )
        return
      }
      const expected = fitTree(format.name, format.capabilities, SAMPLE, ANYTHING)
      const keys = [...blind, 'sparse']
      assert.deepEqual(clean(describeTree(found), keys), clean(describeTree(expected), keys))
    })
  }
})

/** Without what a program cannot tell. `root` means everything about the root; `same` means that two names of one file may be two files; `nanoseconds` that they may be there. */
function clean(entries: readonly object[], blind: readonly string[] = []): readonly object[] {
  const first = new Map(entries.map((entry) => [(entry as { path: string }).path, entry]))
  const wanted = blind.includes('root') ? entries.slice(1) : entries
  return wanted.map((entry) => {
    const { same } = entry as { same?: string }
    const whole =
      same !== undefined && blind.includes('same')
        ? { ...first.get(same), path: (entry as { path: string }).path }
        : entry
    const kept = Object.fromEntries(Object.entries(whole).filter(([key]) => !blind.includes(key)))
    const { mtime } = kept as { mtime?: { seconds: number } }
    return blind.includes('nanoseconds') && mtime !== undefined
      ? { ...kept, mtime: { seconds: mtime.seconds, nanoseconds: 0 } }
      : kept
  })
}

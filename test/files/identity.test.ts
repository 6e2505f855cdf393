// What an image is called and known by: given when it is made, and kept when files are added to it. blkid looks, as boot loaders and fstab do.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

let scratch = ''
const at = (name: string): string => join(scratch, name)
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const fs = (...args: string[]) => slipway(['fs', ...args], { cwd: scratch })
const done = (...args: string[]): string => {
  const { status, stdout, stderr } = fs(...args)
  assert.equal(status, 0, stderr)
  return stdout
}
/** Everything that blkid says of an image, by name. */
const known = (image: string): Record<string, string> =>
  Object.fromEntries(
    [...run('blkid', '-p', image).matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  )

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-identity-'))
  mkdirSync(at('source'))
  writeFileSync(at('source/a'), 'a')
  writeFileSync(at('added'), 'added')
})
afterAll(() => rmSync(scratch, { recursive: true }))

const UUID = '12345678-9abc-4def-8123-456789abcdef'
const DATE = '2026-11-26-12-30-05-07'

describe('slipway fs create', () => {
  const formats: [format: string, label: string, uuid: string, shown: Record<string, string>][] = [
    ['ext2', 'a name', UUID, { LABEL: 'a name', UUID, TYPE: 'ext2' }],
    ['fat', 'boot', 'cafe-0042', { LABEL: 'BOOT', UUID: 'CAFE-0042', TYPE: 'vfat' }],
    ['iso', 'Install_1', DATE, { LABEL: 'Install_1', UUID: DATE, TYPE: 'iso9660' }],
  ]
  for (const [format, label, uuid, shown] of formats) {
    it(`gives a ${format} its name and number`, needs({ commands: ['blkid'] }), () => {
      done('create', '-R', 'source', '--allow-loss', 'all', '--label', label, '--uuid', uuid, '-o', `a.${format}`)
      const found = known(`a.${format}`)
      assert.deepEqual(Object.fromEntries(Object.keys(shown).map((key) => [key, found[key]])), shown)
    })
  }

  const refused: [why: string, words: string[], message: RegExp][] = [
    ['a UUID that is none', ['-o', 'a.ext2', '--uuid', 'CAFE-0042'], /"--uuid CAFE-0042": is no UUID\n.*blkid/],
    ['a number of FAT that is none', ['-o', 'a.fat', '--uuid', UUID], /is no number of a FAT\n.*493A-08ED/],
    ['a date that is none', ['-o', 'a.iso', '--uuid', '2026-02-30-00-00-00-00'], /is no date of an ISO 9660/],
    [
      'a name for an archive',
      ['-o', 'a.tar', '--label', 'a'],
      /--label means nothing to tar\n {2}it is for iso9660, ext2, fat/,
    ],
    ['a number for a SquashFS', ['-o', 'a.sqfs', '--uuid', UUID], /--uuid means nothing to squashfs/],
    ['a size for a SquashFS', ['-o', 'a.sqfs', '--size', '1M'], /--size means nothing to squashfs/],
    ['blocks for an archive', ['-o', 'a.cpio', '--block-size', '4K'], /--block-size means nothing to cpio/],
    ['a level of nothing', ['-o', 'a.tar', '--level', '3'], /--level means nothing where nothing is packed/],
  ]
  for (const [why, words, message] of refused) {
    it(`refuses ${why}`, () => {
      const { status, stderr } = fs('create', '-R', 'source', '--allow-loss', 'all', ...words)
      assert.equal(status, 125)
      assert.match(stderr, message)
    })
  }
})

describe('slipway fs add', () => {
  const makers: [what: string, program: string, image: string, make: (image: string) => void][] = [
    [
      'an ext2 of mke2fs',
      'mke2fs',
      'theirs.ext2',
      (image) => run('mke2fs', '-q', '-t', 'ext2', '-L', 'their öld n', '-U', UUID, '-b', '4096', image, '8M'),
    ],
    [
      'an ext4 of mke2fs, which becomes an ext2',
      'mke2fs',
      'theirs.img',
      (image) => run('mke2fs', '-q', '-t', 'ext4', '-L', 'their', '-U', UUID, image, '8M'),
    ],
    [
      'a FAT12',
      'mkfs.fat',
      'theirs12.fat',
      (image) => run('mkfs.fat', '-C', '-n', 'A B-C', '-i', 'DEADBEEF', '-s', '4', image, '1440'),
    ],
    [
      'a FAT32 that is smaller than FAT32s are',
      'mkfs.fat',
      'theirs32.fat',
      (image) => run('mkfs.fat', '-C', '-F', '32', '-s', '1', '-n', 'ESP', '-i', '0000CAFE', image, '40000'),
    ],
    [
      'a FAT without a name',
      'mkfs.fat',
      'theirs.fat',
      (image) => run('mkfs.fat', '-C', '-i', '00000001', image, '1440'),
    ],
    [
      'an ISO of xorriso',
      'xorriso',
      'theirs.iso',
      (image) =>
        run(
          'xorriso',
          '-outdev',
          image,
          '-joliet',
          'on',
          '-volid',
          'Théir name, v1.0',
          '-volume_date',
          'uuid',
          '2020010203040506',
          '-map',
          'source',
          '/',
          '-commit',
        ),
    ],
    [
      'an ISO of xorriso without Joliet',
      'xorriso',
      'plain.iso',
      (image) =>
        run('xorriso', '-outdev', image, '-joliet', 'off', '-volid', 'lower case', '-map', 'source', '/', '-commit'),
    ],
    [
      'a SquashFS of mksquashfs',
      'mksquashfs',
      'theirs.sqfs',
      (image) => run('mksquashfs', 'source', image, '-quiet', '-no-progress', '-comp', 'zstd', '-b', '65536'),
    ],
  ]
  for (const [what, program, image, make] of makers) {
    it(
      `keeps what ${what} is called and known by, and how it is divided`,
      needs({ commands: [program, 'blkid'] }),
      () => {
        make(image)
        // An ext4 becomes an ext2. The label in a FAT's boot sector is for nobody, and what xorriso says of itself is not true of us.
        const { LABEL_FATBOOT: _, APPLICATION_ID: __, DATA_PREPARER_ID: ___, ...before } = known(image)
        const expected = image.endsWith('.img') ? { ...before, TYPE: 'ext2', VERSION: '1.0' } : before
        const blocks = blocksOf(image)
        done('add', image, 'added', '--allow-loss', 'all')
        assert.equal(done('cat', `${image}:/added`), 'added')
        const { LABEL_FATBOOT: ____, ...behind } = known(image)
        assert.deepEqual({ ...behind, blocks: blocksOf(image) }, { ...expected, blocks })
        const again = known(image)
        done('add', image, 'added', '--allow-loss', 'all')
        assert.deepEqual(known(image), again)
      },
    )
  }

  const lost: [what: string, program: string, image: string, make: (image: string) => void, message: RegExp][] = [
    [
      'an ISO that boots',
      'xorriso',
      'boots.iso',
      (image) =>
        run('xorriso', '-outdev', image, '-map', 'source', '/', '-boot_image', 'any', 'bin_path=/a', '-commit'),
      /has what a machine boots from, which would be lost\n {2}slipway fs create -R/,
    ],
    [
      'a SquashFS with something behind it',
      'mksquashfs',
      'signed.sqfs',
      (image) => {
        run('mksquashfs', 'source', image, '-quiet', '-no-progress')
        appendFileSync(at(image), Buffer.alloc(4096, 'hash'))
      },
      /has more behind its end, such as hashes or a signature, which would be lost/,
    ],
  ]
  for (const [what, program, image, make, message] of lost) {
    it(`leaves ${what} as it is`, needs({ commands: [program] }), () => {
      make(image)
      const before = readFileSync(at(image))
      const { status, stderr } = fs('add', image, 'added')
      assert.equal(status, 125)
      assert.match(stderr, message)
      assert.deepEqual(readFileSync(at(image)), before)
    })
  }

  it('says that an ext4 becomes an ext2', needs({ commands: ['mke2fs'] }), () => {
    run('mke2fs', '-q', '-t', 'ext4', 'newer.ext4', '8M')
    const { status, stderr } = fs('add', 'newer.ext4', 'added', '--allow-loss', 'all')
    assert.equal(status, 0, stderr)
    assert.match(stderr, /"newer\.ext4" is an ext3 or ext4, and becomes an ext2 without a journal/)
  })

  it('gives another name where one is said', needs({ commands: ['blkid'] }), () => {
    done('create', '-R', 'source', '--allow-loss', 'all', '--label', 'one', '--uuid', UUID, '-o', 'b.ext2')
    done('add', 'b.ext2', 'added', '--allow-loss', 'all', '--label', 'two')
    const { LABEL, UUID: uuid } = known('b.ext2')
    assert.deepEqual([LABEL, uuid], ['two', UUID])
  })

  it(
    'makes a FAT of other clusters where those that it has do not reach',
    needs({ commands: ['blkid', 'fsck.fat'] }),
    () => {
      writeFileSync(at('large'), Buffer.alloc(3_000_000, 'x'))
      run('mkfs.fat', '-C', '-F', '12', '-s', '1', '-n', 'SMALL', '-i', '0000CAFE', 'small.fat', '1440')
      done('add', 'small.fat', 'large', '--allow-loss', 'all')
      assert.equal(known('small.fat')['UUID'], '0000-CAFE')
      run('fsck.fat', '-n', 'small.fat')
    },
  )
})

/** Bytes of a block, or what packs it: what blkid does not tell. */
function blocksOf(image: string): string {
  if (image.endsWith('.sqfs')) return run('unsquashfs', '-s', image).replaceAll(/^(?!Compression|Block size).*\n/gm, '')
  return image.endsWith('.fat') ? (run('fsck.fat', '-n', '-v', image).match(/\d+ bytes per cluster/)?.[0] ?? '') : ''
}

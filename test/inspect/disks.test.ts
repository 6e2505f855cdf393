// Disk images, file systems and archives, made by the tools that everybody makes them with.

import assert from 'node:assert/strict'
import { truncateSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, it } from 'vitest'
import { inspect } from '../../src/run/inspect.ts'
import { needs } from '../support/needs.ts'
import { fact, run, scratch } from './_tools.ts'

const commands = [
  'qemu-img',
  'mkfs.ext4',
  'mkfs.vfat',
  'mksquashfs',
  'genisoimage',
  'cpio',
  'tar',
  'gzip',
  'file',
  'sfdisk',
]

describe('images and archives', needs({ host: ['linux'], commands }), () => {
  const directory = scratch()
  const at = (name: string): string => join(directory, name)
  const sparse = (name: string): string => {
    writeFileSync(at(name), '')
    truncateSync(at(name), 16 * 2 ** 20)
    return at(name)
  }

  beforeAll(() => {
    mkdirSync(at('tree'))
    writeFileSync(at('tree/a'), 'a')
    for (const format of ['qcow2', 'vmdk', 'vdi', 'vpc', 'vhdx'])
      run('qemu-img', 'create', '-q', '-f', format, at(format), '64M')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', at('qcow2'), '-F', 'qcow2', at('overlay'))
    for (const kind of ['ext2', 'ext3', 'ext4']) run('mkfs.ext4', '-q', '-t', kind, '-L', 'data', sparse(kind))
    run('mkfs.vfat', '-F', '16', '-n', 'BOOT', sparse('fat'))
    run('mksquashfs', at('tree'), at('squashfs'), '-quiet', '-no-progress', '-comp', 'xz')
    run('genisoimage', '-quiet', '-V', 'VOLUME', '-o', at('iso'), at('tree'))
    run('tar', '-C', directory, '-cf', at('tar'), 'tree')
    run('sh', '-c', `cd '${directory}' && echo tree/a | cpio -o -H newc --quiet > cpio && gzip -k tar`)
    for (const label of ['dos', 'gpt'])
      run('sh', '-c', `printf 'label: ${label}\\n2048,4096\\n' | sfdisk -q '${sparse(label)}'`)
  })

  const expected: [name: string, target: string, facts: [string, string][], file: RegExp][] = [
    ['qcow2', 'qcow2', [['disk size', '64 MiB']], /^QEMU QCOW2? Image \(v3\), 67108864 bytes/],
    ['vmdk', 'vmdk', [['disk size', '64 MiB']], /^VMware4 disk image/],
    ['vdi', 'vdi', [['disk size', '64 MiB']], /^VirtualBox Disk Image.*67108864 bytes/],
    ['vpc', 'vpc', [['kind', 'dynamic']], /^Microsoft Disk Image, Virtual Server or Virtual PC/],
    ['vhdx', 'vhdx', [], /^Microsoft Disk Image eXtended/],
    [
      'ext2',
      'ext2',
      [
        ['label', '"data"'],
        ['size', '16 MiB'],
      ],
      /ext2 filesystem data.*"data"/,
    ],
    ['ext3', 'ext3', [['label', '"data"']], /ext3 filesystem data.*"data"/],
    ['ext4', 'ext4', [['label', '"data"']], /ext4 filesystem data.*"data"/],
    ['fat', 'FAT16', [['label', '"BOOT"']], /label: "BOOT {7}", FAT \(16 bit\)/],
    [
      'squashfs',
      'SquashFS',
      [
        ['version', '4.0'],
        ['compression', 'xz'],
        ['inodes', '2'],
      ],
      /^Squashfs filesystem, little endian, version 4\.0, xz.*2 inodes/,
    ],
    [
      'iso',
      'ISO 9660',
      [
        ['label', '"VOLUME"'],
        ['El Torito', 'no'],
      ],
      /^ISO 9660 CD-ROM filesystem data 'VOLUME'/,
    ],
    ['dos', 'raw', [['partition 1', 'Linux, 2 MiB']], /^DOS\/MBR boot sector; partition 1 : ID=0x83.*4096 sectors/],
    ['gpt', 'raw', [['partition 1', '"", 2 MiB']], /^DOS\/MBR boot sector.*extended partition table/],
    ['tar', 'tar', [['first entry', '"tree/"']], /^POSIX tar archive/],
    ['cpio', 'cpio', [['first entry', '"tree/a"']], /^ASCII cpio archive \(SVR4 with no CRC\)/],
    ['tar.gz', 'gzip', [['holds', 'tar archive']], /^gzip compressed data/],
  ]
  for (const [name, target, facts, said] of expected) {
    it(`knows ${name}, as file does`, () => {
      const report = inspect(at(name))
      assert.equal(report.target, target)
      for (const [key, value] of facts) assert.equal(fact(report, key), value)
      assert.deepEqual(report.findings, [])
      assert.match(run('file', '-b', at(name)), said)
    })
  }

  it('warns of an overlay, which gives a guest what is in another file', () => {
    const report = inspect(at('overlay'))
    assert.equal(fact(report, 'backing file'), `"${at('qcow2')}"`)
    assert.deepEqual(
      report.findings.map(({ field }) => field),
      ['backing_file_offset'],
    )
  })
})

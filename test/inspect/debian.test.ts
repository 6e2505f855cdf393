// Files that Debian ships: its kernel, boot loaders, EFI applications. What readelf, file and grub-file say of them is what inspect says.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, it } from 'vitest'
import { inspect } from '../../src/run/inspect.ts'
import { needs } from '../support/needs.ts'
import { assertSegments, fact, notesOf, run, scratch } from './_tools.ts'

const kernel = (): string =>
  join('/boot', readdirSync('/boot').find((name) => /^vmlinuz-.*cloud-amd64$/.test(name)) ?? '')

describe("Debian's kernel", needs({ commands: ['file', 'grub-file'], apt: ['linux-image-cloud-amd64'] }), () => {
  it('is a bzImage with the version that file reads', () => {
    const report = inspect(kernel())
    assert.deepEqual([report.family, report.target, report.processor?.name], ['linux', 'bzImage', 'x86_64'])
    const version = /version ([^,]*),/.exec(run('file', '-b', kernel()))?.[1]
    assert.equal(fact(report, 'version'), `"${version}"`)
    assert.deepEqual(report.findings, [])
  })

  it('can be started by what grub-file says', () => {
    const report = inspect(kernel())
    run('grub-file', '--is-x86-linux', kernel()) // fails where it is none
    run('grub-file', '--is-x86_64-efi', kernel())
    assert.equal(fact(report, 'EFI stub'), 'yes: EFI firmware can start it by itself')
  })
})

describe("Debian's kernel, unpacked", needs({ commands: ['readelf', 'lz4'], apt: ['linux-image-cloud-amd64'] }), () => {
  const vmlinux = join(scratch(), 'vmlinux')

  beforeAll(() => {
    // Where the payload lies is what inspect reads too, here by hand: setup_sects, payload_offset, payload_length.
    const file = readFileSync(kernel())
    const at = (file.readUInt8(0x1f1) + 1) * 512 + file.readUInt32LE(0x248)
    // The last four bytes are the size of what comes out.
    writeFileSync(`${vmlinux}.lz4`, file.subarray(at, at + file.readUInt32LE(0x24c) - 4))
    run('lz4', '-d', '-q', '-f', `${vmlinux}.lz4`, vmlinux)
  })

  it('is a vmlinux with the segments and notes that readelf reads', () => {
    const report = inspect(vmlinux)
    assert.deepEqual([report.family, report.target], ['linux', 'vmlinux'])
    assertSegments(report, vmlinux)
    const entry = notesOf(vmlinux).find(({ name, type }) => name === 'Xen' && type === 18)
    assert.equal(
      fact(report, 'Xen PHYS32_ENTRY'),
      `0x${Buffer.from(entry?.bytes ?? [])
        .readBigUInt64LE()
        .toString(16)}`,
    )
    assert.match(fact(report, 'version') ?? '', /^"Linux version \d+\.\d+\.\d+-\d+-cloud-amd64 /)
  })

  it('says the same to Xen while it is packed', () => {
    const [packed, unpacked] = [inspect(kernel()), inspect(vmlinux)]
    for (const name of ['Xen GUEST_OS', 'Xen PHYS32_ENTRY', 'Xen VIRT_BASE'])
      assert.equal(fact(packed, name), fact(unpacked, name))
  })
})

describe(
  "Debian's boot loaders",
  needs({
    commands: ['file', 'grub-mkimage', 'readelf'],
    apt: ['grub-efi-amd64-bin', 'grub-xen-bin', 'systemd-boot-efi', 'ipxe', 'memtest86+'],
  }),
  () => {
    const directory = scratch()
    const grub = (format: string): string => {
      const path = join(directory, format)
      run('grub-mkimage', '-O', format, '-o', path, '-p', '/', 'normal')
      return path
    }

    it('include GRUB for EFI', () => {
      const path = grub('x86_64-efi')
      const report = inspect(path)
      assert.deepEqual([report.family, report.processor?.name], ['efi', 'x86_64'])
      assert.match(run('file', '-b', path), /^PE32\+ executable.*EFI application.*x86-64/)
    })

    it('include GRUB for Xen, in each way', () => {
      for (const [format, target] of [
        ['x86_64-xen', 'pv'],
        ['i386-xen_pvh', 'pvh'],
      ] as const) {
        const path = grub(format)
        const report = inspect(path)
        assert.deepEqual([report.family, report.target], ['xen', target])
        assertSegments(report, path)
      }
    })

    it('include systemd-boot, which says so', () => {
      const report = inspect('/usr/lib/systemd/boot/efi/systemd-bootx64.efi')
      assert.equal(report.family, 'efi')
      assert.match(fact(report, 'loader') ?? '', /^"systemd-boot \d+/)
      assert.match(fact(report, 'SBAT') ?? '', /^"systemd,/)
    })

    const ipxe = '/usr/lib/ipxe'
    const files: [path: string, family: string, summary: RegExp, file: RegExp][] = [
      [`${ipxe}/ipxe.efi`, 'efi', /^EFI application$/, /^PE32\+ executable .*EFI application.*x86-64/],
      [`${ipxe}/ipxe.lkrn`, 'linux', /^program with the boot protocol/, /^Linux kernel x86 boot executable bzImage/],
      [`${ipxe}/ipxe.iso`, 'disk', /ISO 9660$/, /^ISO 9660 CD-ROM filesystem data.*bootable/],
      [
        '/boot/memtest86+x64.efi',
        'linux',
        /^program with the boot protocol/,
        /^Linux kernel x86 boot executable bzImage, version Memtest86\+/,
      ],
    ]
    for (const [path, family, summary, said] of files) {
      it(`include ${path}`, () => {
        const report = inspect(path)
        assert.equal(report.family, family)
        assert.match(report.summary, summary)
        assert.match(run('file', '-bL', path), said)
      })
    }
  },
)

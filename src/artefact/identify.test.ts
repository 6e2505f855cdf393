import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, it } from 'vitest'
import { type Source, sourceOf } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { spoil } from '../elf/sample.ts'
import { makeElf } from '../elf/sample-file.ts'
import { encodeAbiNote } from './abi.ts'
import type { Codecs } from './codecs.ts'
import { countReads } from './fuzz.ts'
import { FAMILIES, type Identification } from './identification.ts'
import { identify } from './identify.ts'
import { encodeManifestNote } from './manifest.ts'
import { sampleArm64Image, sampleBzImage, samplePe, sampleVmlinux } from './sample-boot.ts'
import { ascii, join, multibootHeader } from './sample-bytes.ts'
import { sampleGpt, sampleQcow2 } from './sample-disks.ts'
import {
  sampleGenode,
  sampleOldUnikraft,
  sampleRumprun,
  sampleRumprunObject,
  SAMPLES,
  sampleUnikraft,
  sampleUnikraftEfi,
} from './samples.ts'

const codecs: Codecs = {
  gzip: (bytes, maxOutputLength) => {
    try {
      return gunzipSync(bytes, { maxOutputLength })
    } catch {
      return undefined
    }
  },
}

const look = (bytes: Uint8Array): Identification => identify(sourceOf(bytes), codecs)
const fact = (found: Identification, name: string): string | undefined =>
  found.facts.find((one) => one.name === name)?.value
const starters = (found: Identification): string[] => found.starters.map(({ name, how }) => `${name}: ${how}`)
const odd = (found: Identification): string[] =>
  found.findings.map(({ severity, code, field, offset }) => `${severity} ${code} ${field} ${offset}`)

describe('identify()', () => {
  it('has a sample of every family', () => {
    assert.deepEqual([...SAMPLES.keys()], [...FAMILIES])
  })

  it('has a page of the documentation for every family', () => {
    const pages = readdirSync(new URL('../../docs/families', import.meta.url))
    assert.deepEqual(
      pages.sort(),
      ['index.md', ...FAMILIES.filter((name) => name !== 'unknown').map((name) => `${name}.md`)].sort(),
    )
  })

  for (const [family, samples] of SAMPLES) {
    for (const [i, bytes] of samples.entries()) {
      it(`knows ${family} ${i + 1}`, () => {
        assert.equal(look(bytes).family, family)
      })
    }
  }

  it('finds libraries, version and parameters of Unikraft', () => {
    const found = look(sampleUnikraft())
    assert.equal(found.target, 'qemu-x86_64')
    assert.equal(fact(found, 'version'), '"0.17.0~1a2b3c4" "Calypso"')
    assert.equal(fact(found, 'libraries'), '"libuknetdev" "libvirtio_net" "libukrandom"')
    assert.deepEqual(found.accepts.slice(0, 2), [
      { name: 'vfs.fstab', form: 'charp[16]', detail: '"Automount table"' },
      { name: 'netdev.ip', form: 'charp[4]', detail: '' },
    ])
    assert.deepEqual(
      found.needs.map(({ kind }) => kind),
      ['device', 'processor', 'boot protocol', 'memory'],
    )
    assert.match(starters(found).join(), /QEMU: qemu-system-x86_64 -kernel FILE/)
  })

  it('follows the pointers of older Unikraft, which Firecracker starts', () => {
    const found = look(sampleOldUnikraft())
    assert.equal(found.target, 'fc-x86_64')
    assert.deepEqual(found.accepts[0], { name: 'ipv4_addr', form: 'charp', detail: '"Address (of libuknetdev)"' })
    assert.match(starters(found).join(), /Firecracker/)
  })

  it('shows a hostile name of a parameter so that it does no harm, and not all of a long one', () => {
    const bytes = sampleUnikraft()
    const at = String.fromCharCode(...bytes).indexOf('fstab')
    const found = look(spoil(bytes, (_, b) => b.set([0x1b, 0x5b, 0x32, 0x4a, 0x9b], at)))
    assert.equal(found.accepts[0]?.name, 'vfs.\\u001b[2J\\u009b')
    const long = look(spoil(bytes, (_, b) => b.fill(0x61, at, at + 0x30)))
    assert.ok((long.accepts[0]?.name.length ?? 0) <= 128)
  })

  it('looks behind the PE header of Unikraft for EFI', () => {
    const found = look(sampleUnikraftEfi())
    assert.deepEqual([found.target, found.accepts[0]?.name], ['efi-x86_64', 'vfs.fstab'])
    assert.equal(fact(found, 'libraries'), '"libuknetdev" "libvirtio_net" "libukrandom"')
    assert.match(starters(found).join(), /EFI firmware: as EFI\/BOOT\/BOOTX64\.EFI/)
  })

  it('says where a parameter of Unikraft points outside of the file', () => {
    const bytes = sampleUnikraft()
    const record = spoil(bytes, (view) => {
      for (let at = 0; at + 8 <= view.byteLength; at++) {
        if (view.getBigUint64(at, true) === 0x100104n) view.setBigUint64(at, 0xdead0000n, true)
      }
    })
    assert.match(odd(look(record)).join(), /^notice BAD_VALUE shdr\[3\] "\.uk_libparam_params" \d+$/)
  })

  it('tells that GRUB refuses the empty segment of Unikraft', () => {
    const bytes = makeElf({
      class: 32,
      entry: 0x100000,
      sections: [
        { name: '.text', bytes: join(multibootHeader(3), new Uint8Array(64)), address: 0x100000 },
        { name: '.note', bytes: new Uint8Array(0), note: true },
        { name: '.uk_bootinfo', bytes: new Uint8Array(8) },
      ],
    })
    const empty = spoil(bytes, (view) => view.setUint32(52 + 32, 1, true)) // the second header becomes a LOAD
    assert.ok(odd(look(empty)).includes(`notice BAD_VALUE phdr[1].p_memsz ${52 + 32 + 20}`))
  })

  it('names the programs that are baked into rumprun, and the recipe', () => {
    const found = look(sampleRumprun())
    assert.equal(found.target, 'hw')
    assert.equal(fact(found, 'programs'), '"hello.bin"')
    assert.equal(fact(found, 'bake tuple'), '"x86_64-rumprun-netbsd"')
    assert.equal(fact(found, 'bake cflags'), '"-O2"')
    assert.equal(found.accepts[0]?.form, 'JSON, at most 4094 bytes')
  })

  it('counts the programs of rumprun where their names are not in the file', () => {
    const bytes = sampleRumprun()
    const at = String.fromCharCode(...bytes).indexOf('rumprun_bins')
    const found = look(spoil(bytes, (view) => view.setUint8(at, 0x78)))
    assert.equal(fact(found, 'programs'), '1, whose names are not in the file')
  })

  it('names the programs of rumprun’s Solo5 port, which declares what no other does', () => {
    const at = 0x100000
    const table = new ByteWriter(0x80)
      .u64(0, BigInt(at + 0x40))
      .u64(8, BigInt(at + 0x50))
      .u64(0x40, BigInt(at + 0x60))
      .u64(0x50, BigInt(at + 0x70))
      .put(0x60, ascii('hello.bin'))
      .put(0x70, ascii('\x1bhttpd')).bytes
    const made = (rootfs: string) => {
      const abi = encodeAbiNote({ target: 'spt', version: 2 })
      const manifest = encodeManifestNote([
        { name: rootfs, type: 'block' },
        { name: 'tap', type: 'net' },
      ])
      return makeElf({
        entry: at,
        sections: [
          { name: '.data', bytes: table, address: at },
          { name: '.note.abi', type: 7, note: true, bytes: abi },
          { name: '.note.manifest', type: 7, note: true, bytes: manifest },
        ],
        symbols: [
          ['rumprun_main1', at],
          ['rumprun_main2', at],
          ['rumprun_bins', at],
        ],
      })
    }
    assert.equal(fact(look(made('rootfs')), 'programs'), '"hello.bin" "\\u001bhttpd"')
    assert.deepEqual(look(made('storage')).facts, [])
    const nameless = spoil(made('rootfs'), (v, b) =>
      v.setUint8(String.fromCharCode(...b).indexOf('rumprun_bins'), 0x78),
    )
    assert.equal(fact(look(nameless), 'programs'), '2, whose names are not in the file')
  })

  it('reads the recipe of a program that is not baked yet', () => {
    assert.equal(fact(look(sampleRumprunObject()), 'bake backingcc'), '"cc"')
  })

  it('lists the boot modules of a Genode system', () => {
    assert.equal(fact(look(sampleGenode()), 'boot modules'), '"core" "init"')
  })

  it('reads version, protocol and memory of a Linux bzImage', () => {
    const found = look(sampleBzImage())
    assert.deepEqual(
      [found.target, found.processor?.name, found.summary],
      ['bzImage', 'x86_64', 'Linux kernel, bzImage'],
    )
    assert.equal(fact(found, 'version'), '"6.1.0-1-amd64 (builder@example.org) #1 SMP"')
    assert.equal(fact(found, 'protocol'), 'Linux boot protocol 2.15')
    assert.equal(found.needs.find(({ kind }) => kind === 'memory')?.detail, '48 MiB at least, only to unpack itself')
    assert.equal(found.accepts[0]?.form, 'at most 2047 bytes')
  })

  it('tells kernels for 32-bit processors', () => {
    const found = look(spoil(sampleBzImage(), (view) => view.setUint16(0x236, 0, true)))
    assert.equal(found.processor?.name, 'i386')
    assert.ok(!found.needs.some(({ kind }) => kind === 'processor'))
  })

  it('looks into the packed kernel for what it tells Xen', () => {
    const found = look(sampleBzImage(gzipSync(sampleVmlinux())))
    assert.equal(fact(found, 'Xen PHYS32_ENTRY'), '0x1000020')
    assert.match(fact(found, 'payload') ?? '', /gzip, .* unpacked, an ELF64 file$/)
    assert.match(starters(found).join(), /type='pvh'.*type='pv'/)
  })

  it('does not unpack a kernel beyond 128 MiB', () => {
    const found = look(sampleBzImage(gzipSync(new Uint8Array(128 * 2 ** 20 + 1), { level: 1 })))
    assert.match(fact(found, 'payload') ?? '', /cannot be unpacked to at most 128 MiB$/)
  })

  it('says which compression it cannot undo', () => {
    const found = look(sampleBzImage(ascii('\xfd7zXZ\0 and so on')))
    assert.match(fact(found, 'payload') ?? '', /xz, not looked into$/)
  })

  it('refuses a bzImage whose payload ends past the file', () => {
    const found = look(spoil(sampleBzImage(), (view) => view.setUint32(0x24c, 65, true)))
    assert.deepEqual(odd(found), ['refused TRUNCATED payload_length 588'])
  })

  it('finds the version of an unpacked Linux behind the format string with the same words', () => {
    const found = look(sampleVmlinux())
    assert.equal(fact(found, 'version'), '"Linux version 6.1.0-1-amd64 (x@y) #1 SMP"')
    assert.equal(fact(found, 'Xen GUEST_OS'), '"linux"')
    assert.deepEqual(
      found.starters.map(({ name }) => name),
      ['Firecracker', 'QEMU', 'Xen', 'Xen'],
    )
  })

  it('reads the version of an arm64 Image', () => {
    assert.equal(fact(look(sampleArm64Image()), 'version'), '"Linux version 6.6.0 (x@y)"')
  })

  it('shows the command line in a unified kernel image', () => {
    const found = look(samplePe())
    assert.equal(fact(found, 'command line'), '"root=/dev/vda1 quiet"')
    assert.deepEqual(odd(found), [])
  })

  const PE_SECTIONS = 0x98 + 0xf0
  const peCases: [why: string, finding: string, edit: (view: DataView) => void][] = [
    [
      'sections that overlap',
      `notice BAD_VALUE section[1].VirtualAddress ${PE_SECTIONS + 40 + 12}`,
      (v) => v.setUint32(PE_SECTIONS + 40 + 12, 0x10ff, true),
    ],
    [
      'a section past the end',
      `refused TRUNCATED section[2].SizeOfRawData ${PE_SECTIONS + 80 + 16}`,
      (v) => v.setUint32(PE_SECTIONS + 80 + 16, 0x101, true),
    ],
    [
      'a section that is writable and executable',
      `notice BAD_VALUE section[0].Characteristics ${PE_SECTIONS + 36}`,
      (v) => v.setUint32(PE_SECTIONS + 36, 0xe0000020, true),
    ],
    [
      'an entry outside of code',
      'notice BAD_VALUE AddressOfEntryPoint 168',
      (v) => v.setUint32(0x98 + 16, 0x2000, true),
    ],
    [
      'signatures past the end',
      `notice TRUNCATED Certificates ${0x98 + 112 + 32}`,
      (v) => {
        v.setUint32(0x98 + 112 + 32, 0x7f8, true)
        v.setUint32(0x98 + 112 + 36, 9, true)
      },
    ],
  ]
  for (const [why, finding, edit] of peCases) {
    it(`finds ${why} in a PE file`, () => assert.deepEqual(odd(look(spoil(samplePe(), edit))), [finding]))
  }

  const FLAT = join(multibootHeader(3, 0x100000), new Uint8Array(0xe0).fill(0x90))
  const multibootCases: [why: string, finding: string, edit: (view: DataView) => void][] = [
    [
      'a load address above the header',
      'refused BAD_VALUE multiboot.load_addr 16',
      (v) => v.setUint32(16, 0x100001, true),
    ],
    [
      'a load address before the file',
      'refused BAD_VALUE multiboot.load_addr 16',
      (v) => v.setUint32(16, 0xfffff, true),
    ],
    ['an end below the load address', 'refused BAD_VALUE multiboot.load_end_addr 20', (v) => v.setUint32(20, 1, true)],
    ['an end past the file', 'refused BAD_VALUE multiboot.load_end_addr 20', (v) => v.setUint32(20, 0x100101, true)],
    ['a bss below the end', 'notice BAD_VALUE multiboot.bss_end_addr 24', (v) => v.setUint32(24, 0x100010, true)],
    ['an entry outside', 'notice BAD_VALUE multiboot.entry_addr 28', (v) => v.setUint32(28, 0x101000, true)],
  ]
  for (const [why, finding, edit] of multibootCases) {
    it(`finds ${why} in a Multiboot header`, () => assert.ok(odd(look(spoil(FLAT, edit))).includes(finding)))
  }
  it('takes nothing for a Multiboot header whose checksum is wrong', () => {
    assert.equal(look(spoil(FLAT, (view) => view.setUint32(8, 0, true))).family, 'unknown')
    const [, second = new Uint8Array()] = SAMPLES.get('multiboot') ?? []
    const at = second.indexOf(0xd6)
    assert.equal(look(spoil(second, (view) => view.setUint32(at + 12, 0, true))).family, 'program')
  })

  it('finds nothing odd in a good Multiboot header', () => assert.deepEqual(odd(look(FLAT)), []))

  it('refuses demands of a Multiboot header that nobody knows', () => {
    const flags = 0x10003 | 0x40
    const found = look(
      spoil(FLAT, (v) => {
        v.setUint32(4, flags, true)
        v.setUint32(8, -(0x1badb002 + flags) >>> 0, true)
      }),
    )
    assert.deepEqual(odd(found), ['refused BAD_VALUE multiboot.flags 4'])
  })

  it('finds protocols that load the same file to different places', () => {
    const text = join(multibootHeader(3, 0x200000), new Uint8Array(0x100))
    const found = look(makeElf({ entry: 0x100000, sections: [{ name: '.text', bytes: text, address: 0x100000 }] }))
    assert.ok(odd(found).includes(`notice BAD_VALUE phdr[0].p_paddr ${64 + 24}`))
  })

  it('warns of disk images that lean on other files of the host', () => {
    const qcow2 = look(sampleQcow2())
    assert.equal(fact(qcow2, 'backing file'), '"/etc/passwd"')
    assert.deepEqual(odd(qcow2), ['notice BAD_VALUE backing_file_offset 8'])
    const vmdk = look(ascii('# Disk DescriptorFile\nRW 8192 FLAT "/dev/sda" 0\n'))
    assert.match(vmdk.findings[0]?.message ?? '', /"\/dev\/sda"/)
  })

  it('lists the partitions of a GPT, and those that end past the file', () => {
    assert.equal(fact(look(sampleGpt()), 'partition 1'), '"root", 3 KiB')
    const found = look(spoil(sampleGpt(), (view) => view.setBigUint64(1024 + 40, 16n, true)))
    assert.deepEqual(odd(found), [`notice TRUNCATED GPT[0] ${1024 + 40}`])
  })

  it('says what a compressed file holds, once', () => {
    assert.equal(fact(look(gzipSync(sampleGpt())), 'holds'), 'disk image, raw with a GPT')
    assert.equal(fact(look(gzipSync(gzipSync(sampleGpt()))), 'holds'), 'file compressed with gzip')
  })

  it('unpacks nothing that was packed inside', () => {
    let times = 0
    const counting: Codecs = {
      gzip: (bytes, most) => {
        times++
        return codecs.gzip?.(bytes, most)
      },
    }
    identify(sourceOf(gzipSync(gzipSync(sampleBzImage(gzipSync(sampleVmlinux()))))), counting)
    assert.equal(times, 1)
  })

  it('does not unpack a compressed file beyond 16 MiB', () => {
    const bomb = gzipSync(new Uint8Array(16 * 2 ** 20 + 1))
    assert.match(fact(look(bomb), 'holds') ?? '', /^not looked into/)
  })

  const unknown: [bytes: Uint8Array, looksLike: RegExp][] = [
    [new Uint8Array(), /an empty file$/],
    [new Uint8Array(100), /nothing but zeros$/],
    [ascii('#!/bin/sh\nexit\n'), /a script that begins with "#!\/bin\/sh"$/],
    [ascii('hello\u00e9\n'), /a text that begins with "hello/],
    [Uint8Array.of(1, 2, 3), /data that begin with 01 02 03$/],
    [ascii('\x1b[2J'), /data that begin with 1b 5b 32 4a$/],
  ]
  for (const [bytes, looksLike] of unknown) {
    it(`says what an unknown file looks like: ${looksLike.source}`, () => {
      const found = look(bytes)
      assert.equal(found.family, 'unknown')
      assert.match(found.summary, looksLike)
    })
  }

  it('throws FormatError for a file of a known kind that is cut short', () => {
    for (const bytes of [sampleVmlinux(), samplePe()]) {
      assert.throws(() => look(bytes.subarray(0, 0xa0)), { name: 'FormatError', code: 'TRUNCATED' })
    }
  })

  it('says everything about an ELF file whose sections have been cut off', () => {
    const found = look(sampleVmlinux().subarray(0, 0x320))
    assert.equal(found.family, 'linux')
    assert.ok(odd(found).includes('notice TRUNCATED e_shoff 40'))
  })

  it('reads little of enormous files', () => {
    const MOST = 150 * 2 ** 20 // two scans of 64 MiB
    const silent = sampleVmlinux() // without the banner, which is searched for up to the limit
    silent.set(ascii('Xinux'), String.fromCharCode(...silent).indexOf('Linux version 6'))
    for (const bytes of [silent, ...[...SAMPLES.values()].flat()]) {
      const { source, total } = countReads(enormous(bytes))
      identify(source, codecs)
      assert.ok(total() < MOST, `${total()}`)
    }
  })
})

/** The same file with 8 TiB of zeros behind it. */
function enormous(bytes: Uint8Array): Source {
  return {
    size: 2 ** 43,
    readAt: (offset, length) => {
      const window = new Uint8Array(length)
      if (offset < bytes.length) window.set(bytes.subarray(offset, offset + length))
      return window
    },
  }
}

// A small file of every family, without compilers and tools: for the tests and the fuzzer. What the real ones look like is in
// test/inspect/, which makes and finds such. Pure.

import { ByteWriter } from '../base/writer.ts'
import { makeElf } from '../elf/sample-file.ts'
import type { Family } from './identification.ts'
import { sampleArtefact } from './sample.ts'

/** A note: name with its NUL, type, descriptor. */
export function sampleNote(name: string, type: number, descriptor: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = ascii(`${name}\0`)
  const nameSize = Math.ceil(text.length / 4) * 4
  return new ByteWriter(12 + nameSize + Math.ceil(descriptor.length / 4) * 4)
    .u32(0, text.length)
    .u32(4, descriptor.length)
    .u32(8, type)
    .put(12, text)
    .put(12 + nameSize, descriptor).bytes
}

export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Multiboot 1, with the addresses that 64-bit files need where a load address is given. */
export function multibootHeader(flags: number, load?: number): Uint8Array<ArrayBuffer> {
  const all = load === undefined ? flags : flags | 0x10000
  const writer = new ByteWriter(load === undefined ? 12 : 32)
    .u32(0, 0x1badb002)
    .u32(4, all)
    .u32(8, -(0x1badb002 + all) >>> 0)
  if (load !== undefined)
    writer
      .u32(12, load)
      .u32(16, load)
      .u32(20, load + 0x100)
      .u32(24, load + 0x1000)
      .u32(28, load + 0x20)
  return writer.bytes
}

const MULTIBOOT2 = new ByteWriter(40)
  .u32(0, 0xe85250d6)
  .u32(8, 40)
  .u32(12, -(0xe85250d6 + 40) >>> 0)
  .u16(16, 1)
  .u32(20, 12)
  .u32(24, 4)
  .u32(36, 8).bytes

const XEN_PV = join(
  sampleNote('Xen', 6, ascii('Mini-OS\0')),
  sampleNote('Xen', 8, ascii('generic\0')),
  sampleNote('Xen', 5, ascii('xen-3.0\0')),
  sampleNote('Xen', 2, new ByteWriter(8).u64(0, 0x2000n).bytes),
  sampleNote('Xen', 18, new ByteWriter(4).u32(0, 0x100020).bytes),
)

const CODE = new Uint8Array(0x100).fill(0x90)
const AT = 0x100000

/** Unikraft's library list: one with a name, one without for what holds for all. */
function libinfo(): Uint8Array<ArrayBuffer> {
  const record = (type: number, text: string): Uint8Array => {
    const bytes = ascii(`${text}\0`)
    return new ByteWriter(6 + bytes.length)
      .u16(0, type)
      .u32(2, 6 + bytes.length)
      .put(6, bytes).bytes
  }
  const library = (...records: Uint8Array[]): Uint8Array => {
    const body = join(...records)
    return new ByteWriter(6 + body.length)
      .u32(0, 6 + body.length)
      .u16(4, 1)
      .put(6, body).bytes
  }
  return join(
    library(record(7, '0.17.0~1a2b3c4'), record(8, 'Calypso'), record(11, 'gcc 12.2.0')),
    library(record(1, 'libuknetdev'), record(3, '0.17.0')),
    library(record(1, 'libvirtio_net')),
    library(record(1, 'libukrandom')),
  )
}

/** Texts and records that point to them, at an address. */
function parameters(at: number): { bytes: Uint8Array<ArrayBuffer>; records: Uint8Array<ArrayBuffer> } {
  const texts = ascii('vfs\0fstab\0Automount table\0netdev\0ip\0')
  const record = (prefix: number, name: number, description: number, type: number, count: number): Uint8Array =>
    new ByteWriter(56)
      .u64(0, BigInt(at + prefix))
      .u64(8, BigInt(at + name))
      .u64(16, description === 0 ? 0n : BigInt(at + description))
      .u32(24, type)
      .u64(32, BigInt(count)).bytes
  return { bytes: texts, records: join(record(0, 4, 10, 11, 16), record(26, 33, 0, 11, 4)) }
}

export function sampleUnikraft(): Uint8Array<ArrayBuffer> {
  const { bytes, records } = parameters(AT + 0x100)
  return makeElf({
    class: 32,
    entry: AT,
    sections: [
      { name: '.text', bytes: join(multibootHeader(3), CODE.subarray(12)), address: AT },
      { name: '.rodata', bytes, address: AT + 0x100 },
      { name: '.uk_libparam_params', bytes: records, address: AT + 0x130 },
      { name: '.uk_libinfo', bytes: libinfo() },
    ],
  })
}

/** As Firecracker starts it, with a table of pointers for a library. */
export function sampleOldUnikraft(): Uint8Array<ArrayBuffer> {
  const texts = ascii('ipv4_addr\0Address\0')
  const record = new ByteWriter(48)
    .u64(0, BigInt(AT + 0x100))
    .u64(8, BigInt(AT + 0x10a))
    .u32(16, 11)
    .u64(24, 1n).bytes
  return makeElf({
    entry: AT,
    sections: [
      { name: '.text', bytes: CODE, address: AT },
      { name: '.rodata', bytes: texts, address: AT + 0x100 },
      { name: '.data', bytes: record, address: AT + 0x120 },
      {
        name: '.uk_libparam_params_libuknetdev',
        bytes: new ByteWriter(8).u64(0, BigInt(AT + 0x120)).bytes,
        address: AT + 0x150,
      },
      { name: '.uk_bootinfo', bytes: new Uint8Array(32) },
    ],
  })
}

const RECIPE = ascii(
  'rumprun_tuple: x86_64-rumprun-netbsd\0rumprun_tooldir: /opt/rumprun\0rumprun_backingcc: cc\0rumprun_cflags: -O2\0',
)

export function sampleRumprun(): Uint8Array<ArrayBuffer> {
  const bins = AT + 0x200
  const table = new ByteWriter(0x50)
    .u64(0, BigInt(bins + 0x10))
    .u64(0x10, BigInt(bins + 0x20))
    .u64(0x18, BigInt(AT + 0x40))
    .put(0x20, ascii('hello.bin\0')).bytes
  return makeElf({
    entry: AT + 0x40,
    flags: 7,
    sections: [
      {
        name: '.text',
        bytes: join(multibootHeader(3, AT), CODE.subarray(32), RECIPE, new Uint8Array(256 - RECIPE.length)),
        address: AT,
      },
      { name: '.data', bytes: table, address: bins },
    ],
    symbols: [
      ['rumprun_main0', AT + 0x40],
      ['rumprun_bins', bins],
    ],
  })
}

export function sampleRumprunObject(): Uint8Array<ArrayBuffer> {
  return makeElf({
    type: 1,
    sections: [
      { name: '.text', bytes: CODE.subarray(0, 16) },
      { name: '.note.rumprun.bakerecipe', type: 7, bytes: sampleNote('rumpkernel.org', 0x101, RECIPE) },
    ],
  })
}

export function sampleGenode(): Uint8Array<ArrayBuffer> {
  const modules = AT + 0x100
  const headers = new ByteWriter(0x60)
    .u64(0, BigInt(modules + 0x40))
    .u64(8, BigInt(AT))
    .u64(16, 64n)
    .u64(24, BigInt(modules + 0x48))
    .put(0x40, ascii('core\0\0\0\0init\0')).bytes
  return makeElf({
    entry: AT + 0x20,
    sections: [
      { name: '.text', bytes: join(multibootHeader(3, AT), CODE.subarray(32)), address: AT },
      { name: '.data', bytes: headers, address: modules },
    ],
    symbols: [
      ['_boot_modules_headers_begin', modules],
      ['_boot_modules_headers_end', modules + 48],
    ],
  })
}

export function sampleBzImage(payload: Uint8Array = new Uint8Array(64)): Uint8Array<ArrayBuffer> {
  const version = ascii('6.1.0-1-amd64 (builder@example.org) #1 SMP\0')
  return new ByteWriter(1024 + 64 + payload.length)
    .u8(0x1f1, 1)
    .u16(0x1fe, 0xaa55)
    .put(0x202, ascii('HdrS'))
    .u16(0x206, 0x020f)
    .u16(0x20e, 0x100)
    .u8(0x211, 1)
    .u32(0x230, 0x200000)
    .u8(0x234, 1)
    .u16(0x236, 0x3f)
    .u32(0x238, 2047)
    .u32(0x248, 64)
    .u32(0x24c, payload.length)
    .u64(0x258, 0x1000000n)
    .u32(0x260, 0x2000000)
    .put(0x300, version)
    .put(1024 + 64, payload).bytes
}

export function sampleVmlinux(): Uint8Array<ArrayBuffer> {
  return makeElf({
    entry: 0x1000000,
    physicalOffset: 0x1000000 - 0x81000000,
    sections: [
      { name: '.text', bytes: CODE, address: 0x81000000 },
      {
        name: '.rodata',
        bytes: ascii('Linux version %s\0Linux version 6.1.0-1-amd64 (x@y) #1 SMP\n\0'),
        address: 0x81000100,
      },
      {
        name: '.notes',
        type: 7,
        note: true,
        address: 0x81000180,
        bytes: join(
          sampleNote('Xen', 6, ascii('linux\0')),
          sampleNote('Xen', 8, ascii('generic\0')),
          sampleNote('Xen', 18, new ByteWriter(8).u64(0, 0x1000020n).bytes),
          sampleNote('Linux', 0x101, new Uint8Array(4)),
        ),
      },
    ],
  })
}

export function sampleArm64Image(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(512)
    .u64(16, 0x2000n)
    .put(56, ascii('ARM\x64'))
    .put(0x100, ascii('Linux version 6.6.0 (x@y)\n\0')).bytes
}

/** PE32+ with the sections of a unified kernel image. */
export function samplePe(): Uint8Array<ArrayBuffer> {
  const sections = [
    ['.text', 0x1000, 0x400, '', 0x60000020],
    ['.cmdline', 0x2000, 0x600, 'root=/dev/vda1 quiet', 0x40000040],
    ['.linux', 0x3000, 0x700, 'MZ', 0x40000040],
  ] as const
  const writer = new ByteWriter(0x800)
    .put(0, ascii('MZ'))
    .u32(0x3c, 0x80)
    .put(0x80, ascii('PE\0\0'))
    .u16(0x84, 0x8664)
    .u16(0x86, sections.length)
    .u16(0x94, 0xf0)
    .u16(0x98, 0x20b)
    .u32(0x98 + 16, 0x1010)
    .u32(0x98 + 56, 0x4000)
    .u16(0x98 + 68, 10)
    .u32(0x98 + 108, 16)
  sections.forEach(([name, address, offset, text, characteristics], i) => {
    const at = 0x98 + 0xf0 + i * 40
    writer
      .put(at, ascii(name))
      .u32(at + 8, 0x100)
      .u32(at + 12, address)
      .u32(at + 16, 0x100)
      .u32(at + 20, offset)
    writer.u32(at + 36, characteristics).put(offset, ascii(text))
  })
  return writer.bytes
}

/** As Unikraft's build makes it: an ELF file behind a PE header with sections of an odd name. */
export function sampleUnikraftEfi(): Uint8Array<ArrayBuffer> {
  const header = samplePe().slice(0, 0x400)
  const view = new DataView(header.buffer)
  header.set(ascii('\0RDHP_KU'), 0x98 + 0xf0)
  view.setUint16(0x86, 1, true)
  view.setUint32(0x98 + 60, 0x400, true)
  return join(header, sampleUnikraft())
}

/** A disk of 64 MiB that leans on another file. */
export function sampleQcow2(): Uint8Array<ArrayBuffer> {
  const be32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
  return new ByteWriter(512)
    .put(0, ascii('QFI\xfb'))
    .put(4, be32(3))
    .put(12, be32(0x100))
    .put(16, be32(12))
    .put(20, be32(16))
    .put(28, be32(0x4000000))
    .put(0x100, ascii('/etc/passwd\0')).bytes
}

export function sampleGpt(): Uint8Array<ArrayBuffer> {
  const name = ascii('r\0o\0o\0t\0')
  return new ByteWriter(8192)
    .u8(450, 0xee)
    .u32(454, 1)
    .u32(458, 15)
    .u16(510, 0xaa55)
    .put(512, ascii('EFI PART'))
    .u64(512 + 72, 2n)
    .u32(512 + 80, 4)
    .u32(512 + 84, 128)
    .u32(1024, 0x0fc63daf)
    .u64(1024 + 32, 4n)
    .u64(1024 + 40, 9n)
    .put(1024 + 56, name).bytes
}

export function sampleMbr(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(8192).u8(446, 0x80).u8(450, 0x83).u32(454, 1).u32(458, 15).u16(510, 0xaa55).bytes
}

function sampleExt(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(4096)
    .u32(1028, 64)
    .u16(1080, 0xef53)
    .u32(1024 + 0x60, 0x40)
    .put(1024 + 0x78, ascii('data')).bytes
}

function sampleVhd(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(1024)
    .put(512, ascii('conectix'))
    .put(512 + 48, Uint8Array.of(0, 0, 0, 0, 0, 0x10))
    .u8(512 + 63, 2).bytes
}

const VMDK = ascii('# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 8192 FLAT "/dev/sda" 0\n')

function sampleTar(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(1024).put(0, ascii('root/etc/hosts')).put(257, ascii('ustar\x0000')).bytes
}

/** Valid files by what they are; several of a family where it has several forms. */
export const SAMPLES: ReadonlyMap<Family, readonly Uint8Array[]> = new Map([
  [
    'solo5',
    [sampleArtefact(), sampleArtefact({ target: 'xen', machine: 62 }), sampleArtefact({ target: 'hvt', machine: 183 })],
  ],
  [
    'launcher',
    [
      makeElf({
        entry: AT,
        sections: [
          { name: '.text', bytes: CODE, address: AT },
          {
            name: '.note',
            type: 7,
            note: true,
            bytes: sampleNote('Slipway', 0x3148434c, new ByteWriter(24).u32(0, 1).u32(4, 1).bytes),
          },
        ],
      }),
    ],
  ],
  ['unikraft', [sampleUnikraft(), sampleOldUnikraft(), sampleUnikraftEfi()]],
  ['rumprun', [sampleRumprun(), sampleRumprunObject()]],
  ['linux', [sampleBzImage(), sampleVmlinux(), sampleArm64Image()]],
  [
    'xen',
    [
      makeElf({
        entry: AT,
        sections: [
          { name: '.text', bytes: CODE, address: AT },
          { name: '.note.Xen', type: 7, note: true, bytes: XEN_PV, address: AT + 0x100 },
        ],
      }),
      makeElf({
        class: 32,
        sections: [
          { name: '.text', bytes: CODE, address: 0 },
          { name: '__xen_guest', bytes: ascii('GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0,LOADER=generic\0') },
        ],
      }),
    ],
  ],
  [
    'multiboot',
    [
      makeElf({
        class: 32,
        entry: AT,
        sections: [{ name: '.text', bytes: join(multibootHeader(3), CODE), address: AT }],
      }),
      makeElf({ class: 32, entry: AT, sections: [{ name: '.text', bytes: join(MULTIBOOT2, CODE), address: AT }] }),
      join(multibootHeader(3, AT), CODE),
    ],
  ],
  [
    'genode',
    [
      sampleGenode(),
      makeElf({ entry: AT, interpreter: 'ld.lib.so', sections: [{ name: '.text', bytes: CODE, address: AT }] }),
    ],
  ],
  ['muen', [join(Uint8Array.of(0x5e, 0xb6, 0x8c, 0x44, 0xa2, 0x5f, 0xdc, 0x8a), new Uint8Array(64))]],
  ['efi', [samplePe()]],
  [
    'program',
    [
      makeElf({
        entry: AT,
        interpreter: '/lib64/ld-linux-x86-64.so.2',
        sections: [{ name: '.text', bytes: CODE, address: AT }],
      }),
      makeElf({ class: 32, entry: AT, sections: [{ name: '.text', bytes: CODE, address: AT }] }),
      makeElf({ type: 1, sections: [{ name: '.text', bytes: CODE }], symbols: [['main', 0]] }),
    ],
  ],
  ['disk', [sampleQcow2(), sampleGpt(), sampleMbr(), sampleExt(), sampleVhd(), VMDK]],
  [
    'archive',
    [
      sampleTar(),
      ascii(`070701${'0'.repeat(104)}TRAILER!!!\0`),
      Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ],
  ],
  ['unknown', [ascii('#!/bin/sh\necho no unikernel\n'), new Uint8Array(600), Uint8Array.of(0xde, 0xad, 0xbe, 0xef)]],
])

// A small file of every family, without compilers and tools: for the tests and the fuzzer. What the real ones look like is in
// test/inspect/, which makes and finds such. Pure.

import { ByteWriter } from '../base/writer.ts'
import { makeElf } from '../elf/sample-file.ts'
import type { Family } from './identification.ts'
import { sampleArtefact } from './sample.ts'
import { sampleArm64Image, sampleBzImage, samplePe, sampleVmlinux } from './sample-boot.ts'
import { ascii, join, multibootHeader, sampleNote } from './sample-bytes.ts'
import { sampleExt, sampleGpt, sampleMbr, sampleQcow2, sampleTar, sampleVhd, VMDK } from './sample-disks.ts'

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

/** As Unikraft's build makes it: an ELF file behind a PE header with sections of an odd name. */
export function sampleUnikraftEfi(): Uint8Array<ArrayBuffer> {
  const header = samplePe().slice(0, 0x400)
  const view = new DataView(header.buffer)
  header.set(ascii('\0RDHP_KU'), 0x98 + 0xf0)
  view.setUint16(0x86, 1, true)
  view.setUint32(0x98 + 60, 0x400, true)
  return join(header, sampleUnikraft())
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

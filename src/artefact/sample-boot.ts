// Linux kernels and an EFI application as their loaders read them: for the tests and the fuzzer. Pure.

import { ByteWriter } from '../base/writer.ts'
import { makeElf } from '../elf/sample-file.ts'
import { ascii, join, sampleNote } from './sample-bytes.ts'

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
      { name: '.text', bytes: new Uint8Array(0x100).fill(0x90), address: 0x81000000 },
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

// Disk images and archives without the tools that make them: for the tests and the fuzzer. Pure.

import { ByteWriter } from '../base/writer.ts'
import { ascii } from './sample-bytes.ts'

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

export function sampleExt(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(4096)
    .u32(1028, 64)
    .u16(1080, 0xef53)
    .u32(1024 + 0x60, 0x40)
    .put(1024 + 0x78, ascii('data')).bytes
}

export function sampleVhd(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(1024)
    .put(512, ascii('conectix'))
    .put(512 + 48, Uint8Array.of(0, 0, 0, 0, 0, 0x10))
    .u8(512 + 63, 2).bytes
}

export const VMDK = ascii('# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 8192 FLAT "/dev/sda" 0\n')

export function sampleTar(): Uint8Array<ArrayBuffer> {
  return new ByteWriter(1024).put(0, ascii('root/etc/hosts')).put(257, ascii('ustar\x0000')).bytes
}

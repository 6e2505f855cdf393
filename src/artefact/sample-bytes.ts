// Pieces of sample files. Pure.

import { ByteWriter } from '../base/writer.ts'

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

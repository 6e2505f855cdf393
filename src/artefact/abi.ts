// The Solo5 "ABI1" note: which target a unikernel is linked for, and the version of the contract (docs/spec/manifest.md;
// Solo5's elf_abi.h). The bytes come out of a file that somebody handed us.

import { FormatError } from '../base/errors.ts'
import type { ByteReader } from '../base/reader.ts'
import { encodeSolo5Note } from './_note.ts'
import { ByteWriter } from '../base/writer.ts'

/** n_type: "ABI1" in ASCII. */
export const ABI_NOTE_TYPE = 0x31494241
/** Four words are defined; readers leave room for as many again. */
export const MAX_ABI_DESCRIPTOR = 32
export const ABI_DESCRIPTOR_SIZE = 16

/** Where the version lies in the descriptor. */
export const ABI_VERSION_AT = 4

/** In the order of their numbers, which begin at 1. Genode was removed from Solo5; its number stays taken. */
const TARGETS = ['hvt', 'spt', 'virtio', 'muen', 'genode', 'xen'] as const

export type Target = (typeof TARGETS)[number]

export interface Abi {
  readonly target: Target
  readonly version: number
}

/**
 * Decodes the descriptor of an ABI1 note, which must have 16 to 32 bytes. What follows target and version is reserved and
 * accepted whatever it is. Throws FormatError, and nothing else, whatever the bytes are.
 */
export function decodeAbi(descriptor: ByteReader): Abi {
  const size = descriptor.length
  descriptor.check(size >= ABI_DESCRIPTOR_SIZE, 'TRUNCATED', 0, 'abi', `has ${size} bytes, not the 16 of an ABI1 note`)
  descriptor.check(size <= MAX_ABI_DESCRIPTOR, 'LIMIT', 0, 'abi', `has ${size} bytes, more than ${MAX_ABI_DESCRIPTOR}`)
  const number = descriptor.u32(0, 'abi.target')
  const target = targetOf(number)
  if (target === undefined) {
    const problem = `is ${number}, known are 1 to ${TARGETS.length}`
    throw new FormatError('UNSUPPORTED', 'abi.target', descriptor.origin, problem)
  }
  return { target, version: descriptor.u32(ABI_VERSION_AT, 'abi.version') }
}

/** The target that a number stands for. */
export function targetOf(number: number): Target | undefined {
  return TARGETS[number - 1]
}

/**
 * A whole ABI1 note, 36 bytes.
 *
 * @example
 * ```ts
 * encodeAbiNote({ target: 'spt', version: 2 })
 * ```
 */
export function encodeAbiNote(abi: Abi): Uint8Array<ArrayBuffer> {
  const descriptor = new ByteWriter(ABI_DESCRIPTOR_SIZE)
    .u32(0, TARGETS.indexOf(abi.target) + 1)
    .u32(ABI_VERSION_AT, abi.version)
  return encodeSolo5Note(ABI_NOTE_TYPE, descriptor.bytes)
}

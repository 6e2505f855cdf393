// Numbers and strings out of files, as the reports show them. Pure.

import { FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'

export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`
}

/** A character for each byte, up to the first NUL. It still has to be quoted. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return latin1(end < 0 ? bytes : bytes.subarray(0, end))
}

/** A character for each byte. At most some thousand of them: they become arguments of one call. */
export function latin1(bytes: Uint8Array): string {
  // Not spread: that would walk an iterator, for four times as long.
  return String.fromCharCode.apply(undefined, bytes as unknown as number[])
}

/** At most `most` bytes from a place, fewer where the file ends sooner, none where it has ended before. */
export function peek(source: Source, offset: number, most: number): Uint8Array {
  if (offset >= source.size) return new Uint8Array()
  return source.readAt(offset, Math.min(most, source.size - offset))
}

/** The rest of a file as one of its own. */
export function sourceFrom(source: Source, offset: number): Source {
  return { size: Math.max(0, source.size - offset), readAt: (at, length) => source.readAt(offset + at, length) }
}

/** Whether these bytes stand at a place. */
export function hasBytes(source: Source, offset: number, wanted: string): boolean {
  if (offset < 0 || offset > source.size - wanted.length) return false
  const bytes = source.readAt(offset, wanted.length)
  for (let i = 0; i < wanted.length; i++) if (bytes[i] !== wanted.charCodeAt(i)) return false
  return true
}

/** What `read` returns, undefined where the bytes do not allow it: for what is worth a look and not worth a refusal. */
export function tryRead<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

const SCAN_STEP = 256 * 1024 // bytes held at once

/**
 * Where an ASCII text first stands between two places, undefined where it does not. Reads in windows, so a file may be large; the caller
 * says how far it is worth looking.
 */
export function scanFor(source: Source, text: string, range: { from: number; to: number }): number | undefined {
  const end = Math.min(range.to, source.size)
  const needle = Uint8Array.from(text, (char) => char.charCodeAt(0))
  for (let at = range.from; at + needle.length <= end; at += SCAN_STEP) {
    const bytes = peek(source, at, Math.min(SCAN_STEP + needle.length - 1, end - at))
    const found = indexOf(bytes, needle)
    if (found >= 0) return at + found
  }
  return undefined
}

/** Where some bytes stand in others, -1 where they do not. */
export function indexOf(bytes: Uint8Array, needle: Uint8Array, from = 0): number {
  const [first = 0] = needle
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let i = 1
    while (i < needle.length && bytes[at + i] === needle[i]) i++
    if (i === needle.length) return at
  }
  return -1
}

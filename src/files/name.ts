// Names of files as strings. On disk they are bytes, and not always UTF-8: what is no UTF-8 becomes one surrogate a byte (0xff is U+DCFF), which
// no valid text has, so that nothing is lost on the way there and back. Pure.

/** NAME_MAX of Linux: what any of its file systems can hold. Bytes. */
export const MAX_NAME = 255
/** PATH_MAX of Linux less its NUL: no program could open what lies deeper by its whole path. Bytes. */
export const MAX_PATH = 4095

const ESCAPE = 0xdc00
const ASCII = /^[\0-\x7f]*$/
/** Half of a pair without its other half. */
const LONE = /\p{Surrogate}/u
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** The name of these bytes. */
export function nameOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return escapeInvalid(bytes)
  }
}

/** The bytes of a name: what `nameOf` was given. Other surrogates, which no name of a file has, become U+FFFD as everywhere. */
export function bytesOf(name: string): Uint8Array {
  // Most names are ASCII and short: what an encoder takes to start is more than this takes.
  const plain = new Uint8Array(name.length)
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code > 0x7f) return bytesOfOthers(name)
    plain[i] = code
  }
  return plain
}

function bytesOfOthers(name: string): Uint8Array {
  if (isUtf8(name)) return encoder.encode(name)
  const bytes: number[] = []
  for (const char of name) {
    const code = char.codePointAt(0) as number
    if (isEscape(code)) bytes.push(code - ESCAPE)
    else bytes.push(...encoder.encode(char))
  }
  return Uint8Array.from(bytes)
}

export function isUtf8(name: string): boolean {
  return !LONE.test(name)
}

/** UTF-16 and UTF-8 have one order below the surrogates. */
const BEYOND = /[\ud800-\uffff]/

/** By their bytes, as `sort` does in the C locale: the same order on every machine. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0
  if (!BEYOND.test(a) && !BEYOND.test(b)) return a < b ? -1 : 1
  const [left, right] = [bytesOf(a), bytesOf(b)]
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const difference = (left[i] as number) - (right[i] as number)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Puts them into the order of `compareNames`, which is nearly always the one that JavaScript has by itself. */
export function sortNames(names: string[]): string[] {
  return names.some((name) => BEYOND.test(name)) ? names.sort(compareNames) : names.sort()
}

/** What is wrong with a name in a directory, or undefined. */
export function problemOfName(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return `is “${name}”, which every directory has already`
  if (name.includes('/')) return 'has a slash in it'
  if (name.includes('\0')) return 'has a NUL in it'
  const length = byteLength(name)
  return length > MAX_NAME ? `has ${length} bytes, at most ${MAX_NAME} are possible` : undefined
}

export function byteLength(name: string): number {
  if (ASCII.test(name)) return name.length
  return bytesOf(name).length
}

function isEscape(code: number): boolean {
  return code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff
}

/** The longest valid sequences stay text, each other byte is escaped. */
function escapeInvalid(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    text +=
      length === 0
        ? String.fromCharCode(ESCAPE + (bytes[at] as number))
        : decoder.decode(bytes.subarray(at, at + length))
    at += Math.max(length, 1)
  }
  return text
}

/** Where the second byte has less room than the others. */
const SECOND: ReadonlyMap<number, readonly [lowest: number, highest: number]> = new Map([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
])

/** Bytes of the UTF-8 sequence that begins at `at`; 0 where none does (RFC 3629, section 4). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const length = 2 + Number(first >= 0xe0) + Number(first >= 0xf0)
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0
  const second = bytes[at + 1] as number
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const [lowest, highest] = SECOND.get(first) ?? [0x80, 0xbf]
  if (second < lowest || second > highest) return 0
  for (let i = 2; i < length; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0
  return length
}

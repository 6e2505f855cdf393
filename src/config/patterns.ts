// What texts in a configuration look like. The reader and the published schema use the same expressions, so neither accepts what the other
// refuses. All are anchored, and none can backtrack over a long text. Pure.

/** A regular expression (flag `u`) and, in words, what it accepts. */
export type TextRule = {
  readonly pattern: string
  /** Continues "is "x", not …". */
  readonly what: string
  /** Characters. */
  readonly most: number
}

const BYTE = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const IPV4 = `(?:${BYTE}\\.){3}${BYTE}`

/** RFC 3986, which gives the grammar of RFC 4291's texts. No zones: they name interfaces of one machine. */
const IPV6 = ipv6Pattern()

function ipv6Pattern(): string {
  const group = '[0-9A-Fa-f]{1,4}'
  const last = `(?:${group}:${group}|${IPV4})`
  const forms = [`(?:${group}:){6}${last}`]
  for (let before = 0; before <= 5; before++) {
    const head = before === 0 ? '' : `(?:(?:${group}:){0,${before - 1}}${group})?`
    forms.push(`${head}::(?:${group}:){${5 - before}}${last}`)
  }
  forms.push(`(?:(?:${group}:){0,5}${group})?::${group}`, `(?:(?:${group}:){0,6}${group})?::`)
  return `(?:${forms.join('|')})`
}

const PREFIX4 = '(?:3[0-2]|[12][0-9]|[1-9])'
const PREFIX6 = '(?:12[0-8]|1[01][0-9]|[1-9][0-9]|[1-9])'
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const HOST = `${LABEL}(?:\\.${LABEL})*`
/** No NUL, which ends a string in every guest, and no half of a character, which no guest can be told. */
const ANY = '[^\\u0000\\p{Cs}]'
/** What a path, a name or a word may hold beside that: nothing that moves a cursor. */
const PLAIN = '[^\\p{Cc}\\p{Cs}]'

const rule = (pattern: string, what: string, most: number): TextRule => ({ pattern: `^(?:${pattern})$`, what, most })

/** Characters. Command lines end at 8191 bytes, the largest document that a guest reads has 64 KiB. */
const MAX_TEXT = 65_536
const MAX_PATH = 1023 // MAXPATHLEN of NetBSD less its NUL
const MAX_HOST = 253 // RFC 1035
const MAX_NAME = 67 // as device names of Solo5, which interfaces are called after

export const WORD: TextRule = rule(`${ANY}*`, 'text without NUL', MAX_TEXT)
export const PROGRAM: TextRule = rule(`${PLAIN}+`, 'the name of a program, or *', 255)
export const VARIABLE: TextRule = rule('[^=\\p{Cc}\\p{Cs}]+', 'the name of a variable: no = and no controls', 255)
export const HOST_NAME: TextRule = rule(HOST, 'a host name: letters, digits and -, in parts between dots', MAX_HOST)
export const DOMAIN: TextRule = { ...HOST_NAME, what: 'a domain: letters, digits and -, in parts between dots' }
export const INTERFACE: TextRule = rule(
  '[A-Za-z0-9][A-Za-z0-9_.-]*',
  'the name of an interface: letters, digits, _, . and -',
  MAX_NAME,
)
export const INTERFACE_ADDRESS: TextRule = rule(
  `${IPV4}/${PREFIX4}|${IPV6}/${PREFIX6}`,
  'an address with the length of its prefix, such as 10.0.0.2/24 or fd00::2/64',
  49,
)
export const ADDRESS: TextRule = rule(`${IPV4}|${IPV6}`, 'an address, such as 10.0.0.1 or fd00::1', 45)
export const SERVER: TextRule = rule(`${IPV4}|${IPV6}|${HOST}`, 'an address or a host name', MAX_HOST)
/** Without `.`, `..`, `//` and a slash at the end, so that one directory has one spelling. */
export const DIRECTORY: TextRule = rule(
  '/|(?:/(?!\\.{1,2}(?:/|$))[^/\\p{Cc}\\p{Cs}]+)+',
  'an absolute path without .. and // in it',
  MAX_PATH,
)
export const PATH: TextRule = rule(`${PLAIN}+`, 'a path', MAX_PATH)
export const TAG: TextRule = rule(`${PLAIN}+`, 'the tag of a shared directory', 255)
export const DEVICE: TextRule = rule(
  '[A-Za-z][A-Za-z0-9]*',
  'the name of a device: letters and digits, a letter first',
  31,
)
export const FILE_SYSTEM: TextRule = rule('[a-z0-9_]+', 'the name of a kind of file system', 31)
export const SYSCTL: TextRule = rule(
  '[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)*',
  'the name of a sysctl node: parts between dots',
  255,
)
export const SYSCTL_TEXT: TextRule = { ...WORD, most: 1023 }
export const LOG_LEVEL: TextRule = rule(
  '(?:[A-Za-z0-9_.*-]+:)?(?:quiet|app|error|warning|info|debug)',
  'a log level such as info or tcp:debug (quiet, app, error, warning, info, debug)',
  255,
)
export const PREFIX: TextRule = rule('(?:[a-z][a-z0-9-]*)?', 'a prefix of arguments: letters, digits and -', MAX_NAME)
export const PARAMETER: TextRule = rule(`${PLAIN}+`, 'a parameter', 4096)
/** Digits, then at most one unit; no unit means bytes, as rumprun has it. What these accept can be counted (2^53). */
export const TMPFS_SIZE: TextRule = rule(
  '[1-9][0-9]{0,14}[bB]?|[1-9][0-9]{0,11}[kK]|[1-9][0-9]{0,8}[mM]|[1-9][0-9]{0,5}[gG]',
  'a size such as 64M',
  16,
)
export const MEMORY: TextRule = rule(
  '[1-9][0-9]{0,11}[kK]|[1-9][0-9]{0,8}[mM]|[1-9][0-9]{0,5}[gG]|[1-9][0-9]{0,2}[tT]',
  'an amount of memory such as 64M or 2G',
  13,
)
export const SECRET: TextRule = rule(
  'env:[^=\\p{Cc}\\p{Cs}]+|file:/[^\\p{Cc}\\p{Cs}]+',
  'env:NAME or file:/PATH',
  MAX_PATH + 5,
)

const compiled = new Map<string, RegExp>()

export function fits(text: string, { pattern, most }: TextRule): boolean {
  let expression = compiled.get(pattern)
  if (expression === undefined) {
    expression = new RegExp(pattern, 'u')
    compiled.set(pattern, expression)
  }
  return charactersOf(text) <= most && expression.test(text)
}

/** As JSON Schema counts: a pair of surrogates is one. */
function charactersOf(text: string): number {
  let pairs = 0
  for (let i = 0; i < text.length; i++) if ((text.codePointAt(i) as number) > 0xffff) pairs++
  return text.length - pairs
}

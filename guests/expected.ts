// Reads a guest's expected.txt: what must happen when it is run with certain arguments. README.md describes the format.
// The files are our own; a mistake in one is a plain Error with the number of the line.

import { quote } from '../src/base/quote.ts'
import { type ExpectedBlock, type ExpectedNet, parseBlocks, parseNets } from './expected-devices.ts'

const DEFAULT_MEMORY = 512 // MiB, as tenders do
const KEY_LINE = /^([a-z-]+):(?: (.*))?$/
const SIGNAL = /^SIG[A-Z0-9]+$/

/** One run of a guest and what it must come to. */
export interface Expectation {
  /** Where in the file it begins, from 1. */
  readonly line: number
  /** Words that a launcher must deliver as they are, or a command line to be handed over without touching it. */
  readonly command: { readonly words: readonly string[] } | { readonly raw: string }
  /** Guest memory in MiB. */
  readonly memory: number
  /** The disks to wire, each a new image. */
  readonly blocks: readonly ExpectedBlock[]
  /** The networks to wire, each to a peer's socket. */
  readonly nets: readonly ExpectedNet[]
  /** What the peer at their other ends does (the arguments of test/support/ethernet-peer.py); it must find nothing wrong. */
  readonly peer: readonly string[]
  /** The signal to send as soon as the text has appeared on standard output; without it the guest ends by itself. */
  readonly send: { readonly signal: string; readonly after: string } | undefined
  /** The exit status, or the signals any one of which may be what killed it. */
  readonly ending: { readonly status: number } | { readonly signals: readonly string[] }
  /** All of standard output, if it is given. */
  readonly stdout: string | undefined
  /** Texts that must occur in standard output. */
  readonly stdoutContains: readonly string[]
}

type Draft = { -readonly [K in keyof Expectation]?: Expectation[K] } & {
  line: number
  contains: string[]
  blocks: ExpectedBlock[]
  nets: ExpectedNet[]
}

/**
 * The expectations in a file, in order. Throws an Error whose message begins with `line N: `.
 *
 * @example
 * ```ts
 * parseExpected('run: 7\nstatus: 7\n')[0]?.ending // { status: 7 }
 * ```
 */
export function parseExpected(text: string): Expectation[] {
  const drafts: Draft[] = []
  let inOutput = false // after `stdout:`, as long as lines with a bar follow
  text.split('\n').forEach((content, index) => {
    const line = index + 1
    const draft = drafts.at(-1)
    if (content.startsWith('|')) {
      require(inOutput && draft !== undefined, line, 'a line of output without a stdout: before it')
      draft.stdout += `${outputLine(content, line)}\n`
      return
    }
    inOutput = false
    if (content === '' || content.startsWith('#')) return
    const [, key = '', value = ''] = KEY_LINE.exec(content) ?? []
    require(key !== '', line, `neither a key nor output nor a comment: ${quote(content)}`)
    if (key === 'run') drafts.push({ ...empty(line), command: { words: splitWords(value, line) } })
    else if (key === 'raw') drafts.push({ ...empty(line), command: { raw: value } })
    else {
      require(draft !== undefined, line, `${key}: before the first run: or raw:`)
      apply(draft, key, value, line)
      inOutput = key === 'stdout'
    }
  })
  require(drafts.length > 0, 1, 'nothing is expected')
  return drafts.map(finish)
}

function empty(line: number): Draft {
  return { line, contains: [], blocks: [], nets: [] }
}

function apply(draft: Draft, key: string, value: string, line: number): void {
  const once = (absent: boolean): void => require(absent, line, `${key}: contradicts or repeats an earlier line`)
  switch (key) {
    case 'mem':
      once(draft.memory === undefined)
      draft.memory = parseMemory(value, line)
      break
    case 'block':
      draft.blocks.push(...parseBlocks(value, (problem) => refuse(line, problem)))
      break
    case 'net':
      draft.nets.push(...parseNets(value, (problem) => refuse(line, problem)))
      break
    case 'peer':
      once(draft.peer === undefined)
      draft.peer = splitWords(value, line)
      break
    case 'send':
      once(draft.send === undefined)
      draft.send = parseSend(value, line)
      break
    case 'status':
      once(draft.ending === undefined)
      draft.ending = { status: parseStatus(value, line) }
      break
    case 'signal':
      once(draft.ending === undefined)
      draft.ending = { signals: value.split(' ').map((name) => parseSignal(name, line)) }
      break
    case 'stdout':
      once(draft.stdout === undefined)
      require(value === '', line, 'the text of stdout: goes into lines of its own, each after "| "')
      draft.stdout = ''
      break
    case 'stdout-contains':
      require(value !== '', line, 'stdout-contains: needs a text')
      draft.contains.push(value)
      break
    default:
      require(false, line, `unknown key ${quote(key)}`)
  }
}

function finish(draft: Draft): Expectation {
  const { line, command, ending, send, stdout, contains, memory = DEFAULT_MEMORY, blocks, nets, peer = [] } = draft
  require(command !== undefined && ending !== undefined, line, 'neither status: nor signal: says how it ends')
  require(draft.peer === undefined || nets.length > 0, line, 'a peer: without a net: that it is the other end of')
  return { line, command, memory, blocks, nets, peer, send, ending, stdout, stdoutContains: contains }
}

function outputLine(content: string, line: number): string {
  require(content === '|' || content.startsWith('| '), line, 'a space must follow the bar')
  return content.slice(2)
}

function parseMemory(value: string, line: number): number {
  require(/^[1-9]\d{0,6}M$/.test(value), line, `a size is written like 16M, not ${quote(value)}`)
  return Number(value.slice(0, -1))
}

function parseStatus(value: string, line: number): number {
  const status = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN
  require(status <= 255, line, `a status is a number from 0 to 255, not ${quote(value)}`)
  return status
}

function parseSignal(name: string, line: number): string {
  require(SIGNAL.test(name), line, `a signal is written like SIGSEGV, not ${quote(name)}`)
  return name
}

function parseSend(value: string, line: number): { signal: string; after: string } {
  const [, signal = '', after = ''] = /^(\S+) after (.+)$/.exec(value) ?? []
  require(after !== '', line, `written like "SIGTERM after READY", not ${quote(value)}`)
  return { signal: parseSignal(signal, line), after }
}

// As a shell does it: single quotes take everything, double quotes all but backslash, a backslash the next character.
function splitWords(value: string, line: number): string[] {
  const words: string[] = []
  let word: string | undefined
  let quoted = ''
  for (let at = 0; at < value.length; at++) {
    let char = value.charAt(at)
    if (char === quoted) {
      quoted = ''
    } else if (quoted === '' && (char === "'" || char === '"')) {
      quoted = char
      word ??= ''
    } else if (quoted === '' && char === ' ') {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      if (char === '\\' && quoted !== "'") char = value.charAt(++at)
      require(char !== '', line, 'ends after a backslash')
      word = (word ?? '') + char
    }
  }
  require(quoted === '', line, 'a quotation mark is not closed')
  return word === undefined ? words : [...words, word]
}

function require(holds: boolean, line: number, problem: string): asserts holds {
  if (!holds) refuse(line, problem)
}

function refuse(line: number, problem: string): never {
  throw new Error(`line ${line}: ${problem}`)
}

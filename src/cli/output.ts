// Words for people: where they go, and how errors look.

import { styleText } from 'node:util'
import { FormatError, SlipwayError } from '../base/errors.ts'
import { escapeControls, quote } from '../base/quote.ts'
import { hostError } from '../host/errors.ts'
import { writeError, writeOut } from '../host/streams.ts'

/** Slipway failed before the guest ran; as Docker's. */
export const EXIT_FAILED = 125

/** 128 and SIGPIPE, as programs end that find nobody reading. */
export const EXIT_BROKEN_PIPE = 141

export type Style = (format: 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan', text: string) => string

/** Colours where the stream is a terminal and nobody objects (https://no-color.org). */
export function styleFor(stream: 'stdout' | 'stderr'): Style {
  const wanted = process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb' && process[stream].isTTY
  return wanted ? (format, text) => styleText(format, text) : (_, text) => text
}

/** Characters of a line, where a terminal says so; elsewhere lines are as long as they are. */
export function widthOf(stream: 'stdout' | 'stderr'): number {
  return process[stream].isTTY ? process[stream].columns : Number.POSITIVE_INFINITY
}

/** Prints a result. Where that fails, the status says so: as by a signal where the reader is gone, else 125 and a line. */
export function print(text: string | Uint8Array): void {
  try {
    writeOut(text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exitCode = EXIT_BROKEN_PIPE
    else fail(hostError('cannot write to standard output', error))
  }
}

/** One line that says what is wrong, then advice on a line of its own. Text from outside has been quoted where it was put in. */
export function describeError(error: unknown, file?: string): string {
  if (error instanceof SlipwayError) {
    const about = error instanceof FormatError && file !== undefined ? `${quote(file)}: ` : ''
    const advice = error.advice === undefined ? '' : `\n  ${oneLine(error.advice)}`
    return `slipway: ${about}${oneLine(error.message)}${advice}\n`
  }
  // Our own bug: the stack is what helps whoever mends it.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `slipway: internal error, please report it: ${escapeControls(detail, '', '\n')}\n`
}

/** Says what is wrong, with the file that it is about where that is known, and leaves 125. */
export function fail(error: unknown, file?: string): void {
  writeError(describeError(error, file))
  process.exitCode = EXIT_FAILED
}

/** What is worth knowing and no error. */
export function tell(notes: readonly string[]): void {
  for (const note of new Set(notes)) writeError(`slipway: ${note}\n`)
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

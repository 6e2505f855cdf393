// Words for people: where they go, and how errors look.

import { styleText } from 'node:util'
import { SlipwayError } from '../base/errors.ts'
import { escapeControls } from '../base/quote.ts'
import { writeNow } from '../host/streams.ts'

/** Slipway failed before the guest ran; as Docker's. */
export const EXIT_FAILED = 125

export type Style = (format: 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan', text: string) => string

/** Colours where the stream is a terminal and nobody objects (https://no-color.org). */
export function styleFor(stream: 'stdout' | 'stderr'): Style {
  const wanted = process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb' && process[stream].isTTY
  return wanted ? (format, text) => styleText(format, text) : (_, text) => text
}

export function print(text: string): void {
  process.stdout.write(text)
}

/** One line that says what is wrong, then advice on a line of its own. Text from outside has been quoted where it was put in. */
export function describeError(error: unknown): string {
  if (error instanceof SlipwayError) {
    const advice = error.advice === undefined ? '' : `\n  ${oneLine(error.advice)}`
    return `slipway: ${oneLine(error.message)}${advice}\n`
  }
  // Our own bug: the stack is what helps whoever mends it.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `slipway: internal error, please report it: ${escapeControls(detail, '', '\n')}\n`
}

export function fail(error: unknown): void {
  writeNow(2, describeError(error))
  process.exitCode = EXIT_FAILED
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

// Words for people: where they go, and how errors look. Node's own stream objects are made only when something is printed through
// them, since making them changes descriptors that a guest may inherit (process.stdout makes pipes non-blocking).

import { writeSync } from 'node:fs'
import { styleText } from 'node:util'
import { SlipwayError } from '../base/errors.ts'
import { escapeControls } from '../base/quote.ts'

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
  writeError(describeError(error))
  process.exitCode = EXIT_FAILED
}

/** Written at once, so that it is out even if the process is about to end or to become something else. */
export function writeError(text: string): void {
  try {
    writeSync(2, text)
  } catch {
    // Nobody reads our errors: there is nobody to tell that to.
  }
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

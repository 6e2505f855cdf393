// A guest gets one string, people give words. MirageOS undoes this grammar (mirage-bootvar): a space separates words, a backslash
// makes the next character ordinary, double quotes group. Solo5's own tenders join words plainly, so that a word with a
// space falls apart. Pure.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'

/** Bytes that the bindings have room for, without the NUL. */
export const MAX_COMMAND_LINE = 8191

/**
 * The command line from which a guest that follows MirageOS's grammar reads exactly these words. Throws UsageError for words that the
 * grammar cannot say: an empty one (it vanishes) and one with a NUL.
 *
 * @example
 * ```ts
 * escapeWords(['--hello=a b', 'c"d']) // --hello=a\ b c\"d
 * ```
 */
export function escapeWords(words: readonly string[]): string {
  for (const [i, word] of words.entries()) {
    if (word === '') {
      const advice = 'leave it out, or give --raw-args and write the command line as the guest wants it'
      throw new UsageError('BAD_ARGUMENT', `guest argument ${i + 1} is empty, which a guest cannot be given`, advice)
    }
  }
  return checkCommandLine(words.map((word) => word.replaceAll(/[\\" ]/g, '\\$&')).join(' '))
}

/** The words with single spaces between them and nothing escaped: what Solo5's own tenders do. */
export function joinWords(words: readonly string[]): string {
  return checkCommandLine(words.join(' '))
}

/** A command line that a guest can be given: no NUL, no half of a character, not too long. Throws UsageError. */
export function checkCommandLine(line: string): string {
  if (/\p{Surrogate}/u.test(line)) {
    throw new UsageError('BAD_ARGUMENT', `the guest's command line is not well-formed Unicode: ${quote(line)}`)
  }
  if (line.includes('\0')) {
    throw new UsageError('BAD_ARGUMENT', `the guest's command line has a NUL in it: ${quote(line)}`)
  }
  const bytes = new TextEncoder().encode(line).length
  if (bytes > MAX_COMMAND_LINE) {
    const advice = 'put long settings into a file that the guest reads'
    throw new UsageError(
      'LIMIT',
      `the guest's command line is ${bytes} bytes long, at most ${MAX_COMMAND_LINE} fit`,
      advice,
    )
  }
  return line
}

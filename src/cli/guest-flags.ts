// Flags that every verb which plans a guest understands, and what they mean.

import { UsageError } from '../base/errors.ts'
import { parseSize } from '../base/size.ts'
import { joinWords } from '../config/command-line.ts'
import type { GuestOptions } from '../run/prepare.ts'

export type GuestFlags = { readonly mem?: number; readonly rawArgs?: boolean }

export const guestFlags = {
  mem: {
    kind: 'parsed',
    parse: (text: string) => parseSize(text, '--mem'),
    brief: 'Guest memory, such as 64M or 2G (512M if not given)',
    placeholder: 'SIZE',
    optional: true,
  },
  rawArgs: {
    kind: 'boolean',
    brief: 'Join the guest’s arguments as they are, unescaped',
    optional: true,
    withNegated: false,
  },
} as const

/** The artefact, then words for the guest. */
export const guestPositional = {
  kind: 'array',
  parameter: {
    brief: 'The artefact, then words for the guest, behind --',
    parse: String,
    placeholder: 'ARTEFACT [-- WORD]',
  },
  minimum: 1,
} as const

export function guestOptions(flags: GuestFlags, args: readonly string[]): GuestOptions {
  // Node.js has replaced bytes that are no UTF-8 by this character, so the guest would not get the words that were given.
  for (const [i, word] of args.entries()) {
    if (!word.includes('\ufffd')) continue
    throw new UsageError('BAD_ARGUMENT', `guest argument ${i + 1} is not valid UTF-8, or has a U+FFFD in it`)
  }
  const words = flags.rawArgs === true ? { commandLine: joinWords(args) } : { args }
  return { ...words, memory: flags.mem }
}

// The command line of a tender: options, a kernel, its arguments. It is looked at twice, because what an option means depends on the
// devices that the kernel declares. Pure.

import { escapeControls } from '../../base/quote.ts'
import { refuse, refuseUsage } from './refusal.ts'

/** To run a kernel. */
export type RunCall = {
  readonly options: readonly string[]
  readonly kernel: string
  readonly args: readonly string[]
}

/** The first look: what begins with `-` is an option, up to `--` or the kernel. Throws TenderError where there is no kernel. */
export function parseCall(words: readonly string[]): RunCall | 'help' | 'version' {
  let end = 0
  for (; end < words.length; end++) {
    const word = words[end] as string
    if (word === '--' || !word.startsWith('-')) break
    if (word === '--help') return 'help'
    if (word === '--version') return 'version'
  }
  const [kernel, ...args] = words.slice(words[end] === '--' ? end + 1 : end)
  if (kernel === undefined) return refuseUsage('Missing KERNEL operand')
  return { options: words.slice(0, end), kernel, args }
}

/**
 * The second look: the bytes of guest memory, the last `--mem=` counting, and everything else to `offer`, which says whether it was taken.
 * Throws TenderError. What follows a `--mem=` is offered in the same round, so that an attachment that fails there fails twice: a quirk of
 * the reference that shows in what it prints.
 */
export function applyOptions(options: readonly string[], offer: (option: string) => boolean): bigint {
  let memory = 512n << 20n
  for (let i = 0; i < options.length; ) {
    const option = options[i] as string
    const isMemory = option.startsWith('--mem=')
    if (isMemory) {
      memory = parseMemory(option)
      i++
    }
    const next = options[i]
    if (next !== undefined && offer(next)) i++
    else if (!isMemory) refuseUsage(`Invalid option: \`${escapeControls(option)}'`)
  }
  return memory
}

/** MiB as C's scanf() reads a number: what follows it is ignored, and one below zero is a very large one. Bytes. */
function parseMemory(option: string): bigint {
  const [, digits] = /^--mem=[ \t-\r]*([+-]?\d+)/.exec(option) ?? []
  const mebibytes = saturate(BigInt(digits ?? 0), -(2n ** 63n), 2n ** 63n - 1n)
  const bytes = BigInt.asUintN(64, mebibytes << 20n)
  return bytes === 0n ? refuse('Malformed argument to --mem') : bytes
}

export function saturate(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least) return least
  return value > most ? most : value
}

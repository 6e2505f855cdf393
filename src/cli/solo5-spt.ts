// slipway-solo5-spt: stands in for Solo5's tender of that name, with its grammar, messages and statuses, for scripts that exist
// (docs/decisions/2026-11-21-solo5-spt.md says where it is stricter). `slipway run` does more.

import { basename } from 'node:path'
import { FormatError, SlipwayError } from '../base/errors.ts'
import { escapeControls } from '../base/quote.ts'
import { MAX_COMMAND_LINE } from '../config/command-line.ts'
import { writeError } from '../host/streams.ts'
import { type GuestOptions, prepare } from '../run/prepare.ts'
import { become } from '../run/run.ts'
import { Attachments } from './solo5-spt/attachments.ts'
import { openKernel, readKernel, refuseKernel, requireMemory } from './solo5-spt/kernel.ts'
import { refuse, TenderError } from './solo5-spt/refusal.ts'
import { stayBeside } from './solo5-spt/stay-beside.ts'
import { usageText, versionText } from './solo5-spt/usage.ts'
import { applyOptions, parseCall, type RunCall } from './solo5-spt/words.ts'

const EXIT_FAILED = 1 // for everything, as the reference

const [, called = 'solo5-spt', ...words] = process.argv
const program = escapeControls(basename(called))
void main()

async function main(): Promise<void> {
  try {
    const call = parseCall(words)
    if (call === 'version') writeError(versionText(program))
    else if (call === 'help') throw new TenderError('', true)
    else await runKernel(call)
  } catch (error) {
    writeError(describe(error))
    process.exitCode = EXIT_FAILED
  }
}

async function runKernel(call: RunCall): Promise<void> {
  const options = readOptions(call)
  try {
    const prepared = prepare(call.kernel, options)
    become(prepared) // does not return where this process can become the guest
    prepared.file.close()
    process.exitCode = await stayBeside(call.kernel, options)
  } catch (error) {
    if (error instanceof FormatError) refuseKernel(call.kernel, error)
    throw error
  }
}

/** Everything that the reference checks, in its order. Nothing has been opened for the guest yet. */
function readOptions({ kernel, options, args }: RunCall): GuestOptions {
  const file = openKernel(kernel)
  try {
    const artefact = readKernel(file.source, kernel)
    const attachments = new Attachments(artefact.manifest.devices, warn)
    const memory = applyOptions(options, (option) => attachments.offer(option))
    requireMemory(artefact, memory, kernel)
    const wiring = attachments.setUp()
    const commandLine = args.join(' ')
    if (Buffer.byteLength(commandLine) > MAX_COMMAND_LINE) {
      refuse(`Guest command line too long (max=${MAX_COMMAND_LINE} characters)`)
    }
    // Node.js has replaced bytes that are no UTF-8 by this character, so the guest would not get what was given.
    if (commandLine.includes('\ufffd')) refuse('Guest command line is not valid UTF-8, or has a U+FFFD in it')
    const { executableHeap } = attachments
    // What is baked in is none of the original's business: it asks for a wire.
    return { commandLine, memory: Number(memory), wiring, withoutBaked: true, executableHeap }
  } finally {
    file.close()
  }
}

function warn(text: string): void {
  writeError(`${program}: ${text}\n`)
}

function describe(error: unknown): string {
  if (error instanceof SlipwayError) {
    const line = error.message === '' ? '' : `${program}: ${error.message.replaceAll('\n', ' ')}\n`
    return error instanceof TenderError && error.showUsage ? line + usageText(program) : line
  }
  // Our own bug: the stack is what helps whoever mends it.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${program}: internal error, please report it: ${escapeControls(detail, '', '\n')}\n`
}

// slipway-solo5-elftool: stands in for Solo5's own elftool, with its grammar, output, messages and statuses, for scripts that exist
// (docs/decisions/2026-11-21-elftool.md says where it is stricter). `slipway manifest` and `slipway inspect` do more.

import { basename } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { HostError, SlipwayError } from '../base/errors.ts'
import { escapeControls } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { VERSION } from '../base/version.ts'
import { openFile } from '../host/files.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { readInput } from '../host/read-input.ts'
import { writeError, writeOut } from '../host/streams.ts'
import { writeOutput } from '../host/write-output.ts'
import { writeManifestC } from '../artefact/manifest-object.ts'
import { queryAbi, queryManifest } from './solo5-elftool-query.ts'
import { refuse } from './solo5-elftool-refusal.ts'
import { readElftoolSource } from './solo5-elftool-source.ts'
import { strerror } from './strerror.ts'

const EXIT_FAILED = 1 // for everything, as the reference
const EXIT_BROKEN_PIPE = 141
const MAX_SOURCE = 16 * 2 ** 20 // bytes; a manifest has a few kilobytes

/** What can be asked for: by its name, with as many arguments as `run` takes. */
const COMMANDS: ReadonlyMap<string, (...args: string[]) => void> = new Map<string, (...args: string[]) => void>([
  ['gen-manifest', (source: string, output: string) => generate(source, output)],
  ['query-abi', (binary: string) => query(binary, queryAbi)],
  ['query-manifest', (binary: string) => query(binary, queryManifest)],
])

const [, program = 'solo5-elftool', name, ...args] = process.argv
const called = basename(program)
const command = COMMANDS.get(name ?? '')
if (command === undefined || args.length !== command.length) end(usage())
else attemptCommand(() => command(...args))

function usage(): string {
  return `usage: ${escapeControls(called)} COMMAND ...
${escapeControls(called)} version ${VERSION}

COMMAND is:
    gen-manifest SOURCE OUTPUT:
        Write the manifest of the JSON file SOURCE as C to OUTPUT ("-" for
        standard input and output).
    query-abi BINARY:
        Print the target that BINARY is linked for, and the ABI version.
    query-manifest BINARY:
        Print the devices that BINARY declares.
`
}

function generate(source: string, output: string): void {
  const bytes = orReason(source, 'Could not open for reading', () => readInput(source, MAX_SOURCE))
  const devices = readElftoolSource(bytes, source)
  const text = writeManifestC(devices, `${escapeControls(called)} ${VERSION}`)
  if (output === '-') return print(text)
  requireOtherFile(output, [source])
  orReason(output, 'Could not open for writing', () => writeOutput(output, new TextEncoder().encode(text)))
}

function query(binary: string, ask: (source: Source, file: string) => string): void {
  const file = orReason(binary, 'Could not open', () => openFile(binary))
  try {
    print(ask(file.source, binary))
  } finally {
    file.close()
  }
}

/** The reference does not look whether that worked. */
function print(text: string): void {
  try {
    writeOut(text)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EPIPE') process.exitCode = EXIT_BROKEN_PIPE
    else refuse(`cannot write to standard output: ${reasonFor(code)}`)
  }
}

/** What the system refuses, in the reference's words. */
function orReason<T>(file: string, problem: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
    if (error.code === 'NOT_A_FILE' && code !== 'ENXIO') return refuseUnreadable(file, problem)
    return refuse(`${escapeControls(file)}: ${code === undefined ? error.message : `${problem}: ${reasonFor(code)}`}`)
  }
}

/** A directory or a pipe: the reference opens it, and gives up when it reads. */
function refuseUnreadable(file: string, problem: string): never {
  if (problem === 'Could not open for reading') return refuse('premature EOF in JSON data')
  const returned = 'pread_in_full for elf header while loading note returned 18446744073709551615 < 0'
  return refuse(`${escapeControls(file)}: ${problem === 'Could not open' ? returned : `${problem}: Is a directory`}`)
}

function reasonFor(code: string): string {
  const known = [...getSystemErrorMap().values()].find(([name]) => name === code)
  return strerror(code, known?.[1])
}

function attemptCommand(run: () => void): void {
  try {
    run()
  } catch (error) {
    if (error instanceof SlipwayError) end(`${escapeControls(called)}: ${error.message}\n`)
    else {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      end(`${escapeControls(called)}: internal error, please report it: ${escapeControls(detail, '', '\n')}\n`)
    }
  }
}

function end(text: string): void {
  writeError(text)
  process.exitCode = EXIT_FAILED
}

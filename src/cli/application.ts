// What every bundle of the command shares: the words in which a mistake in calling it is told, the settings of Stricli's, and the way in.

import {
  type Application,
  type ApplicationText,
  ArgumentParseError,
  buildApplication,
  type CommandContext,
  ExitCode,
  type RouteMap,
  run,
  text_en,
} from '@stricli/core'
import { SlipwayError, UsageError } from '../base/errors.ts'
import { escapeControls, quote } from '../base/quote.ts'
import { VERSION } from '../base/version.ts'
import { writeError } from '../host/streams.ts'
import { describeError, EXIT_FAILED, fail, print } from './output.ts'

const text: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: ({ input, corrections }) =>
    usage(
      `there is no command ${quote(input)}`,
      corrections.length > 0 ? `did you mean ${corrections.join(' or ')}?` : HELP,
    ),
  exceptionWhileParsingArguments: (error) => {
    // A value that one of our own parsers refused comes wrapped; ours says more.
    if (error instanceof ArgumentParseError && error.exception instanceof SlipwayError) {
      return describeError(error.exception).trimEnd()
    }
    return usage(escapeControls(error instanceof Error ? error.message : String(error)), HELP)
  },
  exceptionWhileRunningCommand: (error) => describeError(error).trimEnd(),
  exceptionWhileLoadingCommandFunction: (error) => describeError(error).trimEnd(),
  exceptionWhileLoadingCommandContext: (error) => describeError(error).trimEnd(),
}

const HELP = 'see slipway --help'

function usage(problem: string, advice: string): string {
  return describeError(new UsageError('BAD_ARGUMENT', problem, advice)).trimEnd()
}

/** The command with these verbs. */
export function defineApplication(verbs: RouteMap<CommandContext>): Application<CommandContext> {
  return buildApplication<CommandContext>(verbs, {
    name: 'slipway',
    versionInfo: { currentVersion: VERSION },
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: { caseStyle: 'convert-camel-to-kebab', disableAnsiColor: true },
    localization: { defaultLocale: 'en', loadText: () => text },
    determineExitCode: () => EXIT_FAILED,
  })
}

/** A flag with nothing behind its `=` (an empty variable in a script): Stricli would take it for the artefact's name. */
function emptyFlag(words: readonly string[]): string | undefined {
  const end = words.indexOf('--')
  return words.slice(0, end < 0 ? words.length : end).find((word) => /^--[\w-]+=$/.test(word))
}

/** Parses, calls, and leaves the status in process.exitCode. */
export async function runApplication(app: Application<CommandContext>, words: readonly string[]): Promise<void> {
  const context = {
    process: {
      stdout: { write: print },
      stderr: { write: writeError },
      env: process.env,
      exitCode: null as number | string | null,
    },
  }
  const empty = emptyFlag(words)
  if (empty !== undefined) {
    return fail(
      new UsageError('MISSING_ARGUMENT', `${quote(empty)} has no value behind it`, 'give one, or leave the flag out'),
    )
  }
  // `slipway help run` is what many type first.
  await run(app, words[0] === 'help' ? [...words.slice(1), '--help'] : words, context)
  const code = Number(context.process.exitCode ?? 0)
  // Stricli's own codes are negative; all of them mean that nothing was started.
  if (code !== ExitCode.Success) process.exitCode = code < 0 ? EXIT_FAILED : code
}

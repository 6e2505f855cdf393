// The whole command: every verb there is. `slipway run` is parsed by run-app.ts instead, which is quicker to load.

import { buildRouteMap } from '@stricli/core'
import { defineApplication, runApplication } from './application.ts'
import { composeCommand } from './compose.ts'
import { inspectCommand } from './inspect.ts'
import { runCommand } from './run.ts'

export const app = defineApplication(
  buildRouteMap({
    routes: { run: runCommand, inspect: inspectCommand, compose: composeCommand },
    docs: {
      brief: 'Build, inspect, wire, run and ship unikernels',
      fullDescription: [
        'Builds, inspects, wires, runs and ships unikernels.',
        '',
        'Examples',
        '  slipway inspect hello.spt            what it is and needs',
        '  slipway run hello.spt -- one two     run it in its sandbox',
        '  slipway compose -o hello hello.spt   one executable that needs nothing else',
        '  slipway help run                     more about a command',
      ].join('\n'),
    },
  }),
)

export const main = (words: readonly string[]): Promise<void> => runApplication(app, words)

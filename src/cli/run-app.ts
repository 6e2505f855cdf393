// `slipway run` by itself: the same verb with the same help and errors as in app.ts, in a bundle without all the others, because Node.js
// outlines a whole file before it runs any of it and a guest would wait for that.

import { buildRouteMap } from '@stricli/core'
import { defineApplication, runApplication } from './application.ts'
import { runCommand } from './run.ts'

const app = defineApplication(
  buildRouteMap({ routes: { run: runCommand }, docs: { brief: 'Run an artefact in its sandbox' } }),
)

export const main = (words: readonly string[]): Promise<void> => runApplication(app, words)

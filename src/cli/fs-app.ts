// `slipway fs` by itself, as run-app.ts has `run`: guests, configurations and sandboxes are three quarters of what app.ts loads.

import { buildRouteMap } from '@stricli/core'
import { defineApplication, runApplication } from './application.ts'
import { fsCommands } from './fs.ts'

const app = defineApplication(buildRouteMap({ routes: { fs: fsCommands }, docs: { brief: 'Make images of files' } }))

export const main = (words: readonly string[]): Promise<void> => runApplication(app, words)

// slipway config: what a guest is told, as documents.

import { buildRouteMap } from '@stricli/core'
import { importCommand } from './config-import.ts'

export const configCommands = buildRouteMap({
  routes: { import: importCommand },
  docs: {
    brief: 'Work with what a guest is told',
    fullDescription: [
      'A configuration says what a guest is told: words, environment, addresses, file',
      'systems (docs/spec/config.md).',
      '',
      'Examples',
      '  slipway config import --from rumprun-legacy json.cfg >app.json',
    ].join('\n'),
  },
})

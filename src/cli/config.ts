// slipway config: what a guest is told, as documents.

import { buildRouteMap } from '@stricli/core'
import { checkConfigCommand } from './config-check.ts'
import { diffConfigCommand } from './config-diff.ts'
import { explainCommand } from './config-explain.ts'
import { importCommand } from './config-import.ts'
import { renderCommand } from './config-render.ts'
import { showConfigCommand } from './config-show.ts'

export const configCommands = buildRouteMap({
  routes: {
    explain: explainCommand,
    show: showConfigCommand,
    check: checkConfigCommand,
    diff: diffConfigCommand,
    render: renderCommand,
    import: importCommand,
  },
  docs: {
    brief: 'Explain, show, check and compare what a guest is told',
    fullDescription: [
      'A configuration says what a guest is told: words, environment, addresses, file',
      'systems (docs/spec/config.md).',
      '',
      'Examples',
      '  slipway config explain --config shop.json shop.spt     which one wins, and why',
      '  slipway config show --json --config shop.json shop.spt  what all layers come to',
      '  slipway config check shop.json',
      '  slipway config diff shop-1.json shop-2.json',
      '  slipway config render --for linux --config shop.json  what a guest receives',
      '  slipway config import --from rumprun-legacy json.cfg >app.json',
    ].join('\n'),
  },
})

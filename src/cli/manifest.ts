// slipway manifest: what a unikernel declares, from the file that its developer writes to the note that a tender reads.

import { buildRouteMap } from '@stricli/core'
import { checkCommand } from './manifest-check.ts'
import { embedCommand } from './manifest-embed.ts'
import { newCommand } from './manifest-new.ts'
import { showCommand } from './manifest-show.ts'

export const manifestCommands = buildRouteMap({
  routes: { new: newCommand, show: showCommand, embed: embedCommand, check: checkCommand },
  docs: {
    brief: 'Make, show, embed and check lists of declared devices',
    fullDescription: [
      'A manifest lists the devices that a unikernel wants, by name: as manifest.json',
      'where it is written, as a note where it is linked in.',
      '',
      'Examples',
      '  slipway manifest new -o manifest.o manifest.json',
      '  slipway manifest show shop.spt',
      '  slipway manifest embed -o other.spt shop.spt manifest.json',
      '  slipway manifest check manifest.json shop.spt',
    ].join('\n'),
  },
})

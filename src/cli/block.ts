// slipway block: images for block devices.

import { buildCommand, buildRouteMap } from '@stricli/core'
import { parseSize } from '../base/size.ts'
import { fail } from './output.ts'

const createCommand = buildCommand({
  docs: {
    brief: 'Make a sparse file for a block device',
    fullDescription: [
      'Makes a file of zeroes that takes no space before something is written to it,',
      'for its owner only. An existing file is never touched: that is an error.',
      '',
      'Examples',
      '  slipway block create disk.img 1G',
      '  slipway run --block storage=disk.img shop.spt',
    ].join('\n'),
  },
  parameters: {
    flags: {},
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'The file to make', parse: String, placeholder: 'PATH' },
        { brief: 'Such as 64M or 1G', parse: (text: string) => parseSize(text, 'SIZE'), placeholder: 'SIZE' },
      ],
    },
  },
  async func(_: object, path: string, size: number) {
    try {
      const { createBlock } = await import('../run/block.ts')
      createBlock(path, size)
    } catch (error) {
      fail(error, path)
    }
  },
})

export const blockCommands = buildRouteMap({
  routes: { create: createCommand },
  docs: { brief: 'Make images for block devices' },
})

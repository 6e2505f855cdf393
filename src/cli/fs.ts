// slipway fs: files in directories, images and archives, whichever it is.

import { buildRouteMap } from '@stricli/core'
import { addCommand } from './fs-add.ts'
import { catCommand } from './fs-cat.ts'
import { convertCommand } from './fs-convert.ts'
import { copyCommand } from './fs-cp.ts'
import { createCommand } from './fs-create.ts'
import { diffCommand } from './fs-diff.ts'
import { listCommand } from './fs-ls.ts'
import { slurpCommand } from './fs-slurp.ts'
import { statCommand } from './fs-stat.ts'
import { treeCommand } from './fs-tree.ts'

export const fsCommands = buildRouteMap({
  routes: {
    create: createCommand,
    ls: listCommand,
    tree: treeCommand,
    cat: catCommand,
    cp: copyCommand,
    stat: statCommand,
    add: addCommand,
    slurp: slurpCommand,
    convert: convertCommand,
    diff: diffCommand,
  },
  docs: {
    brief: 'Make, read and compare images of files',
    fullDescription: [
      'Works on directories, tar, cpio, SquashFS, ISO 9660, ext2 (and ext4) and FAT',
      'images, packed archives and OCI image layouts, without root and without mounting',
      'anything. IMAGE:/PATH names a file inside of one.',
      '',
      'Examples',
      '  slipway fs create -R etc -R data -o root.sqfs',
      '  slipway fs ls root.sqfs:/etc',
      '  slipway fs cat root.sqfs:/etc/hosts',
      '  slipway fs slurp root.sqfs -o files',
      '  slipway fs convert root.sqfs -o root.tar.gz',
      '  slipway fs diff old.iso new.iso',
    ].join('\n'),
  },
})

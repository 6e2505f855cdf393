// File systems for a Unikraft guest: `vfs.fstab`, or in images up to 0.16.0 `vfs.rootfs` for / alone. Pure.

import type { Mount } from '../../document.ts'
import { formatKey } from '../../key.ts'
import type { Refuse, ToldDocument } from '../dialect.ts'
import type { Parameters } from './parameters.ts'
import { listParameter, quoteUnikraftWord } from './words.ts'

export function mountWords({ mount }: ToldDocument, parameters: Parameters, refuse: Refuse): readonly string[] {
  const [first] = mount.keys()
  if (first === undefined) return []
  const archives = [...mount].filter(([, { source }]) => source === 'initrd')
  if (archives.length > 1)
    refuse(formatKey(['mount', archives[1]?.[0] ?? '']), 'is a second initrd, and there is one archive')
  if (!parameters.has('vfs.fstab') && parameters.has('vfs.rootfs')) return oldWords(mount, parameters, refuse)
  parameters.require('vfs.fstab', formatKey(['mount', first]), mount.size)
  return listParameter(
    'vfs.fstab',
    [...mount].map(([mountPoint, entry]) => line(mountPoint, entry, refuse)),
  )
}

/** device:mount point:driver:flags:options:options of the mounting, as far as there is something to say. */
function line(mountPoint: string, entry: Mount, refuse: Refuse): string {
  const { device, driver, options } = driverOf(mountPoint, entry, refuse)
  for (const [path, text] of [
    [[], mountPoint],
    [['path'], device],
  ] as const) {
    if (!/[:[\]]/.test(text)) continue
    refuse(
      formatKey(['mount', mountPoint, ...path]),
      'has a colon or a bracket in it, which separate entries and their parts',
    )
  }
  const make = mountPoint === '/' ? '' : 'mkmp'
  const plain = options === '' && make === ''
  return [device, mountPoint, driver, ...(plain ? [] : ['', options, make])].join(':')
}

function driverOf(
  mountPoint: string,
  entry: Mount,
  refuse: Refuse,
): { device: string; driver: string; options: string } {
  switch (entry.source) {
    case 'initrd':
      // Works whether or not the image brings a root of its own.
      return { device: 'initrd0', driver: 'extract', options: 'ramfs=1' }
    case 'tmpfs':
      return { device: '', driver: 'ramfs', options: '' }
    case 'devfs':
      return { device: '', driver: 'devfs', options: '' }
    case '9pfs':
    case 'virtiofs':
      return { device: entry.path, driver: entry.source, options: '' }
    case 'blk':
    case 'kernfs':
      return refuse(formatKey(['mount', mountPoint]), `is ${entry.source}, which such a guest does not have`)
  }
}

function oldWords(mount: ToldDocument['mount'], parameters: Parameters, refuse: Refuse): readonly string[] {
  for (const mountPoint of mount.keys()) {
    if (mountPoint !== '/')
      refuse(formatKey(['mount', mountPoint]), 'is not /, and such an old image mounts nothing else')
  }
  const root = mount.get('/')
  switch (root?.source) {
    case 'initrd':
      return ['vfs.rootfs=initrd']
    case 'tmpfs':
      return ['vfs.rootfs=ramfs']
    case '9pfs':
      parameters.require('vfs.rootdev', formatKey(['mount', '/', 'path']), 1)
      return ['vfs.rootfs=9pfs', quoteUnikraftWord(`vfs.rootdev=${root.path}`)]
    case undefined:
      return []
    case 'devfs':
    case 'virtiofs':
    case 'blk':
    case 'kernfs':
      return refuse(formatKey(['mount', '/']), `is ${root.source}, which such an old image does not have`)
  }
}

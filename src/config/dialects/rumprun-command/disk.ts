// `-b image[,mountpoint]` of rumprun's launch script: the n-th disk, and where its file system is mounted. Pure.

import { quote } from '../../../base/quote.ts'
import { PATH } from '../../patterns.ts'
import type { Draft } from '../draft.ts'
import { readMountPoint, requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import type { Platform } from './platforms.ts'
import type { Word } from './shell-words.ts'

/** Xen's disks are called xvda to xvdj. */
const MAX_XEN_DISKS = 10

export interface Disks {
  /** How many there have been. */
  count: number
}

export function addDisk(
  source: SourceText,
  { text, start }: Word,
  platform: Platform,
  draft: Draft,
  disks: Disks,
): void {
  const comma = text.lastIndexOf(',')
  const image = comma < 0 ? text : text.slice(0, comma)
  const mountPoint = comma < 0 ? '' : text.slice(comma + 1)
  if (image === '') source.fail('BAD_VALUE', start, `-b ${quote(text)} has no image`)
  source.tolerate(start, `the image ${quote(image)} belongs to the host: give it with --block`)
  const device = attach(source, image, start, platform, draft, disks.count++, mountPoint !== '')
  if (mountPoint === '') return
  const path = readMountPoint(source, mountPoint, start)
  if (draft.mount.delete(path)) source.tolerate(start, `${quote(path)} is mounted on again; the last one counts`)
  draft.mount.set(path, { source: 'blk', path: device, fstype: undefined, readOnly: false })
}

/** The device in the guest. */
function attach(
  source: SourceText,
  image: string,
  start: number,
  { disk }: Platform,
  draft: Draft,
  index: number,
  mounted: boolean,
): string {
  if (disk === 'virtio') return `/dev/ld${index}a`
  if (disk === 'xen') {
    if (index >= MAX_XEN_DISKS) source.fail('LIMIT', start, `more than ${MAX_XEN_DISKS} disks`)
    const name = `xvd${'abcdefghij'[index]}`
    draft.blk.set(name, { type: 'etfs', path: `blkfront:${name}` })
    return `/dev/${name}`
  }
  if (!mounted) return ''
  const number = draft.blk.size
  const path = requireRule(source, `images/${image.replace(/^.*\//s, '')}`, start, PATH, 'the file of the image')
  draft.blk.set(`vnd${number}`, { type: 'vnd', path })
  return `/dev/vnd${number}d`
}

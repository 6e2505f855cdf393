// The `blk` of a legacy document: one block device, or a file system, or both (docs/discoveries/rumprun.md). Pure.

import { quote } from '../../../base/quote.ts'
import { DEVICE, fits, PATH } from '../../patterns.ts'
import type { Draft } from '../draft.ts'
import { readMountPoint, requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import { type Cursor, literal, type Member, takeMembers } from './members.ts'
import type { Token } from './tokens.ts'

/** In the order in which guests compare. */
const KEYS = ['source', 'path', 'fstype', 'mountpoint'] as const

/** What names a disk of Xen's; other paths are a Solo5 guest's one disk. */
export const XEN_DISK: RegExp = /^(?:xvd|sd|hd)[a-z][0-9]?$/

export function takeBlk(cursor: Cursor, draft: Draft): void {
  const { object, members } = takeMembers(cursor, KEYS, '"blk"')
  const { source } = cursor
  const kind = need(source, object, members, 'source')
  const path = need(source, object, members, 'path')
  const device = attach(cursor, kind, path, draft)
  const [mountPoint, fstype] = [members.get('mountpoint'), members.get('fstype')]
  if (mountPoint === undefined) {
    if (kind.text === 'dev') source.tolerate(object.start, 'a "blk" with "dev" and without "mountpoint" has no effect')
    if (fstype !== undefined) source.tolerate(fstype.start, '"fstype" has no effect without "mountpoint"')
    return
  }
  if (fstype === undefined) return source.fail('BAD_VALUE', object.start, '"blk" has a "mountpoint" and no "fstype"')
  mount(cursor, device, mountPoint, fstype, draft)
}

function need(source: SourceText, object: Token, members: ReadonlyMap<string, Member>, key: 'source' | 'path'): Member {
  return members.get(key) ?? source.fail('BAD_VALUE', object.start, `"blk" has no "${key}"`)
}

/** The device in the guest. */
function attach(cursor: Cursor, { text: kind, start }: Member, path: Member, draft: Draft): string {
  const text = requireRule(cursor.source, literal(cursor, path), path.start, PATH, '"path"')
  if (kind === 'dev') return text
  if (kind === 'vnd') {
    const number = [...draft.blk.values()].filter(({ type }) => type === 'vnd').length
    draft.blk.set(`vnd${number}`, { type: 'vnd', path: text })
    return `/dev/vnd${number}d`
  }
  if (kind !== 'etfs')
    return cursor.source.fail('BAD_VALUE', start, `"source" is ${quote(kind)}, not "dev", "etfs" or "vnd"`)
  const name = text.replace(/^.*\//s, '')
  if (!fits(name, DEVICE)) {
    cursor.source.fail('BAD_VALUE', path.start, `"path" is ${quote(text)}, which cannot be a disk's name`)
  }
  if (name !== text) cursor.source.tolerate(path.start, `"path" is ${quote(text)}; the disk is called ${name} here`)
  draft.blk.set(name, { type: 'etfs', path: XEN_DISK.test(name) ? `blkfront:${name}` : name })
  return `/dev/${name}`
}

function mount(
  cursor: Cursor,
  device: string,
  mountPoint: Member,
  { text: fstype, start }: Member,
  draft: Draft,
): void {
  const { source } = cursor
  if (fstype !== 'blk' && fstype !== 'kernfs') {
    return source.fail('BAD_VALUE', start, `"fstype" is ${quote(fstype)}, not "blk" or "kernfs"`)
  }
  const path = readMountPoint(source, literal(cursor, mountPoint), mountPoint.start)
  if (draft.mount.delete(path))
    source.tolerate(mountPoint.start, `${quote(path)} is mounted on again; the last one counts`)
  draft.mount.set(
    path,
    fstype === 'kernfs' ? { source: 'kernfs' } : { source: 'blk', path: device, fstype: undefined, readOnly: false },
  )
}

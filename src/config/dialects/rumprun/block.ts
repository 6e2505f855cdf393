// `blk` and `mount` of the later specification (docs/discoveries/rumprun.md). Pure.

import { quote } from '../../../base/quote.ts'
import type { BlockDevice, Mount } from '../../document.ts'
import { DEVICE, PATH } from '../../patterns.ts'
import type { Draft } from '../draft.ts'
import { readMountPoint, requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import { expectObject, expectString, pick, refuseKey } from './expect.ts'
import type { Loose } from './lenient-json.ts'

/** What names a disk of Xen's. */
export const BLKFRONT: RegExp = /^blkfront:(?:xvd|sd|hd)[a-z][0-9]?$/

export function readBlk(source: SourceText, value: Loose, draft: Draft): void {
  for (const { key, keyStart, value: settings } of expectObject(source, value, '"blk"')) {
    const name = requireRule(source, key, keyStart, DEVICE, 'the name of a block device')
    if (draft.blk.has(name)) source.tolerate(keyStart, `${quote(name)} is given again; the last one counts`)
    draft.blk.set(name, readDevice(source, settings, name))
  }
}

function readDevice(source: SourceText, value: Loose, name: string): BlockDevice {
  const what = `the block device ${quote(name)}`
  const members = pick(source, expectObject(source, value, what), ['type', 'path'], what, refuseKey)
  const kind = members.get('type') ?? source.fail('BAD_VALUE', value.start, `${what} has no "type"`)
  const place = members.get('path') ?? source.fail('BAD_VALUE', value.start, `${what} has no "path"`)
  const type = expectString(source, kind, '"type"')
  const path = requireRule(source, expectString(source, place, '"path"'), place.start, PATH, '"path"')
  if (type === 'vnd') {
    if (!/^vnd[0-9]+$/.test(name))
      source.fail('BAD_VALUE', value.start, `${what} is a vnd, and not called vnd0, vnd1 …`)
    return { type, path }
  }
  if (type !== 'etfs') return source.fail('BAD_VALUE', kind.start, `"type" is ${quote(type)}, not "etfs" or "vnd"`)
  if (!BLKFRONT.test(path)) {
    source.fail(
      'BAD_VALUE',
      place.start,
      `"path" is ${quote(path)}, no disk of Xen’s`,
      'write for example blkfront:xvda',
    )
  }
  return { type, path }
}

export function readMounts(source: SourceText, value: Loose, draft: Draft): void {
  for (const { key, keyStart, value: settings } of expectObject(source, value, '"mount"')) {
    const path = readMountPoint(source, key, keyStart)
    if (draft.mount.delete(path)) source.tolerate(keyStart, `${quote(path)} is mounted on again; the last one counts`)
    draft.mount.set(path, readMount(source, settings, path))
  }
}

function readMount(source: SourceText, value: Loose, mountPoint: string): Mount {
  const what = `what is mounted on ${quote(mountPoint)}`
  const members = pick(source, expectObject(source, value, what), ['source', 'path', 'options'], what, refuseKey)
  const kind = members.get('source') ?? source.fail('BAD_VALUE', value.start, `${what} has no "source"`)
  const from = expectString(source, kind, '"source"')
  const [path, options] = [members.get('path'), members.get('options')]
  if (options !== undefined && from !== 'tmpfs') source.fail('BAD_VALUE', options.start, 'only tmpfs has "options"')
  if (from === 'blk') {
    if (path === undefined) return source.fail('BAD_VALUE', value.start, `${what} has no "path"`)
    const device = requireRule(source, expectString(source, path, '"path"'), path.start, PATH, '"path"')
    return { source: from, path: device, fstype: undefined, readOnly: false }
  }
  if (path !== undefined) source.tolerate(path.start, `"path" has no effect with ${quote(from)}`)
  if (from === 'kernfs') return { source: from }
  if (from === 'tmpfs') return { source: from, size: options && readSize(source, options) }
  return source.fail('BAD_VALUE', kind.start, `"source" is ${quote(from)}, not "blk", "kernfs" or "tmpfs"`)
}

const UNITS = new Map([
  ['', 1],
  ['b', 1],
  ['k', 2 ** 10],
  ['m', 2 ** 20],
  ['g', 2 ** 30],
])

/** Bytes. */
function readSize(source: SourceText, value: Loose): number | undefined {
  const size = pick(source, expectObject(source, value, '"options"'), ['size'], '"options"', refuseKey).get('size')
  if (size === undefined) return undefined
  const text = expectString(source, size, '"size"')
  const [, digits = '', unit = ''] = /^([0-9]+)([bkmg]?)$/i.exec(text) ?? []
  const bytes = Number(digits) * (UNITS.get(unit.toLowerCase()) ?? 0)
  if (digits === '' || bytes === 0 || !Number.isSafeInteger(bytes)) {
    source.fail(
      'BAD_VALUE',
      size.start,
      `"size" is ${quote(text)}, no size`,
      'write for example 64M; units are b, k, m and g',
    )
  }
  return bytes
}

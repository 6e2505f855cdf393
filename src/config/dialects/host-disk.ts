// Disks of the host that rumprun guests attach by name (`etfs`). Pure.

import { formatKey } from '../key.ts'
import type { Guest, Refuse } from './dialect.ts'

/** Xen and Solo5 have them; on a PC a guest stops at one (docs/discoveries/rumprun.md). */
export function requireHostDisks({ platform }: Guest, device: string, refuse: Refuse): void {
  if (platform !== 'pc') return
  const advice = 'a virtio disk needs no entry: mount /dev/ld0a, /dev/ld1a and so on'
  refuse(formatKey(['blk', device]), 'is a disk of Xen’s, and such a guest on a PC stops at it', advice)
}

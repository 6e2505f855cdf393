// In which order disks are attached and file systems mounted. The order in which a document's keys are written decides nothing that matters:
// parents come before what is mounted in them, and a file is a disk once the file system is there that it lies on. Pure.

import type { ConfigDocument } from './document.ts'

export type StorageStep =
  | { readonly kind: 'attach'; readonly device: string }
  | { readonly kind: 'mount'; readonly mountPoint: string }

/** Smaller `order` first, then as they are written; but a parent always before what lies in it. */
export function inMountOrder<T>(
  mounts: ReadonlyMap<string, T>,
  orderOf: (mountPoint: string) => number,
): ReadonlyMap<string, T> {
  const wanted = [...mounts.keys()].toSorted((a, b) => orderOf(a) - orderOf(b))
  const sorted = new Map<string, T>()
  const add = (mountPoint: string): void => {
    for (const parent of parentsOf(mountPoint)) if (mounts.has(parent)) sorted.set(parent, mounts.get(parent) as T)
    sorted.set(mountPoint, mounts.get(mountPoint) as T)
  }
  for (const mountPoint of wanted) add(mountPoint)
  return sorted
}

/** `/`, `/a`, `/a/b` for `/a/b/c`. */
export function parentsOf(path: string): readonly string[] {
  if (path === '/') return []
  const names = path.split('/').slice(1, -1)
  return ['/', ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)]
}

/**
 * Attaching and mounting in an order that works: a disk of the host first of all; a file (`vnd`) after the mount that it lies on and before the
 * first that needs it. Undefined for devices that wait for each other, which are returned by name instead.
 *
 * @example
 * ```ts
 * storageSteps(config.document) // { steps: [{ kind: 'attach', device: 'xbd0' }, { kind: 'mount', mountPoint: '/data' }] }
 * ```
 */
export function storageSteps({ blk, mount }: Pick<ConfigDocument, 'blk' | 'mount'>): {
  readonly steps: readonly StorageStep[]
  readonly circle: readonly string[]
} {
  const steps: StorageStep[] = []
  const attached = new Set<string>()
  const mounted = new Set<string>()
  const attach = (device: string): void => {
    attached.add(device)
    steps.push({ kind: 'attach', device })
  }
  for (const [device, { type }] of blk) if (type === 'etfs') attach(device)
  let before = -1
  while (before !== steps.length) {
    before = steps.length
    for (const [device, { path }] of blk) {
      if (!attached.has(device) && homesOf(path, mount).every((home) => mounted.has(home))) attach(device)
    }
    for (const [mountPoint, entry] of mount) {
      if (mounted.has(mountPoint)) continue
      const device = entry.source === 'blk' ? deviceOf(entry.path, blk) : undefined
      const ready = device === undefined || attached.has(device)
      const inside = parentsOf(mountPoint).every((parent) => !mount.has(parent) || mounted.has(parent))
      if (!ready || !inside) continue
      mounted.add(mountPoint)
      steps.push({ kind: 'mount', mountPoint })
    }
  }
  return { steps, circle: [...blk.keys()].filter((device) => !attached.has(device)) }
}

/** The mounts that a file lies on: all of those on the way to it. A relative path counts from the root file system, which is there. */
function homesOf(path: string, mount: ConfigDocument['mount']): readonly string[] {
  return path.startsWith('/') ? parentsOf(path).filter((parent) => mount.has(parent)) : []
}

/** `/dev/vnd0d` is a partition of `vnd0`; `/dev/xbd0` is `xbd0`. */
export function deviceOf(path: string, blk: ConfigDocument['blk']): string | undefined {
  const name = /^\/dev\/r?(.+)$/.exec(path)?.[1]
  if (name === undefined) return undefined
  if (blk.has(name)) return name
  const disk = name.replace(/[a-p]$/, '')
  return blk.has(disk) ? disk : undefined
}

// What rumprun's launch script does differently for each platform (docs/discoveries/rumprun.md). Pure.

export interface Platform {
  readonly name: string
  /** Options of the guest's that it refuses. */
  readonly refused: string
  /** Interfaces have to be created by the guest. */
  readonly create: boolean
  /** What interfaces are called with -n. */
  readonly base: string
  readonly kernfs: boolean
  /** How the guest gets at the n-th disk. */
  readonly disk: 'virtio' | 'xen' | 'file'
  /** What the output is called, where that is a file. */
  readonly image: string
  /** Commas reach the guest twice (docs/discoveries/rumprun.md). */
  readonly doubled: boolean
}

const QEMU = {
  refused: 'd',
  create: false,
  base: 'vioif',
  kernfs: false,
  disk: 'virtio',
  image: '',
  doubled: true,
} as const
const IMAGE = { refused: 'DdginMp', base: '', kernfs: false, disk: 'file', doubled: false } as const

export const PLATFORMS: ReadonlyMap<string, Platform> = new Map<string, Platform>([
  ['kvm', { name: 'kvm', ...QEMU }],
  ['qemu', { name: 'qemu', ...QEMU }],
  ['hvf', { name: 'hvf', ...QEMU }],
  [
    'xen',
    { name: 'xen', refused: 'g', create: true, base: 'xenif', kernfs: true, disk: 'xen', image: '', doubled: false },
  ],
  ['iso', { name: 'iso', ...IMAGE, create: false, image: '.iso' }],
  ['ec2', { name: 'ec2', ...IMAGE, create: true, image: '.ec2dir' }],
])

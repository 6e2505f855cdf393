// What a configuration can ask of a guest, in pieces that a dialect has or has not. One table for the writers, which refuse what they have not, and
// for docs/reference/dialects.md. Pure.

import type { JsonPath } from '../../base/json.ts'
import type { ConfigDocument, InterfaceAddress, Mount } from '../document.ts'
import { formatKey } from '../key.ts'

/** What it is in words, and the keys of a document that use it. */
interface Feature {
  readonly words: string
  readonly find: (document: ConfigDocument) => readonly JsonPath[]
}

type Find = Feature['find']

const programs =
  (uses: (program: ConfigDocument['rc'][number], index: number) => boolean, ...more: readonly string[]): Find =>
  ({ rc }) =>
    rc.flatMap((program, i) => (uses(program, i) ? [['rc', i, ...more]] : []))

const addresses =
  (uses: (address: InterfaceAddress) => boolean): Find =>
  ({ net }) =>
    [...net.interfaces].flatMap(([name, { addrs }]) =>
      addrs.flatMap((address, i) => (uses(address) ? [['net', 'interfaces', name, 'addrs', i]] : [])),
    )

const gateways =
  (family: string): Find =>
  ({ net }) =>
    net.gateways.flatMap(({ type }, i) => (type === family ? [['net', 'gateways', i]] : []))

const mounts =
  (uses: (mount: Mount, mountPoint: string) => boolean, ...more: readonly string[]): Find =>
  ({ mount }) =>
    [...mount].flatMap(([mountPoint, entry]) => (uses(entry, mountPoint) ? [['mount', mountPoint, ...more]] : []))

const source = (name: Mount['source']): Find => mounts((mount) => mount.source === name)

const devices =
  (kind: string): Find =>
  ({ blk }) =>
    [...blk].flatMap(([name, { type }]) => (type === kind ? [['blk', name]] : []))

const parts = (list: readonly unknown[], ...path: readonly string[]): readonly JsonPath[] =>
  list.map((_, i) => [...path, i])

export const FEATURES = {
  argv: { words: 'words of the program', find: programs(({ argv }) => argv.length > 0, 'argv') },
  programs: { words: 'several programs', find: programs((_, i) => i > 0) },
  runmode: { words: '`runmode`', find: programs(({ runmode }) => runmode !== '', 'runmode') },
  workdir: { words: '`workdir`', find: programs(({ workdir }) => workdir !== undefined, 'workdir') },
  processSysctl: {
    words: '`rc[].netbsd.sysctl`',
    find: programs(({ netbsd }) => netbsd.sysctl.size > 0, 'netbsd', 'sysctl'),
  },
  env: { words: '`env`', find: ({ env }) => [...env.keys()].map((name) => ['env', name]) },
  hostname: { words: '`hostname`', find: ({ hostname }) => (hostname === undefined ? [] : [['hostname']]) },
  interfaces: {
    words: 'several interfaces',
    find: ({ net }) => [...net.interfaces.keys()].slice(1).map((name) => ['net', 'interfaces', name]),
  },
  create: {
    words: '`create` of an interface',
    find: ({ net }) =>
      [...net.interfaces].flatMap(([name, { create }]) => (create ? [['net', 'interfaces', name, 'create']] : [])),
  },
  static4: {
    words: 'static IPv4 addresses',
    find: addresses(({ type, method }) => type === 'inet' && method === 'static'),
  },
  dhcp: { words: 'DHCP', find: addresses(({ method }) => method === 'dhcp') },
  static6: {
    words: 'static IPv6 addresses',
    find: addresses(({ type, method }) => type === 'inet6' && method === 'static'),
  },
  auto6: { words: 'IPv6 autoconfiguration', find: addresses(({ method }) => method === 'auto') },
  gateway4: { words: 'IPv4 gateway', find: gateways('inet') },
  gateway6: { words: 'IPv6 gateway', find: gateways('inet6') },
  nameservers: {
    words: '`net.dns.nameservers`',
    find: ({ net }) => parts(net.dns.nameservers, 'net', 'dns', 'nameservers'),
  },
  search: { words: '`net.dns.search`', find: ({ net }) => parts(net.dns.search, 'net', 'dns', 'search') },
  nfs: {
    words: '`net.mount`',
    find: ({ net }) => [...net.mount.keys()].map((mountPoint) => ['net', 'mount', mountPoint]),
  },
  etfs: { words: '`blk` of a disk', find: devices('etfs') },
  vnd: { words: '`blk` of a file', find: devices('vnd') },
  blk: { words: '`mount` of a block device', find: source('blk') },
  fstype: {
    words: '`fstype` of a mount',
    find: mounts((mount) => mount.source === 'blk' && mount.fstype !== undefined, 'options', 'fstype'),
  },
  readOnly: {
    words: '`readOnly` of a mount',
    find: mounts((mount) => mount.source === 'blk' && mount.readOnly, 'options', 'readOnly'),
  },
  tmpfs: { words: '`mount` of tmpfs', find: source('tmpfs') },
  tmpfsSize: {
    words: '`size` of tmpfs',
    find: mounts((mount) => mount.source === 'tmpfs' && mount.size !== undefined, 'options', 'size'),
  },
  kernfs: { words: '`mount` of kernfs', find: source('kernfs') },
  devfs: { words: '`mount` of devfs', find: source('devfs') },
  '9pfs': { words: '`mount` of 9pfs', find: source('9pfs') },
  virtiofs: { words: '`mount` of virtiofs', find: source('virtiofs') },
  initrd: { words: '`mount` of initrd', find: source('initrd') },
  sysctl: {
    words: '`netbsd.sysctl`',
    find: ({ netbsd }) => [...netbsd.sysctl.keys()].map((name) => ['netbsd', 'sysctl', name]),
  },
  logs: { words: '`mirage.logs`', find: ({ mirage }) => parts(mirage.logs, 'mirage', 'logs') },
  prefixes: {
    words: '`mirage.prefixes`',
    find: ({ mirage }) => [...mirage.prefixes.keys()].map((name) => ['mirage', 'prefixes', name]),
  },
  linux: { words: '`linux.parameters`', find: ({ linux }) => parts(linux.parameters, 'linux', 'parameters') },
  unikraft: {
    words: '`unikraft.parameters`',
    find: ({ unikraft }) => parts(unikraft.parameters, 'unikraft', 'parameters'),
  },
} as const satisfies Readonly<Record<string, Feature>>

export type FeatureName = keyof typeof FEATURES
export const FEATURE_NAMES: readonly FeatureName[] = Object.keys(FEATURES) as FeatureName[]

/** `true`: all of it. Words: within these limits, which the writer checks. `false`: not at all. */
export type Expresses = Readonly<Record<FeatureName, true | false | string>>

/** Of a dialect that has no words for anything: what it has is put over this. */
export const NOTHING = Object.fromEntries(FEATURE_NAMES.map((name) => [name, false])) as Record<FeatureName, false>

/** The first setting that uses a feature, as a key. */
export function firstUse(feature: FeatureName, document: ConfigDocument): string | undefined {
  const [path] = FEATURES[feature].find(document)
  return path && formatKey(path)
}

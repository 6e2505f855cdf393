// A document for released rumprun guests (docs/discoveries/rumprun.md), as strict JSON whose keys come in an order that works: variables, host name, disks
// and file systems, network, programs. Strings stand as they are, since such guests undo no escapes. Pure.

import type { Mount, Net } from '../../document.ts'
import { formatKey } from '../../key.ts'
import { storageSteps } from '../../storage.ts'
import { splitAddress } from '../addresses.ts'
import type { Dialect, Guest, Refuse, ToldDocument } from '../dialect.ts'
import { NOTHING } from '../features.ts'
import { placedGateway } from '../gateways.ts'
import { requireHostDisks } from '../host-disk.ts'
import { rawString } from './raw-string.ts'
import { programMember } from './write-programs.ts'

export const rumprunLegacyDialect: Dialect = {
  name: 'rumprun-legacy',
  end: '\n',
  expresses: {
    ...NOTHING,
    argv: 'no controls; quotes and backslashes only for one program that is `*`, and there no single quotes',
    programs: 'in the order in which they were baked',
    runmode: true,
    env: 'no double quotes, backslashes and controls',
    hostname: true,
    interfaces: true,
    create: 'with an address',
    static4: true,
    static6: true,
    dhcp: true,
    auto6: true,
    gateway4: 'in the network of a static address',
    gateway6: 'in the network of a static address',
    etfs: 'under the name that Xen or Solo5 gives it',
    vnd: 'vnd0, vnd1 and so on in the order in which they are attached',
    blk: true,
    tmpfs: '/tmp only, which guests mount by themselves',
    tmpfsSize: '1M, which /tmp has',
    kernfs: true,
  },
  write: writeLegacy,
}

const BY_NUMBER =
  'the names of the artefact’s programs are not known, and such a guest takes its programs by their number'

/** What every such guest mounts on /tmp. */
const OWN_TMPFS = 2 ** 20

function writeLegacy(document: ToldDocument, guest: Guest, refuse: Refuse): { text: string; notes: readonly string[] } {
  const members = [
    ...[...document.env].map(([name, value]) => {
      return member('env', rawString(`${name}=${value}`, formatKey(['env', name]), refuse))
    }),
    ...(document.hostname === undefined ? [] : [member('hostname', document.hostname)]),
    ...storageMembers(document, guest, refuse),
    ...networkMembers(document.net, refuse),
    programMember(document.rc, guest, refuse),
  ]
  // `*` is the first by any name.
  const named = guest.programs === undefined && document.rc.some(({ bin }) => bin !== '*')
  return { text: `{${members.join(',')}}`, notes: named ? [BY_NUMBER] : [] }
}

/** A member whose value is a string that needs no escapes. */
function member(key: string, text: string): string {
  return `"${key}":"${text}"`
}

function object(entries: readonly (readonly [key: string, text: string])[]): string {
  return `{${entries.map(([key, text]) => member(key, text)).join(',')}}`
}

function storageMembers({ blk, mount }: ToldDocument, guest: Guest, refuse: Refuse): readonly string[] {
  let files = 0
  return storageSteps({ blk, mount }).steps.flatMap((step) => {
    if (step.kind === 'mount') return mountMember(step.mountPoint, mount.get(step.mountPoint) as Mount, refuse)
    const device = blk.get(step.device)
    const key = formatKey(['blk', step.device])
    const path = rawString(device?.path ?? '', `${key}.path`, refuse)
    if (device?.type === 'vnd') {
      if (step.device !== `vnd${files}`) refuse(key, `would be called vnd${files}, being attached as the next one`)
      files++
      return [
        `"blk":${object([
          ['source', 'vnd'],
          ['path', path],
        ])}`,
      ]
    }
    requireHostDisks(guest, step.device, refuse)
    const name = path.replace(/^blkfront:/, '')
    if (name !== step.device) refuse(key, `would be called ${name}, as its path says`, `call it ${name}`)
    return [
      `"blk":${object([
        ['source', 'etfs'],
        ['path', name],
      ])}`,
    ]
  })
}

function mountMember(mountPoint: string, entry: Mount, refuse: Refuse): readonly string[] {
  const key = formatKey(['mount', mountPoint])
  const target = rawString(mountPoint, key, refuse)
  if (entry.source === 'tmpfs') {
    if (mountPoint === '/tmp' && (entry.size ?? OWN_TMPFS) === OWN_TMPFS) return []
    return refuse(key, 'is a tmpfs; such a guest has one of 1M on /tmp, and no other')
  }
  const [path, fstype] =
    entry.source === 'blk' ? [rawString(entry.path, `${key}.path`, refuse), 'blk'] : ['virtual', 'kernfs']
  return [
    `"blk":${object([
      ['source', 'dev'],
      ['path', path],
      ['fstype', fstype],
      ['mountpoint', target],
    ])}`,
  ]
}

/** One member for each address; the first creates the interface, and the one in whose network the gateway lies has it. */
function networkMembers(net: Net, refuse: Refuse): readonly string[] {
  const gateways = { inet: placedGateway(net, 'inet', refuse), inet6: placedGateway(net, 'inet6', refuse) }
  return [...net.interfaces].flatMap(([name, { create, addrs }]) => {
    if (addrs.length === 0)
      refuse(formatKey(['net', 'interfaces', name]), 'has no address, without which it cannot be told')
    return addrs.map((address, i) => {
      const { type, method } = address
      const cloner = create && i === 0 ? [['cloner', 'true'] as const] : []
      const start = [['if', name] as const, ...cloner, ['type', type] as const, ['method', method] as const]
      const split = method === 'static' ? splitAddress(type, address.addr) : undefined
      if (split === undefined) return `"net":${object(start)}`
      const gateway = gateways[type]
      const here = gateway?.interface === name && gateway.index === i
      const route = here ? [['gw', gateway.addr] as const] : []
      return `"net":${object([...start, ['addr', split.address], ['mask', String(split.prefix)], ...route])}`
    })
  })
}

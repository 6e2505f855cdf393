// A document for guests of rumprun's later specification (docs/discoveries/rumprun.md). Pure.

import type { Mount, Program } from '../../document.ts'
import { formatKey } from '../../key.ts'
import { storageSteps } from '../../storage.ts'
import type { Dialect, Guest, Refuse, ToldDocument, ToldProgram } from '../dialect.ts'
import { NOTHING } from '../features.ts'
import { requireHostDisks } from '../host-disk.ts'
import { BLKFRONT } from './block.ts'
import { MAX_RESOLVER_TEXT } from './network.ts'
import { member, object, string } from './write-json.ts'

export const rumprunDialect: Dialect = {
  name: 'rumprun',
  end: '\n',
  expresses: {
    ...NOTHING,
    argv: 'no characters beyond U+FFFF',
    programs: 'that were baked',
    runmode: true,
    workdir: true,
    processSysctl: true,
    env: 'no characters beyond U+FFFF',
    hostname: true,
    interfaces: true,
    create: true,
    static4: true,
    static6: true,
    dhcp: true,
    auto6: true,
    gateway4: true,
    gateway6: true,
    nameservers: 'with the domains, 1024 characters',
    search: 'with the servers, 1024 characters',
    etfs: 'disks of Xen’s',
    vnd: 'files that do not lie on what `mount` mounts',
    blk: true,
    tmpfs: true,
    tmpfsSize: true,
    kernfs: true,
    sysctl: true,
  },
  write: writeSpecification,
}

function writeSpecification(
  document: ToldDocument,
  guest: Guest,
  refuse: Refuse,
): { text: string; notes: readonly string[] } {
  const { rc, env, blk, mount, hostname, netbsd } = document
  requireEarly(document, refuse)
  const sysctl = new Map<string, string | number | boolean>(netbsd.sysctl)
  const nodes = hostname === undefined ? sysctl : new Map([['kern.hostname', hostname], ...sysctl])
  const text = object([
    list('rc', rc, (program, i) => programText(program, i, guest, refuse)),
    named('env', env, (value, name) => string(value, formatKey(['env', name]), refuse), refuse),
    named(
      'blk',
      blk,
      ({ type, path }, name) => {
        const key = formatKey(['blk', name, 'path'])
        if (type === 'etfs') requireHostDisks(guest, name, refuse)
        if (type === 'etfs' && !BLKFRONT.test(path)) refuse(key, 'is no disk of Xen’s, such as blkfront:xvda')
        return object([member('type', `"${type}"`), member('path', string(path, key, refuse))])
      },
      refuse,
    ),
    named('mount', mount, (entry, mountPoint) => mountText(entry, formatKey(['mount', mountPoint]), refuse), refuse),
    networkText(document, refuse),
    sysctlText(nodes, ['netbsd', 'sysctl'], refuse),
  ])
  return { text, notes: [] }
}

/** All disks are attached before anything is mounted. */
function requireEarly({ blk, mount }: ToldDocument, refuse: Refuse): void {
  const { steps } = storageSteps({ blk, mount })
  const first = steps.findIndex(({ kind }) => kind === 'mount')
  for (const step of first < 0 ? [] : steps.slice(first)) {
    if (step.kind !== 'attach') continue
    refuse(
      formatKey(['blk', step.device, 'path']),
      'lies on what "mount" mounts, and such a guest attaches all disks before it',
    )
  }
}

function programText(program: ToldProgram, index: number, { programs }: Guest, refuse: Refuse): string {
  const { bin, argv, runmode, workdir, netbsd } = program
  const key = (...path: readonly (string | number)[]): string => formatKey(['rc', index, ...path])
  if (bin !== '*' && programs !== undefined && !programs.includes(bin)) {
    refuse(key('bin'), 'is no program of the artefact', undefined, 'BAD_VALUE')
  }
  return object([
    member('bin', string(bin, key('bin'), refuse)),
    list('argv', argv, (word, i) => string(word, key('argv', i), refuse)),
    runmode === '' ? undefined : member('runmode', `"${runmode}"`),
    workdir === undefined ? undefined : member('workdir', string(workdir, key('workdir'), refuse)),
    sysctlText(netbsd.sysctl, ['rc', index, 'netbsd', 'sysctl'], refuse),
  ])
}

function mountText(entry: Mount, key: string, refuse: Refuse): string {
  const start = member('source', `"${entry.source}"`)
  if (entry.source === 'blk') return object([start, member('path', string(entry.path, `${key}.path`, refuse))])
  if (entry.source !== 'tmpfs' || entry.size === undefined) return object([start])
  return object([start, member('options', object([member('size', `"${entry.size}"`)]))])
}

function networkText({ net }: ToldDocument, refuse: Refuse): string | undefined {
  const { nameservers, search } = net.dns
  if (nameservers.join('').length + search.join(' ').length > MAX_RESOLVER_TEXT) {
    refuse(
      'net.dns',
      `comes to more than the ${MAX_RESOLVER_TEXT} characters that such a guest takes`,
      undefined,
      'LIMIT',
    )
  }
  const dns = object([
    list('nameservers', nameservers, (text) => `"${text}"`),
    list('search', search, (text) => `"${text}"`),
  ])
  const text = object([
    named(
      'interfaces',
      net.interfaces,
      ({ create, addrs }) => {
        return object([
          create ? member('create', 'true') : undefined,
          list('addrs', addrs, (address) => {
            const { type, method } = address
            const addr = method === 'static' ? member('addr', `"${address.addr}"`) : undefined
            return object([member('type', `"${type}"`), member('method', `"${method}"`), addr])
          }),
        ])
      },
      refuse,
    ),
    list('gateways', net.gateways, ({ type, addr }) =>
      object([member('type', `"${type}"`), member('addr', `"${addr}"`)]),
    ),
    dns === '{}' ? undefined : member('dns', dns),
  ])
  return text === '{}' ? undefined : member('net', text)
}

function sysctlText(
  nodes: Program['netbsd']['sysctl'],
  path: readonly (string | number)[],
  refuse: Refuse,
): string | undefined {
  const text = named(
    'sysctl',
    nodes,
    (value, name) => {
      return typeof value === 'string' ? string(value, formatKey([...path, name]), refuse) : String(value)
    },
    refuse,
  )
  return text === undefined ? undefined : member('netbsd', object([text]))
}

function list<T>(key: string, values: readonly T[], write: (value: T, index: number) => string): string | undefined {
  return values.length === 0 ? undefined : member(key, `[${values.map(write).join(',')}]`)
}

function named<T>(
  key: string,
  values: ReadonlyMap<string, T>,
  write: (value: T, name: string) => string,
  refuse: Refuse,
): string | undefined {
  if (values.size === 0) return undefined
  const members = [...values].map(
    ([name, value]) => `${string(name, formatKey([key, name]), refuse)}:${write(value, name)}`,
  )
  return member(key, object(members))
}

// The command line of a Linux kernel (Documentation/admin-guide/kernel-parameters, nfsroot): parameters, what becomes init's environment, `--` and
// init's words. Pure.

import { quote } from '../../../base/quote.ts'
import type { Mount, NetMount } from '../../document.ts'
import { formatKey } from '../../key.ts'
import { dottedMask, isAddress, splitAddress } from '../addresses.ts'
import { type Dialect, type Guest, type Refuse, type ToldDocument, wordsBehindName } from '../dialect.ts'
import { NOTHING } from '../features.ts'
import { placedGateway } from '../gateways.ts'
import { VARIABLE_NAME } from './import.ts'
import { quoteLinuxWord } from './words.ts'

/** Of CONFIG_INIT_ENV_ARG_LIMIT, of which HOME and TERM take two. */
const MAX_VARIABLES = 30
const MAX_WORDS = 31

export const linuxDialect: Dialect = {
  name: 'linux',
  end: '',
  expresses: {
    ...NOTHING,
    argv: 'argv[0] is the path of `bin`; no double quotes, controls and `--`; 31 words at most',
    env: 'names in capitals; no double quotes or controls; 30 at most',
    hostname: '`ip=`, or `hostname=` from 5.19 on',
    static4: 'one; `ip=`, for a kernel with IP_PNP or an initramfs that reads it',
    dhcp: 'one; `ip=`, as above',
    gateway4: 'in the network of the address',
    nameservers: 'two, with an interface',
    blk: '`root=`: on / only',
    fstype: true,
    readOnly: true,
    '9pfs': '`root=`: on / only',
    virtiofs: '`root=`: on / only',
    nfs: '`root=/dev/nfs`: on / only, with the IPv4 address of a server, and an interface',
    initrd: 'on / only',
    linux: 'no double quotes',
  },
  write: writeLinux,
}

function writeLinux(document: ToldDocument, _: Guest, refuse: Refuse): { text: string; notes: readonly string[] } {
  const { linux, net, hostname } = document
  const parameters = linux.parameters.map((word, i) => quoted(word, ['linux', 'parameters', i], refuse))
  const words = [
    ...rootWords(document, refuse),
    ...addressWords(document, refuse),
    ...(hostname !== undefined && net.interfaces.size === 0 ? [`hostname=${hostname}`] : []),
    ...initWords(document, refuse),
    ...variables(document, refuse),
  ]
  requireOnce(linux.parameters, words, refuse)
  const argv = wordsBehindName(document).map((word, i) => initWord(word, i, refuse))
  if (argv.length > MAX_WORDS) refuse('rc[0].argv', `has more words than the ${MAX_WORDS} that a kernel keeps for init`)
  return { text: [...parameters, ...words, ...(argv.length === 0 ? [] : ['--', ...argv])].join(' '), notes: [] }
}

function quoted(word: string, path: readonly (string | number)[], refuse: Refuse): string {
  const text = quoteLinuxWord(word)
  if (text !== undefined) return text
  return refuse(
    formatKey(path),
    'is empty, or has a double quote or a control character in it, which the kernel would not hand on',
  )
}

/** What stands behind a second `--` does not reach init (6.1). */
function initWord(word: string, index: number, refuse: Refuse): string {
  const path = ['rc', 0, 'argv', index + 1]
  if (word === '--') refuse(formatKey(path), 'is --, and a kernel forgets that and what stands behind it')
  return quoted(word, path, refuse)
}

/** Of a parameter that comes twice, the kernel takes one. */
function requireOnce(parameters: readonly string[], words: readonly string[], refuse: Refuse): void {
  const nameOf = (word: string): string => word.replace(/=[^]*/, '')
  for (const [i, word] of parameters.entries()) {
    const key = formatKey(['linux', 'parameters', i])
    if (word === '--') refuse(key, 'ends the parameters, which is done behind all of them')
    if (!words.some((other) => nameOf(other) === nameOf(word))) continue
    refuse(key, `says ${quote(nameOf(word))}, which a setting says as well`, 'keep one of the two', 'CONFLICT')
  }
}

const MOUNTED_LATER = 'is mounted by init, not by the kernel, which mounts / only'

function remoteRoot(
  { server, path }: NetMount,
  { interfaces }: ToldDocument['net'],
  refuse: Refuse,
): readonly string[] {
  const key = ['net', 'mount', '/'] as const
  if (!isAddress('inet', server))
    refuse(formatKey([...key, 'server']), 'is no IPv4 address, and a kernel looks up no names')
  if (interfaces.size === 0) refuse(formatKey(key), 'needs an interface, and there is none')
  return ['root=/dev/nfs', quoted(`nfsroot=${server}:${path}`, [...key, 'path'], refuse), 'rw']
}

function rootWords({ mount, net }: ToldDocument, refuse: Refuse): readonly string[] {
  for (const mountPoint of mount.keys()) {
    if (mountPoint !== '/') refuse(formatKey(['mount', mountPoint]), MOUNTED_LATER)
  }
  for (const mountPoint of net.mount.keys()) {
    if (mountPoint !== '/') refuse(formatKey(['net', 'mount', mountPoint]), MOUNTED_LATER)
  }
  const [root, remote] = [mount.get('/'), net.mount.get('/')]
  if (remote !== undefined) return remoteRoot(remote, net, refuse)
  return root === undefined ? [] : rootOf(root, refuse)
}

function rootOf(root: Mount, refuse: Refuse): readonly string[] {
  switch (root.source) {
    case 'blk': {
      const device = quoted(`root=${root.path}`, ['mount', '/', 'path'], refuse)
      const type = root.fstype === undefined ? [] : [`rootfstype=${root.fstype}`]
      return [device, ...type, root.readOnly ? 'ro' : 'rw']
    }
    case '9pfs':
      return [
        quoted(`root=${root.path}`, ['mount', '/', 'path'], refuse),
        'rootfstype=9p',
        'rootflags=trans=virtio',
        'rw',
      ]
    case 'virtiofs':
      return [quoted(`root=${root.path}`, ['mount', '/', 'path'], refuse), 'rootfstype=virtiofs', 'rw']
    case 'initrd':
      return []
    case 'tmpfs':
    case 'kernfs':
    case 'devfs':
      return refuse(formatKey(['mount', '/']), `is ${root.source}, which no kernel has for its root`)
  }
}

/** client:server:gateway:mask:host name:device:way:dns:dns */
function addressWords({ net, hostname = '' }: ToldDocument, refuse: Refuse): readonly string[] {
  const [first] = net.interfaces
  const { nameservers } = net.dns
  if (first === undefined) {
    if (nameservers.length > 0) refuse('net.dns.nameservers', 'is told with an interface, and there is none')
    return []
  }
  const [device, { addrs }] = first
  const [address, second] = addrs
  const key = formatKey(['net', 'interfaces', device])
  if (address === undefined) return refuse(key, 'has no address, and the kernel is told of addresses only')
  if (second !== undefined)
    refuse(formatKey(['net', 'interfaces', device, 'addrs', 1]), 'is a second address, and the kernel takes one')
  if (nameservers.length > 2) refuse('net.dns.nameservers[2]', 'is a third, and the kernel takes two')
  const servers = nameservers.map((server, i) => {
    if (server.includes(':')) refuse(`net.dns.nameservers[${i}]`, 'is an IPv6 address, and the kernel takes IPv4 only')
    return `:${server}`
  })
  const gateway = placedGateway(net, 'inet', refuse)?.addr ?? ''
  const split = address.method === 'static' ? splitAddress('inet', address.addr) : undefined
  const [client, mask] = split === undefined ? ['', ''] : [split.address, dottedMask(split.prefix)]
  const way = address.method === 'static' ? 'off' : 'dhcp'
  return [`ip=${client}::${gateway}:${mask}:${hostname}:${device}:${way}${servers.join('')}`]
}

function initWords({ rc, mount }: ToldDocument, refuse: Refuse): readonly string[] {
  const [program] = rc
  if (program === undefined || program.bin === '*') return []
  if (!program.bin.startsWith('/')) refuse('rc[0].bin', 'is no path from /, by which the kernel finds init')
  if (program.argv.length > 0 && program.argv[0] !== program.bin) {
    refuse('rc[0].argv[0]', 'is not the path of init, by which the kernel calls it')
  }
  const name = mount.get('/')?.source === 'initrd' ? 'rdinit' : 'init'
  return [quoted(`${name}=${program.bin}`, ['rc', 0, 'bin'], refuse)]
}

/** The kernel hands on what it does not know. */
function variables({ env }: ToldDocument, refuse: Refuse): readonly string[] {
  const words = [...env].map(([name, value]) => {
    const key = ['env', name]
    if (!VARIABLE_NAME.test(name))
      refuse(formatKey(key), 'could be a parameter of the kernel’s: those that are handed on have names in capitals')
    return quoted(`${name}=${value}`, key, refuse)
  })
  if (words.length > MAX_VARIABLES)
    refuse('env', `has more variables than the ${MAX_VARIABLES} that a kernel keeps for init`)
  return words
}

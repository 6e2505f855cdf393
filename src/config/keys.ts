// Every key of a configuration: what may stand there, how layers are put together there, when a guest looks at it. The one table;
// schema/config.schema.json and docs/spec/config.md are generated from it. Pure.

import { DIALECTS, familyOf } from './document.ts'
import {
  ADDRESS,
  DEVICE,
  DIRECTORY,
  DOMAIN,
  FILE_SYSTEM,
  HOST_NAME,
  INTERFACE,
  INTERFACE_ADDRESS,
  LOG_LEVEL,
  MEMORY,
  PARAMETER,
  PATH,
  PREFIX,
  PROGRAM,
  SERVER,
  SYSCTL,
  SYSCTL_TEXT,
  TAG,
  TMPFS_SIZE,
  VARIABLE,
  WORD,
} from './patterns.ts'
import {
  choice,
  type Group,
  group,
  integer,
  type Key,
  list,
  namedBy,
  type NamedElements,
  names,
  onOff,
  secretText,
  type Shape,
  text,
  textIn,
  type Variants,
} from './shape.ts'

/** How many of each: far more than any guest takes, few enough that a hostile document costs nothing. */
export const MAX_PROGRAMS = 64
export const MAX_WORDS = 1024
export const MAX_VARIABLES = 1024
/** As many devices as a manifest has. */
export const MAX_INTERFACES = 64
export const MAX_ADDRESSES = 16
export const MAX_GATEWAYS = 2
/** MAXNS and MAXDNSRCH of a resolver. */
export const MAX_NAMESERVERS = 3
export const MAX_SEARCH = 6
export const MAX_MOUNTS = 64
export const MAX_SYSCTLS = 256
export const MAX_PARAMETERS = 256

const boot = (shape: Shape, brief: string): Key => ({ shape, brief, read: 'boot' })
const network = (shape: Shape, brief: string): Key => ({ shape, brief, read: 'network' })
const start = (shape: Shape, brief: string): Key => ({ shape, brief, read: 'start' })
const plan = (shape: Shape, brief: string): Key => ({ shape, brief, read: 'plan' })

const sysctl = names(SYSCTL, MAX_SYSCTLS, { kind: 'scalar', rule: SYSCTL_TEXT })

const program = group(
  {
    bin: start(text(PROGRAM), 'Which program of the artefact; `*` is the first.'),
    argv: start(list(secretText(WORD), MAX_WORDS), 'All of its words, argv[0] included; its name alone if not given.'),
    runmode: start(
      choice('', '&', '|'),
      'Empty: wait for its end; `&`: go on; `|`: go on, and its output is the input of the next.',
    ),
    workdir: start(text(PATH), 'The directory in which it starts; `/` if not given.'),
    netbsd: start(
      group({ sysctl: start(sysctl, 'Nodes of the process, without `proc.curproc.`.') }),
      'What only NetBSD’s kernel knows.',
    ),
  },
  ['bin'],
)

const FAMILIES = choice('inet', 'inet6')

const address = group({
  type: boot(FAMILIES, 'The family; what `addr` is if not given.'),
  method: boot(
    choice('static', 'dhcp', 'auto'),
    '`dhcp` for inet, `auto` for inet6; `static` where there is an `addr`.',
  ),
  addr: boot(text(INTERFACE_ADDRESS), 'Address and length of its prefix.'),
})

const networkInterface = group({
  create: boot(onOff, 'The interface has to be made first.'),
  addrs: boot(list(address, MAX_ADDRESSES), 'Its addresses.'),
})

const gateway = group(
  {
    type: network(FAMILIES, 'The family; what `addr` is if not given.'),
    addr: network(text(ADDRESS), 'Its address.'),
  },
  ['addr'],
)

/** A gateway that does not say its family is of that of its address. */
const byFamily: NamedElements = {
  by: 'type',
  nameOf: (element) => textIn(element, 'type') ?? familyOf(textIn(element, 'addr') ?? ''),
}

const order = boot(integer(-1000, 1000), 'Smaller ones are mounted first; 0 if not given.')

/** What is mounted, with the keys that depend on it. */
function mountOf(source: string, keys: Readonly<Record<string, Key>> = {}, required: readonly string[] = []): Group {
  const what = boot(choice(source), 'What is mounted.')
  return group({ source: what, ...keys, order }, ['source', ...required])
}

const tagged = { path: boot(text(TAG), 'The tag under which the host offers the directory.') }

const mount: Variants = {
  kind: 'variants',
  by: 'source',
  of: {
    blk: mountOf(
      'blk',
      {
        path: boot(text(PATH), 'The block device in the guest: `/dev/ld0a`.'),
        options: boot(
          group({
            fstype: boot(text(FILE_SYSTEM), 'The kind of file system; tried one by one if not given.'),
            readOnly: boot(onOff, 'Nothing is written.'),
          }),
          'How.',
        ),
      },
      ['path'],
    ),
    tmpfs: mountOf('tmpfs', {
      options: boot(group({ size: boot(text(TMPFS_SIZE), 'At most; a bare number means bytes.') }), 'How.'),
    }),
    kernfs: mountOf('kernfs'),
    devfs: mountOf('devfs'),
    '9pfs': mountOf('9pfs', tagged, ['path']),
    virtiofs: mountOf('virtiofs', tagged, ['path']),
    initrd: mountOf('initrd'),
  },
}

const netMount = group(
  {
    source: network(choice('nfs'), 'What is mounted.'),
    server: network(text(SERVER), 'Who serves it.'),
    path: network(text(DIRECTORY), 'The directory there.'),
    order: network(integer(-1000, 1000), 'Smaller ones are mounted first; 0 if not given.'),
  },
  ['source', 'server', 'path'],
)

const block = group(
  {
    type: boot(choice('etfs', 'vnd'), '`etfs`: a disk of the host; `vnd`: a file of the guest, read-only.'),
    path: boot(text(PATH), '`blkfront:xvda`, the name of a device, or the file.'),
  },
  ['type', 'path'],
)

const net = group({
  interfaces: boot(names(INTERFACE, MAX_INTERFACES, networkInterface), 'Network interfaces by name.'),
  gateways: network(list(gateway, MAX_GATEWAYS, byFamily), 'Default routes, one for each family.'),
  dns: network(
    group({
      nameservers: network(list(text(ADDRESS), MAX_NAMESERVERS), 'Addresses, the first is asked first.'),
      search: network(list(text(DOMAIN), MAX_SEARCH), 'Domains in which short names are looked up.'),
    }),
    'How names are resolved.',
  ),
  mount: network(names(DIRECTORY, MAX_MOUNTS, netMount, 'whole'), 'Mounted through the network, by mount point.'),
})

const parameters = list(text(PARAMETER), MAX_PARAMETERS, 'append')

/** The document without `$schema`, `schema` and `schemaVersion`, which are no settings. */
export const CONFIG_SHAPE: Group = group({
  rc: start(
    list(program, MAX_PROGRAMS, namedBy('bin')),
    'The programs that run, in order; all of the artefact’s if not given.',
  ),
  env: boot(names(VARIABLE, MAX_VARIABLES, secretText(WORD)), 'Environment variables.'),
  hostname: boot(text(HOST_NAME), 'What the guest calls itself.'),
  net: boot(net, 'The network.'),
  blk: boot(names(DEVICE, MAX_MOUNTS, block, 'whole'), 'Block devices to attach, by their name below /dev.'),
  mount: boot(names(DIRECTORY, MAX_MOUNTS, mount, 'whole'), 'File systems by mount point.'),
  netbsd: boot(group({ sysctl: boot(sysctl, 'Nodes of the kernel.') }), 'What only NetBSD’s kernel knows.'),
  mirage: start(
    group({
      logs: start(list(text(LOG_LEVEL), MAX_PARAMETERS, 'append'), 'Log levels, the last that fits a source counts.'),
      prefixes: start(
        names(INTERFACE, MAX_INTERFACES, text(PREFIX)),
        'What stands before `ipv4` in the arguments of an interface.',
      ),
    }),
    'What only MirageOS knows.',
  ),
  linux: boot(group({ parameters: boot(parameters, 'Words for the kernel.') }), 'What only Linux knows.'),
  unikraft: boot(group({ parameters: boot(parameters, 'Words before `--`.') }), 'What only Unikraft knows.'),
  dialect: plan(choice(...DIALECTS), 'In whose words the guest is told all this.'),
  memory: plan(text(MEMORY), 'How much memory the guest wants.'),
})

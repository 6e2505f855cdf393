// What a configuration says (docs/spec/config.md), as values: names, addresses and amounts that have been checked once. What a layer, or
// all of them together, has come to; dialects read it, importers make it. Pure.

export const CONFIG_SCHEMA = 'slipway.config'
export const CONFIG_SCHEMA_VERSION = 1

/** Who is told: `rumprun` reads the last state of its specification, `rumprun-legacy` what was released. */
export const DIALECTS = ['solo5', 'mirage', 'rumprun', 'rumprun-legacy', 'unikraft', 'linux'] as const
export type DialectName = (typeof DIALECTS)[number]

/** Where a secret is: `env:NAME` or `file:PATH`. The value is never part of a configuration. */
export type SecretReference = { readonly $secret: string }

/** Text whose words nobody here has to understand, so that it may be a secret. */
export type Text = string | SecretReference

/** What a name in a document stands for. Absent and empty are the same everywhere, so nothing is ever undefined but a single value. */
export type ConfigDocument = {
  /** In the order in which they are started. None: what the artefact does by itself, which is to run all of its programs. */
  readonly rc: readonly Program[]
  readonly env: ReadonlyMap<string, Text>
  readonly hostname: string | undefined
  readonly net: Net
  /** Names of devices below /dev: `xbd0`, `vnd0`. */
  readonly blk: ReadonlyMap<string, BlockDevice>
  /** By mount point, in the order in which they are mounted. Once network and `net.mount` are there, nothing more is mounted from here. */
  readonly mount: ReadonlyMap<string, Mount>
  readonly netbsd: { readonly sysctl: Sysctl }
  readonly mirage: {
    /** Log levels, as `-l` takes them: `*:info`, `tcp:debug`. */
    readonly logs: readonly string[]
    /** What stands before `ipv4` in the arguments of a network interface; an empty one means nothing. */
    readonly prefixes: ReadonlyMap<string, string>
  }
  /** Parameters for the kernel that no other key says: `console=ttyS0`. In order. */
  readonly linux: { readonly parameters: readonly string[] }
  readonly unikraft: { readonly parameters: readonly string[] }
  /** In whose words the guest is told; undefined: what its target suggests. */
  readonly dialect: DialectName | undefined
  /** Bytes: how much memory the guest wants. A hint, which `--mem` overrules. */
  readonly memory: number | undefined
}

export type Program = {
  /** Which baked program; `*` is the first. */
  readonly bin: string
  /** All of it, argv[0] included; empty means `[bin]`. */
  readonly argv: readonly Text[]
  /** Empty: wait until it has ended. `&`: go on. `|`: go on, and its output is the next one's input. */
  readonly runmode: '' | '&' | '|'
  readonly workdir: string | undefined
  /** Without the prefix `proc.curproc.`. */
  readonly netbsd: { readonly sysctl: Sysctl }
}

export type Sysctl = ReadonlyMap<string, string | number | boolean>

export type Family = 'inet' | 'inet6'

/** Of an address that is one: only IPv6 has colons. */
export function familyOf(addr: string): Family {
  return addr.includes(':') ? 'inet6' : 'inet'
}

export type Net = {
  readonly interfaces: ReadonlyMap<string, Interface>
  /** At most one of each family. */
  readonly gateways: readonly Gateway[]
  readonly dns: { readonly nameservers: readonly string[]; readonly search: readonly string[] }
  /** Mounted once the network is there, in this order. */
  readonly mount: ReadonlyMap<string, NetMount>
}

export type Interface = {
  /** It has to be made first (`xenif0`). */
  readonly create: boolean
  readonly addrs: readonly InterfaceAddress[]
}

export type InterfaceAddress =
  | { readonly type: 'inet'; readonly method: 'dhcp' }
  | { readonly type: 'inet6'; readonly method: 'auto' }
  /** `10.0.0.2/24`, `fd00::2/64`. */
  | { readonly type: Family; readonly method: 'static'; readonly addr: string }

export type Gateway = { readonly type: Family; readonly addr: string }

/** A directory of a server: the only thing that is mounted through the network. */
export type NetMount = {
  readonly source: 'nfs'
  /** An address or a host name. */
  readonly server: string
  readonly path: string
}

export type BlockDevice =
  /** A disk of the host: `blkfront:xvda`, or the name of a Solo5 block device. */
  | { readonly type: 'etfs'; readonly path: string }
  /** A file of the guest as a disk. */
  | { readonly type: 'vnd'; readonly path: string }

export type Mount =
  /** `path` is the device in the guest. */
  | {
      readonly source: 'blk'
      readonly path: string
      readonly fstype: string | undefined
      readonly readOnly: boolean
    }
  /** `size` in bytes. */
  | { readonly source: 'tmpfs'; readonly size: number | undefined }
  | { readonly source: 'kernfs' | 'devfs' }
  /** `path` is the tag under which the host offers a directory. */
  | { readonly source: '9pfs' | 'virtiofs'; readonly path: string }
  /** An archive that comes with the kernel is unpacked there. */
  | { readonly source: 'initrd' }

/** Where a value was said. `program` is an object that was handed to the library. */
export type ConfigOrigin =
  | { readonly layer: 'defaults' | 'program' }
  | {
      readonly layer: 'baked' | 'file' | 'platform'
      readonly file: string
      readonly line: number
      readonly column: number
    }
  /** `flag` as it was given, without what a secret could be in: `--set env.A`, `-e A`. */
  | { readonly layer: 'command line'; readonly flag: string }

/** One value of a configuration. Objects and lists are the settings in them. */
export type Setting = {
  /** `net.interfaces.service.addrs[0].addr`; a name with other than letters, digits, `_` and `-` in it is quoted: `mount["/data"].path`. */
  readonly key: string
  /** As a document has it; a secret as its reference. */
  readonly value: string | number | boolean | SecretReference
  readonly origin: ConfigOrigin
  /** What other layers said, the one that came closest to winning first; null: that there should be nothing. */
  readonly losing: readonly { readonly value: LosingValue; readonly origin: ConfigOrigin }[]
}

export type LosingValue = Setting['value'] | null

export type EffectiveConfig = {
  readonly document: ConfigDocument
  /** By key, in the order of the document. */
  readonly settings: ReadonlyMap<string, Setting>
  /** What a layer removed, by key: for explaining why it is not there. */
  readonly removed: ReadonlyMap<string, Pick<Setting, 'origin' | 'losing'>>
}

/** The values of secrets by their reference. Apart from the configuration, so that none is printed by mistake. */
export type Secrets = ReadonlyMap<string, string>

export const NO_SETTINGS: ConfigDocument = {
  rc: [],
  env: new Map(),
  hostname: undefined,
  net: { interfaces: new Map(), gateways: [], dns: { nameservers: [], search: [] }, mount: new Map() },
  blk: new Map(),
  mount: new Map(),
  netbsd: { sysctl: new Map() },
  mirage: { logs: [], prefixes: new Map() },
  linux: { parameters: [] },
  unikraft: { parameters: [] },
  dialect: undefined,
  memory: undefined,
}

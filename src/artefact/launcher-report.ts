// What is said about a launcher, as plain data for programs (schema/launcher.schema.json): `slipway inspect` reads it out of the file,
// `slipway plan` says it beforehand. Pure. Texts may come from a file that nobody has vouched for.

export const LAUNCHER_SCHEMA_VERSION = 1

interface CommonDevice {
  readonly name: string
  /** The number by which the guest calls it. */
  readonly handle: number
  /** Its descriptor in the guest's process. */
  readonly descriptor: number
}

interface CommonBlock extends CommonDevice {
  readonly type: 'block'
  /** Bytes; the launcher demands that a file has this very size. */
  readonly capacity: number
  readonly sectorSize: number
  readonly readOnly: boolean
}

export interface ReportedDisk extends CommonBlock {
  /** What the launcher opens. */
  readonly path: string
  readonly form: 'file' | 'device'
  /** Against other processes; none where the file is shared. */
  readonly lock: 'shared' | 'exclusive' | 'none'
}

/** A part of the artefact's own file. Its descriptor is a number that no process has open. */
export interface ReportedPart extends CommonBlock {
  readonly form: 'baked'
  /** Which file it is in: the one that the image is mapped from, or the launcher itself. */
  readonly in: 'artefact' | 'launcher'
  /** Where it begins in that file, in bytes. */
  readonly offset: number
  readonly readOnly: true
}

export type ReportedBlock = ReportedDisk | ReportedPart

export interface ReportedNet extends CommonDevice {
  readonly type: 'net'
  readonly carrier: ReportedCarrier
  readonly mac: string
  readonly mtu: number
}

/** What frames travel over. */
export type ReportedCarrier =
  | { readonly kind: 'tap'; readonly interface: string }
  | { readonly kind: 'unix'; readonly path: string }
  /** Inherited from the starter: a socket, or attached to an interface. */
  | { readonly kind: 'descriptor'; readonly interface: string | null }

/** Addresses are strings of the form `0x100000`. */
export interface ReportedRange {
  readonly start: string
  /** Behind the last byte. */
  readonly end: string
  /** As `ls` writes it: `r-x`. */
  readonly access: string
  readonly what: (typeof REGIONS)[number]
}

export const REGIONS = ['boot information', 'image', 'memory', 'part', 'handler stack', 'launcher'] as const

export interface ReportedCondition {
  /** Counts from 0. */
  readonly argument: number
  readonly test: 'equals' | 'at-most' | 'masked'
  /** 64 bits, as `0x200`. */
  readonly value: string
  /** Of `masked`: the bits that must be those of the value; null else. */
  readonly mask: string | null
}

export interface ReportedRule {
  readonly call: string
  /** All of them must hold. */
  readonly when: readonly ReportedCondition[]
  /** The errno that the guest gets; null where it gets none of the filter's. */
  readonly errno: number | null
  /** The part from which the handler serves the call instead of the kernel, counted from 0; null where it does not. */
  readonly part: number | null
  /** Null where the rule is not one that this Slipway would have set for these devices. */
  readonly reason: string | null
}

export interface ReportedRecord {
  readonly kind: 'call' | 'compare' | 'enter'
  /** The system call; null for the others. */
  readonly call: string | null
  /** Of a call, as strace writes them; of `compare` address, mask and value; of `enter` rdi, rsp and rip. */
  readonly arguments: readonly string[]
  /** How often the call is made, the first argument growing by one. */
  readonly times: number
  /** What the result has to be: a number, `not negative`, or null where it does not matter. */
  readonly demand: string | null
  /** What a person reads when the demand is not met; null where that is no failure. */
  readonly failure: string | null
  /** The number of the record at which it goes on then, instead of failing. */
  readonly otherwise: number | null
}

/** `schema/launcher.schema.json` describes it field by field. */
export interface LauncherReport {
  readonly schema: 'slipway.launcher'
  readonly schemaVersion: typeof LAUNCHER_SCHEMA_VERSION
  readonly target: 'spt'
  /** Of the process, for `ps`. */
  readonly name: string
  /** Bytes of guest memory. */
  readonly memorySize: number
  /** Of heap and stack, as `ls` writes it. */
  readonly heapAccess: string
  readonly entry: string
  readonly commandLine: string
  /** Where the guest's segments are: in the launcher itself, in a file that it opens, in a descriptor that it inherits. */
  readonly image: {
    readonly from: 'launcher' | 'file' | 'descriptor'
    readonly path: string | null
  }
  readonly devices: readonly (ReportedBlock | ReportedNet)[]
  readonly descriptors: {
    readonly epoll: number
    readonly timer: number
    /** Tells the starter whether the guest has been entered; null where nobody listens. */
    readonly status: number | null
  }
  /** The process whose end ends the guest; null where there is none. */
  readonly parent: number | null
  /** Whether a second process waits for the other ends of net devices to go away. */
  readonly watcher: boolean
  /** All that is mapped when the guest is entered. */
  readonly memoryMap: readonly ReportedRange[]
  readonly filter: {
    readonly instructions: number
    /** Whether it is what this Slipway sets for these devices. */
    readonly usual: boolean
    readonly rules: readonly ReportedRule[]
  }
  readonly records: readonly ReportedRecord[]
}

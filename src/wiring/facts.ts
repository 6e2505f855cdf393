// What planning needs to know of the machine: gathered read-only by host/, believed by nobody, and checked again by the launcher. Pure.

/** Which file the artefact is, so that a launcher which opens or inherits it can tell that it is still the same. */
export type FileIdentity = {
  readonly device: bigint
  readonly inode: bigint
  /** Bytes. */
  readonly size: number
  readonly modifiedSeconds: bigint
  readonly modifiedNanoseconds: bigint
}

export type BlockFacts = {
  readonly kind: 'block'
  readonly form: 'file' | 'device'
  /** Bytes. */
  readonly size: number
  /** Of the file system and within it; the contents may change, so neither size nor times belong to the identity. */
  readonly device: bigint
  readonly inode: bigint
  /** The numbers of the disk itself, which may have several names; of files undefined. */
  readonly disk?: bigint | undefined
}

export type TapFacts = { readonly kind: 'tap'; readonly interface: string; readonly mtu: number }

/** A connected socket of type SOCK_SEQPACKET, or one to connect to. `socket` is the same for the same one. */
export type SeqpacketFacts = { readonly kind: 'seqpacket'; readonly socket: string }

export type ResourceFacts = BlockFacts | TapFacts | SeqpacketFacts

export type HostFacts = {
  readonly platform: string
  readonly machine: string
  /** The kernel's release as uname gives it: `6.1.0-50-cloud-amd64`. */
  readonly kernel: string
  readonly artefact: {
    /** As a process with the same working directory can open it; undefined where none can (bytes in memory, a descriptor). */
    readonly path: string | undefined
    readonly identity: FileIdentity | undefined
    /** Whether its file system lets pages be executed (not mounted noexec). */
    readonly executable: boolean
  }
  /** What is behind each wire, by the name of its device. */
  readonly resources: ReadonlyMap<string, ResourceFacts>
}

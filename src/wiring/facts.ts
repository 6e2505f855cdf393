// What planning needs to know of the machine: gathered read-only by host/, believed by nobody, and checked again by the launcher. Pure.

import type { Cidr } from '../base/ipv4.ts'

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
  /** There is nothing yet, but there could be a file: the numbers are those of its directory. */
  readonly missing?: boolean | undefined
}

export type TapFacts = { readonly kind: 'tap'; readonly interface: string; readonly mtu: number }

/** A connected socket of type SOCK_SEQPACKET, or one to connect to. `socket` is the same for the same one. */
export type SeqpacketFacts = { readonly kind: 'seqpacket'; readonly socket: string }

/** What a network of Slipway's own would be made of here. */
export type UserFacts = {
  readonly kind: 'user'
  /** Which kind of descriptor the guest's end is, and what fits a frame of it, in bytes without its header. */
  readonly socket: 'seqpacket' | 'udp'
  readonly maxMtu: number
  /** Where this machine sends packets to, but for all the rest (0.0.0.0/0). */
  readonly routes: readonly Cidr[]
  /** The subnet of the network that exists already, where the guest joins one. */
  readonly joins: Cidr | undefined
}

export type ResourceFacts = BlockFacts | TapFacts | SeqpacketFacts | UserFacts

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

/** Facts are gathered for exactly the devices that are wired: others are our own mistake. */
export function factsOf(device: string, resources: HostFacts['resources']): ResourceFacts {
  const facts = resources.get(device)
  if (facts === undefined) throw new TypeError(`no facts about the device ${device}`)
  return facts
}

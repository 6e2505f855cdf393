// What passes between the thread that a program runs in and the one that its networks run in. Everything is data that postMessage copies. Numbers of
// networks, ports and publications are the asking thread's, and are never used twice.

import type { Cidr } from '../../base/ipv4.ts'
import type { Impairments } from '../../netstack/impairment.ts'
import type { Policy } from '../../netstack/policy.ts'
import type { PortStatistics } from '../../netstack/statistics.ts'

/** A descriptor is this process's, and the asking thread's: it is closed there when `closed` has come. */
export type LineEnd =
  | { readonly kind: 'seqpacket'; readonly descriptor: number }
  | { readonly kind: 'tap'; readonly descriptor: number }
  /** The guest's socket on loopback. */
  | { readonly kind: 'udp'; readonly port: number }

export type PortRequest = {
  readonly name: string
  readonly mac: Uint8Array
  readonly mtu: number
  readonly policy: Policy
  readonly impairments: Impairments | undefined
  /** The path of a capture file. */
  readonly pcap: string | undefined
}

export type PublishRequest = {
  readonly address: string
  readonly hostPort: number
  readonly guestPort: number
  readonly protocol: 'tcp' | 'udp'
}

/** Each kind with what is asked and what the answer is. */
export type Calls = {
  open: { ask: { network: number; subnet: Cidr }; answer: undefined }
  /** Of a line of kind `udp`, the answer is the port of our socket. */
  attach: { ask: { network: number; port: number; line: LineEnd; options: PortRequest }; answer: number | undefined }
  /** Frames travel from now on. */
  start: { ask: { port: number }; answer: undefined }
  /** The answer is the port that is listened on. */
  publish: { ask: { port: number; publication: number; request: PublishRequest }; answer: number }
  unpublish: { ask: { publication: number }; answer: undefined }
  detach: { ask: { port: number }; answer: undefined }
  stats: { ask: { network: number }; answer: readonly PortFigures[] }
  close: { ask: { network: number }; answer: undefined }
}

/** What the thread is started with. It puts 1 there when it has been told to stop and does not watch any descriptor any more. */
export type ThreadData = { readonly stopped: Int32Array }

export type CallKind = keyof Calls
export type Request = {
  [K in CallKind]: { readonly id: number; readonly kind: K; readonly ask: Calls[K]['ask'] }
}[CallKind]

export type PortFigures = {
  readonly name: string
  /** As far as the guest's traffic has told it. */
  readonly address: string | undefined
  readonly statistics: PortStatistics
  /** Frames that did not even get as far as to be counted there. */
  readonly malformed: number
  /** One for each TCP connection. */
  readonly connections: readonly string[]
}

/** What the networks' thread says: answers, and what happens by itself. */
export type Notice =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'log'; readonly network: number; readonly line: string }
  /** The guest's end of a port is gone, and the port with it. */
  | { readonly kind: 'ended'; readonly port: number }
  /** Nothing there reads or writes the descriptor any more. */
  | { readonly kind: 'closed'; readonly descriptor: number }

/** An error of ours without its identity: `postMessage` keeps the text of one, not its class and code. */
export type SentError = {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly advice: string | undefined
}

// A network of Slipway's own in the report of a plan: what has been decided about it, for programs and for people. Pure.

import { formatCidr } from '../../base/ipv4.ts'
import { quote } from '../../base/quote.ts'
import type { PlannedUser } from '../../wiring/planned-user.ts'
import { describeListener, type Protocol } from '../../wiring/publish.ts'
import { describeOrigin, type WireOrigin } from '../../wiring/origin.ts'

export interface ReportedUser {
  readonly kind: 'user'
  readonly subnet: string
  readonly chosenBy: PlannedUser['chosenBy']
  /** A route of the machine that the guest cannot use, since its own network lies over it. */
  readonly hides: string | null
  /** Also the name server, and what gives leases. */
  readonly gateway: string
  /** What host.slipway.internal resolves to. */
  readonly hostAddress: string
  /** By which other guests of the network find it. */
  readonly guestName: string
  /** What the guest's end is. */
  readonly socket: PlannedUser['socket']
  readonly internet: boolean
  readonly host: boolean
  readonly allowHostLoopback: boolean
  readonly allow: readonly string[]
  readonly pcap: string | null
  /** Bits per second; milliseconds; a share from 0 to 1. */
  readonly rate: number | null
  readonly delay: number
  readonly loss: number
  readonly published: readonly ReportedPort[]
}

export interface ReportedPort {
  readonly protocol: Protocol
  readonly address: string
  /** 0: any that is free when it is run. */
  readonly hostPort: number
  readonly guestPort: number
  readonly origin: WireOrigin
}

/** What the network itself answers to. */
export type UserAddresses = { readonly gateway: string; readonly hostAddress: string }

/** Throws TypeError where the addresses are missing: whoever has planned the network knows them. */
export function reportUser(user: PlannedUser, addresses: UserAddresses | undefined): ReportedUser {
  if (addresses === undefined) throw new TypeError('no addresses of a network')
  const { chosenBy, hides, guestName, socket, internet, host, allowHostLoopback, delay, loss } = user
  return {
    kind: 'user',
    subnet: formatCidr(user.subnet),
    chosenBy,
    hides: hides === undefined ? null : formatCidr(hides),
    ...addresses,
    guestName,
    socket,
    internet,
    host,
    allowHostLoopback,
    allow: user.allow.map(formatCidr),
    pcap: user.pcap ?? null,
    rate: user.rate ?? null,
    delay,
    loss,
    published: user.publish.map(({ protocol, address, hostPort, guestPort, origin }) => {
      return { protocol, address, hostPort, guestPort, origin }
    }),
  }
}

/** Lines for people, below the device. Texts of the operator are quoted. */
export function describeUser(user: ReportedUser): string[] {
  const { gateway, hostAddress, chosenBy, hides, pcap, socket, published } = user
  return [
    `${CHOICE[chosenBy]}; gateway, leases and names at ${gateway}, host.slipway.internal is ${hostAddress}`,
    ...(hides === null ? [] : [`the machine’s own route to ${hides} is not for this guest`]),
    describeReach(user),
    ...describeTesting(user),
    ...(pcap === null ? [] : [`its frames are written to ${quote(pcap)}`]),
    ...(socket === 'udp' ? ['its frames travel over UDP on loopback, slower than where koffi can be loaded'] : []),
    ...published.map((port) => `published: ${describePort(port)}`),
  ]
}

const CHOICE: Readonly<Record<ReportedUser['chosenBy'], string>> = {
  wire: 'the subnet is the operator’s choice',
  slipway: 'the subnet clashes with no route of this machine',
  network: 'it joins a network that is there already',
}

function describeReach({ internet, host, allowHostLoopback, allow }: ReportedUser): string {
  const reached = [
    ...(internet ? ['the internet'] : []),
    ...(host ? [`the host by its name${allowHostLoopback ? ', and what listens on its loopback' : ''}`] : []),
    ...(!host && allowHostLoopback ? ['what listens on the host’s loopback'] : []),
    ...allow,
  ]
  return `it reaches ${reached.length === 0 ? 'nothing outside of its network' : reached.join('; ')}`
}

function describeTesting({ rate, delay, loss }: ReportedUser): string[] {
  const parts = [
    ...(rate === null ? [] : [`${rate} bits per second`]),
    ...(delay === 0 ? [] : [`${delay} ms late`]),
    ...(loss === 0 ? [] : [`${Number((loss * 100).toPrecision(6))} % lost`]),
  ]
  return parts.length === 0 ? [] : [`for testing, each way: ${parts.join(', ')}`]
}

function describePort(port: ReportedPort): string {
  const where = port.hostPort === 0 ? `${port.protocol} ${port.address}, any free port` : describeListener(port)
  return `${where} -> port ${port.guestPort} (${describeOrigin(port.origin)})`
}

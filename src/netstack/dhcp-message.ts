// Messages of DHCP (RFC 2131, options of RFC 2132): a guest's taken apart, the server's put together. Pure.

import type { ByteReader } from '../base/reader.ts'
import { putU16, putU32 } from './bytes.ts'
import type { Hardware } from './ethernet.ts'
import { putHardware } from './ethernet.ts'
import { readU16, readU32 } from './network-order.ts'
import type { IpAddress } from './packets.ts'

const FIXED = 236 // bytes in front of the options' magic number
const MAGIC = 0x63825363
const SHORTEST = 300 // bytes: what relays and old clients expect of a reply (RFC 1542, 2.1)
const BROADCAST_FLAG = 0x8000

/** Numbers of options, as they are called in RFC 2132. */
export const OPTION = {
  subnetMask: 1,
  router: 3,
  nameServers: 6,
  hostName: 12,
  domainName: 15,
  mtu: 26,
  broadcast: 28,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  server: 54,
  parameters: 55,
  message: 56,
  renewalTime: 58,
  rebindingTime: 59,
  clientId: 61,
} as const

const PAD = 0
const END = 255

export const MESSAGE_TYPES = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  acknowledge: 5,
  refuse: 6,
  release: 7,
  inform: 8,
} as const

export type DhcpRequest = {
  readonly type: number
  readonly transaction: number
  readonly wantsBroadcast: boolean
  /** What the client uses already; 0 for none, as in the next. */
  readonly clientAddress: IpAddress
  readonly relay: IpAddress
  readonly hardware: Hardware
  readonly requestedAddress: IpAddress | undefined
  readonly server: IpAddress | undefined
  readonly clientId: Uint8Array | undefined
  /** Numbers of the options that it wants; undefined where it does not say. */
  readonly parameters: ReadonlySet<number> | undefined
}

/** Throws FormatError, and nothing else, whatever the bytes are. */
export function decodeDhcp(r: ByteReader): DhcpRequest {
  r.check(r.u8(0, 'op') === 1, 'BAD_VALUE', 0, 'op', 'is not that of a request')
  r.check(r.u8(1, 'htype') === 1 && r.u8(2, 'hlen') === 6, 'UNSUPPORTED', 1, 'htype', 'is not Ethernet')
  r.check(readU32(r, FIXED, 'magic') === MAGIC, 'BAD_MAGIC', FIXED, 'magic', 'is not that of DHCP')
  const options = decodeOptions(r)
  const type = options.get(OPTION.messageType)
  r.check(type?.length === 1, 'BAD_VALUE', FIXED, 'message type', 'is missing, or not one byte')
  const parameters = options.get(OPTION.parameters)
  return {
    type: type.u8(0, 'message type'),
    transaction: readU32(r, 4, 'xid'),
    wantsBroadcast: (readU16(r, 10, 'flags') & BROADCAST_FLAG) !== 0,
    clientAddress: readU32(r, 12, 'ciaddr'),
    relay: readU32(r, 24, 'giaddr'),
    hardware: { high: readU16(r, 28, 'chaddr'), low: readU32(r, 30, 'chaddr') },
    requestedAddress: addressOption(options, OPTION.requestedAddress, 'requested address'),
    server: addressOption(options, OPTION.server, 'server identifier'),
    clientId: bytesOf(options.get(OPTION.clientId)),
    parameters: parameters === undefined ? undefined : new Set(bytesOf(parameters)),
  }
}

/** The last of each number counts. The fields of a boot file's names hold more of them where the option "overload" says so. */
function decodeOptions(r: ByteReader): ReadonlyMap<number, ByteReader> {
  const options = new Map<number, ByteReader>()
  readOptions(r.slice(FIXED + 4, r.length - FIXED - 4, 'options'), options)
  const overload = options.get(OPTION.overload)
  const fields = overload?.length === 1 ? overload.u8(0, 'overload') : 0
  if ((fields & 1) !== 0) readOptions(r.slice(108, 128, 'file'), options)
  if ((fields & 2) !== 0) readOptions(r.slice(44, 64, 'sname'), options)
  return options
}

function readOptions(r: ByteReader, options: Map<number, ByteReader>): void {
  let at = 0
  while (at < r.length) {
    const code = r.u8(at++, 'option')
    if (code === END) return
    if (code === PAD) continue
    const length = r.u8(at++, 'option length')
    options.set(code, r.slice(at, length, `option ${code}`))
    at += length
  }
}

function addressOption(options: ReadonlyMap<number, ByteReader>, code: number, field: string): IpAddress | undefined {
  const option = options.get(code)
  option?.check(option.length === 4, 'BAD_VALUE', 0, field, 'is not four bytes')
  return option === undefined ? undefined : readU32(option, 0, field)
}

function bytesOf(option: ByteReader | undefined): Uint8Array | undefined {
  return option?.bytes(0, option.length, 'option').slice()
}

export type DhcpReply = {
  readonly transaction: number
  readonly wantsBroadcast: boolean
  readonly clientAddress: IpAddress
  /** What the client may use. */
  readonly yourAddress: IpAddress
  readonly hardware: Hardware
  readonly options: readonly (readonly [code: number, value: Uint8Array])[]
}

export function encodeDhcp(reply: DhcpReply): Uint8Array {
  const size = reply.options.reduce((sum, [, value]) => sum + 2 + value.length, FIXED + 4 + 1)
  const bytes = new Uint8Array(Math.max(size, SHORTEST))
  bytes.set([2, 1, 6])
  putU32(bytes, 4, reply.transaction)
  putU16(bytes, 10, reply.wantsBroadcast ? BROADCAST_FLAG : 0)
  putU32(bytes, 12, reply.clientAddress)
  putU32(bytes, 16, reply.yourAddress)
  putHardware(bytes, 28, reply.hardware)
  putU32(bytes, FIXED, MAGIC)
  let at = FIXED + 4
  for (const [code, value] of reply.options) {
    bytes.set([code, value.length], at)
    bytes.set(value, at + 2)
    at += 2 + value.length
  }
  bytes[at] = END
  return bytes
}

// Frames as a guest sends and reads them, written down the slow and plain way and with nothing of what they are to test. For tests. Pure.

export const GUEST_MAC: Uint8Array = Uint8Array.of(0x02, 0, 0, 0, 0, 0x0a)
export const GATEWAY_MAC: Uint8Array = Uint8Array.of(0x02, 0, 0x53, 0x6c, 0x69, 0x70)
export const BROADCAST_MAC: Uint8Array = new Uint8Array(6).fill(0xff)

/** Bytes one behind the other. */
export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function be16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255]
}

export function be32(value: number): number[] {
  return [...be16(value >>> 16), ...be16(value & 0xffff)]
}

/** `10.0.0.2` as four bytes. */
export function ip(text: string): number[] {
  return text.split('.').map(Number)
}

/** RFC 1071 as it is told there: 16-bit words in network order, one at a time. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] as number) << 8) + (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

export type Ends = { readonly from: string; readonly to: string }

export function ethernet(
  payload: Uint8Array,
  type: number,
  to = GATEWAY_MAC,
  from = GUEST_MAC,
): Uint8Array<ArrayBuffer> {
  return concat(to, from, be16(type), payload)
}

export type Ipv4Options = {
  readonly ttl?: number
  readonly id?: number
  readonly fragment?: number
  readonly options?: readonly number[]
}

export function ipv4(
  ends: Ends,
  protocol: number,
  payload: Uint8Array,
  more: Ipv4Options = {},
): Uint8Array<ArrayBuffer> {
  const { ttl = 64, id = 1, fragment = 0, options = [] } = more
  const length = 20 + options.length
  const header = concat(
    [0x40 | (length / 4), 0],
    be16(length + payload.length),
    be16(id),
    be16(fragment),
    [ttl, protocol, 0, 0],
    ip(ends.from),
    ip(ends.to),
    options,
  )
  header.set(be16(checksum(header)), 10)
  return concat(header, payload)
}

/** Checksum of what is behind an IP header, over the pseudo header as well. */
function transportChecksum(ends: Ends, protocol: number, segment: Uint8Array): number {
  return checksum(concat(ip(ends.from), ip(ends.to), [0, protocol], be16(segment.length), segment))
}

export function udp(ends: Ends, fromPort: number, toPort: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const datagram = concat(be16(fromPort), be16(toPort), be16(8 + payload.length), [0, 0], payload)
  datagram.set(be16(transportChecksum(ends, 17, datagram) || 0xffff), 6)
  return datagram
}

export type Segment = {
  readonly fromPort: number
  readonly toPort: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: number
  readonly window?: number
  readonly options?: readonly number[]
  readonly payload?: Uint8Array
}

export const FIN = 1
export const SYN = 2
export const PSH = 8
export const ACK = 16

export function tcp(ends: Ends, segment: Segment): Uint8Array<ArrayBuffer> {
  const { window = 65535, options = [], payload = new Uint8Array(0) } = segment
  const bytes = concat(
    be16(segment.fromPort),
    be16(segment.toPort),
    be32(segment.sequence),
    be32(segment.acknowledgement),
    [((20 + options.length) / 4) << 4, segment.flags],
    be16(window),
    [0, 0, 0, 0],
    options,
    payload,
  )
  bytes.set(be16(transportChecksum(ends, 6, bytes)), 16)
  return bytes
}

export function icmp(type: number, code: number, rest: Uint8Array | readonly number[]): Uint8Array<ArrayBuffer> {
  const message = concat([type, code, 0, 0], rest)
  message.set(be16(checksum(message)), 2)
  return message
}

export function arp(
  operation: 1 | 2,
  sender: string,
  target: string,
  hardware = GUEST_MAC,
  targetHardware: Uint8Array = new Uint8Array(6),
) {
  return concat([0, 1, 8, 0, 6, 4], be16(operation), hardware, ip(sender), targetHardware, ip(target))
}

/** A frame taken apart, with each checksum looked at. Throws where something is wrong with it: what we send has to be right. */
export type ReadFrame = {
  readonly to: string
  readonly from: string
  readonly type: number
  readonly payload: Uint8Array
  readonly ip?: ReadPacket
}

export type ReadPacket = Ends & {
  readonly protocol: number
  readonly ttl: number
  readonly id: number
  readonly fragment: number
  readonly payload: Uint8Array
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')

export function readFrame(frame: Uint8Array): ReadFrame {
  const type = word(frame, 12)
  const payload = frame.subarray(14)
  const basic = { to: hex(frame.subarray(0, 6)), from: hex(frame.subarray(6, 12)), type, payload }
  return type === 0x0800 ? { ...basic, ip: readIpv4(payload) } : basic
}

export function readIpv4(packet: Uint8Array): ReadPacket {
  const length = ((packet[0] as number) & 15) * 4
  if ((packet[0] as number) >>> 4 !== 4 || length < 20) throw new Error('no IPv4 header')
  if (checksum(packet.subarray(0, length)) !== 0) throw new Error('wrong checksum of an IPv4 header')
  if (word(packet, 2) !== packet.length) throw new Error(`total length ${word(packet, 2)} of ${packet.length} bytes`)
  const ends = { from: packet.subarray(12, 16).join('.'), to: packet.subarray(16, 20).join('.') }
  const read = {
    ...ends,
    protocol: packet[9] as number,
    ttl: packet[8] as number,
    id: word(packet, 4),
    fragment: word(packet, 6),
    payload: packet.slice(length),
  }
  if ((read.fragment & 0x3fff) === 0) requireChecksum(read)
  return read
}

function requireChecksum({ from, to, protocol, payload }: ReadPacket): void {
  const sum = protocol === 1 ? checksum(payload) : transportChecksum({ from, to }, protocol, payload)
  if (sum !== 0) throw new Error(`wrong checksum behind an IPv4 header of protocol ${protocol}`)
}

export function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

export function long(bytes: Uint8Array, at: number): number {
  return word(bytes, at) * 0x10000 + word(bytes, at + 2)
}

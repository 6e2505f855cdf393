// Frames as a guest makes them, for tests and fuzzing. Right in every length and checksum unless told otherwise; written without any code of the network
// that is to be tested with them.

export type Bytes = Uint8Array

export const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255)
export const ARP = 0x0806
export const IPV4 = 0x0800
export const ICMP = 1
export const TCP = 6
export const UDP = 17
export const FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const

export function join(...parts: readonly Bytes[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Numbers of 8, 16 or 32 bits, big-endian: `fields([1, 16], [2, 32])`. */
export function fields(...each: readonly (readonly [value: number, bits: 8 | 16 | 32])[]): Uint8Array {
  return Uint8Array.from(
    each.flatMap(([value, bits]) => Array.from({ length: bits / 8 }, (_, i) => (value >>> (bits - 8 * (i + 1))) & 255)),
  )
}

/** RFC 1071, one word after the other. */
export function checksum(...parts: readonly Bytes[]): number {
  const bytes = join(...parts)
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) {
    sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0)
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  return ~sum & 0xffff
}

export function ethernet(to: Bytes, from: Bytes, type: number, payload: Bytes): Uint8Array {
  return join(to, from, fields([type, 16]), payload)
}

export type ArpFields = { operation: number; hardware: Bytes; address: number; targetHardware?: Bytes; target: number }

export function arp({ operation, hardware, address, targetHardware, target }: ArpFields): Uint8Array {
  const fixed = fields([1, 16], [IPV4, 16], [6, 8], [4, 8], [operation, 16])
  return join(fixed, hardware, fields([address, 32]), targetHardware ?? new Uint8Array(6), fields([target, 32]))
}

export type IpFields = {
  readonly source: number
  readonly destination: number
  readonly protocol: number
  readonly id?: number
  readonly flagsAndOffset?: number
  readonly ttl?: number
  readonly options?: Bytes
  /** What the header says, where that is not the truth. */
  readonly total?: number
}

export function ipv4(of: IpFields, payload: Bytes): Uint8Array {
  const { source, destination, protocol, id = 1, flagsAndOffset = 0, ttl = 64, options = new Uint8Array(0) } = of
  const length = 20 + options.length
  const total = of.total ?? length + payload.length
  const header = join(
    fields([0x40 | (length >>> 2), 8], [0, 8], [total, 16], [id, 16], [flagsAndOffset, 16], [ttl, 8], [protocol, 8]),
    fields([0, 16], [source, 32], [destination, 32]),
    options,
  )
  header.set(fields([checksum(header), 16]), 10)
  return join(header, payload)
}

type Ends = { readonly source: number; readonly destination: number }
const pseudo = ({ source, destination }: Ends, protocol: number, length: number): Uint8Array =>
  fields([source, 32], [destination, 32], [protocol, 16], [length, 16])

export function udp(ends: Ends, sourcePort: number, port: number, payload: Bytes): Uint8Array {
  const length = 8 + payload.length
  const packet = join(fields([sourcePort, 16], [port, 16], [length, 16], [0, 16]), payload)
  packet.set(fields([checksum(pseudo(ends, UDP, length), packet) || 0xffff, 16]), 6)
  return packet
}

export type TcpFields = {
  readonly sourcePort: number
  readonly port: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: number
  readonly window?: number
  readonly options?: Bytes
}

/** `options` are padded to whole words. */
export function tcp(ends: Ends, of: TcpFields, payload: Bytes = new Uint8Array(0)): Uint8Array {
  const { sourcePort, port, sequence, acknowledgement, flags, window = 0xffff, options = new Uint8Array(0) } = of
  const words = Math.ceil(options.length / 4)
  const header = fields(
    [sourcePort, 16],
    [port, 16],
    [sequence, 32],
    [acknowledgement, 32],
    [(5 + words) << 4, 8],
    [flags, 8],
    [window, 16],
    [0, 16],
    [0, 16],
  )
  const packet = join(header, options, new Uint8Array(words * 4 - options.length), payload)
  packet.set(fields([checksum(pseudo(ends, TCP, packet.length), packet), 16]), 16)
  return packet
}

export function icmp(type: number, code: number, rest: number, payload: Bytes): Uint8Array {
  const packet = join(fields([type, 8], [code, 8], [0, 16], [rest, 32]), payload)
  packet.set(fields([checksum(packet), 16]), 2)
  return packet
}

/** A request of RFC 2131; options are `[code, ...bytes]`, the end is added. */
export function dhcp(hardware: Bytes, options: readonly (readonly number[])[]): Uint8Array {
  const fixed = fields([1, 8], [1, 8], [6, 8], [0, 8], [0x12345678, 32], [0, 32], [0, 32], [0, 32], [0, 32], [0, 32])
  const names = new Uint8Array(10 + 64 + 128) // the rest of the hardware address, server and file
  const cookie = fields([0x63825363, 32])
  const encoded = options.flatMap(([code = 0, ...bytes]) => [code, bytes.length, ...bytes])
  return join(fixed, hardware, names, cookie, Uint8Array.from([...encoded, 255]))
}

/** A question of RFC 1035. */
export function dnsQuery(id: number, name: string, type: number): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...new TextEncoder().encode(label)])
  const header = fields([id, 16], [0x0100, 16], [1, 16], [0, 16], [0, 16], [0, 16])
  return join(header, Uint8Array.from([...labels, 0]), fields([type, 16], [1, 16]))
}

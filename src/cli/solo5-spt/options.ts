// Options that wire devices, as the reference's scanf() formats read them: white space before a value is skipped and ends it, and what
// follows a number is ignored. Pure.

import { saturate } from './words.ts'

export type DeviceOption =
  | { readonly kind: 'net'; readonly device: string; readonly target: string }
  | { readonly kind: 'net-mac'; readonly device: string; readonly mac: string }
  | { readonly kind: 'block'; readonly device: string; readonly path: string }
  | { readonly kind: 'block-sector-size'; readonly device: string; readonly size: number }
  | { readonly kind: 'exec-heap' }

const SPACE = '[ \\t-\\r]*' // what C calls white space
const WORD = '([^ \\t-\\r]'
const HEX = '([0-9A-Fa-f]{1,2})'

const pattern = (option: string, value: string): RegExp =>
  new RegExp(`^--${option}:([A-Za-z0-9]{1,67})=${SPACE}${value}`)
const NET = pattern('net', `${WORD}{1,19})`)
const NET_MAC = pattern('net-mac', Array.from({ length: 6 }, () => HEX).join(':'))
const BLOCK = pattern('block', `${WORD}{1,4096})`)
const SECTOR_SIZE = pattern('block-sector-size', '([+-]?\\d+)')

/** undefined for what is none of them, or has another form. */
export function parseDeviceOption(option: string): DeviceOption | undefined {
  if (option.startsWith('--x-exec-heap')) return { kind: 'exec-heap' }
  const net = NET.exec(option)
  if (net !== null) return { kind: 'net', device: part(net, 1), target: part(net, 2) }
  const mac = NET_MAC.exec(option)
  if (mac !== null) {
    const pairs = mac.slice(2).map((digits) => digits.toLowerCase().padStart(2, '0'))
    return { kind: 'net-mac', device: part(mac, 1), mac: pairs.join(':') }
  }
  const block = BLOCK.exec(option)
  if (block !== null) return { kind: 'block', device: part(block, 1), path: part(block, 2) }
  const sector = SECTOR_SIZE.exec(option)
  if (sector === null) return undefined
  return { kind: 'block-sector-size', device: part(sector, 1), size: toUint16(BigInt(part(sector, 2))) }
}

function part(match: RegExpExecArray, group: number): string {
  return match[group] as string
}

/** As a number too large for C's strtoul(), and then for 16 bits, comes out of it. */
function toUint16(value: bigint): number {
  const most = 2n ** 64n - 1n
  const read = value < -most ? most : saturate(value, -most, most)
  return Number(BigInt.asUintN(16, read))
}

// Where this machine sends IPv4 packets to, as /proc/net/route lists it (proc_pid_net(5)): for networks of guests that clash with nothing.

import { readFileSync } from 'node:fs'
import type { Cidr } from '../base/ipv4.ts'

const RTF_UP = 1

/** Destinations, but for that of all the rest. None where the system does not say. */
export function readRoutes(): readonly Cidr[] {
  try {
    return parseRoutes(readFileSync('/proc/net/route', 'utf8'))
  } catch {
    return []
  }
}

/** Exported for tests. The columns count; addresses are the machine's 32-bit numbers whose bytes are the network's, lowest first. */
export function parseRoutes(text: string): readonly Cidr[] {
  return text.split('\n').flatMap((line) => {
    const [, destination = '', , flags = '', , , , mask = ''] = line.split('\t')
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask.trim())) return []
    if ((Number.parseInt(flags, 16) & RTF_UP) === 0) return []
    const prefix = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
    return prefix === 0 ? [] : [{ address: swapped(Number.parseInt(destination, 16)), prefix }]
  })
}

function swapped(word: number): number {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setUint32(0, word, true)
  return bytes.getUint32(0)
}

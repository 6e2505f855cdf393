// Frames that no TCP/IP would make, sent by a guest all the same.

import { join } from 'node:path'
import * as make from '../support/frames.ts'
import type { Lab, Place } from '../support/lab.ts'
import { INTERFACE } from '../support/subjects.ts'

/** The addresses that attachSlipway() gives to guests, in their order. */
export const [GATEWAY, GUEST, NEIGHBOUR] = [0x0a000201, 0x0a000264, 0x0a000265]
export const HARDWARE = Uint8Array.of(2, 0, 0, 0, 0, 5)
export const NEIGHBOUR_HARDWARE = Uint8Array.of(2, 0, 0, 0, 0, 6)

type Heard = { readonly sent: number; readonly heard: number; readonly frames: readonly Uint8Array[] }

/** Sends them as fast as the interface takes them, and listens for so many seconds more; keeps so many of what it hears. */
export async function sendFrames(
  lab: Lab,
  place: Place,
  frames: Iterable<Uint8Array>,
  { seconds = 0.5, keep = 1000 }: { readonly seconds?: number; readonly keep?: number } = {},
): Promise<Heard> {
  const parts: Uint8Array[] = []
  for (const frame of frames) parts.push(make.fields([frame.length, 32]), frame)
  const words = ['python3', join(import.meta.dirname, 'frames.py'), INTERFACE, `${seconds}`, `${keep}`]
  const printed = await lab.succeed(place, words, { input: Buffer.concat(parts) })
  const number = (what: string): number => Number(new RegExp(`^${what} (\\d+)$`, 'm').exec(printed)?.[1])
  const lines = printed.split('\n').filter((line) => /^[0-9a-f]{28,}$/.test(line))
  return {
    sent: number('sent'),
    heard: number('heard'),
    frames: lines.map((line) => Uint8Array.from(Buffer.from(line, 'hex'))),
  }
}

/** The gateway's hardware address, by ARP as any guest learns it. */
export async function askGateway(lab: Lab): Promise<Uint8Array> {
  const question = make.arp({ operation: 1, hardware: HARDWARE, address: GUEST, target: GATEWAY })
  const frame = make.ethernet(make.BROADCAST, HARDWARE, make.ARP, question)
  const { frames } = await sendFrames(lab, 'guest', [frame])
  const answer = frames.find((it) => it[12] === 8 && it[13] === 6 && it[21] === 2)
  if (answer === undefined) throw new Error('the gateway does not answer ARP')
  return answer.slice(22, 28)
}

/** A SYN of the first guest. */
export function syn(gateway: Uint8Array, destination: number, port: number, sourcePort: number): Uint8Array {
  const ends = { source: GUEST, destination }
  const fields = { sourcePort, port, sequence: 1000 + sourcePort, acknowledgement: 0, flags: make.FLAGS.syn }
  const packet = make.ipv4({ ...ends, protocol: make.TCP }, make.tcp(ends, fields))
  return make.ethernet(gateway, HARDWARE, make.IPV4, packet)
}

/** Where a TCP segment comes from, and its flags; undefined for other frames. */
export function segmentOf(frame: Uint8Array): { readonly source: number; readonly flags: number } | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  if (frame.length < 54 || view.getUint16(12) !== make.IPV4 || frame[23] !== make.TCP) return undefined
  return { source: view.getUint32(26), flags: frame[47] as number }
}

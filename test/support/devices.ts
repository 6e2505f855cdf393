// Devices for guests under test: images made anew, and a peer at the other end of each network (ethernet-peer.py, since Node.js has no
// sockets of type SOCK_SEQPACKET).

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Expectation } from '../../guests/expected.ts'
import { ROOT } from './guests.ts'
import { whenPrinted } from './processes.ts'

const PEER = join(ROOT, 'test/support/ethernet-peer.py')

/** What `--net NAME=` and `--block NAME=` get, by device: the library takes it as it is. */
export type Wires = {
  readonly net: Readonly<Record<string, string>>
  readonly block: Readonly<Record<string, string>>
}

export type Peer = { readonly child: ChildProcess; readonly ended: Promise<{ status: number | null; output: string }> }

/** A sparse image, all zero. */
export function makeImage(path: string, size: number): string {
  const file = openSync(path, 'w')
  ftruncateSync(file, size)
  closeSync(file)
  return path
}

/** Starts the other end of networks; fulfilled when its paths can be connected to. */
export async function startPeer(args: readonly string[], paths: readonly string[]): Promise<Peer> {
  const child = spawn('python3', [PEER, ...args, '--', ...paths], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, output }))
  await whenPrinted(child, 'READY')
  return { child, ended }
}

/** Makes the devices that an expectation asks for, gives them to `use`, and takes them away again. */
export async function withDevices<T>(
  { blocks, nets, peer: args }: Expectation,
  use: (wires: Wires) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-devices-'))
  const sockets = nets.map(({ device }) => join(directory, device))
  const peer = sockets.length > 0 ? await startPeer(args, sockets) : undefined
  try {
    const images = blocks.map(({ device, size, options }) => {
      const path = makeImage(join(directory, `${device}.img`), size)
      return [device, `${path}${options}`]
    })
    const carriers = nets.map(({ device, options }, i) => [device, `unix:${sockets[i]}${options}`])
    const result = await use({ net: Object.fromEntries(carriers), block: Object.fromEntries(images) })
    if (peer !== undefined) {
      const { status, output } = await peer.ended
      assert.equal(status, 0, `the peer found: ${output}`)
    }
    return result
  } finally {
    peer?.child.kill()
    rmSync(directory, { recursive: true })
  }
}

/** The same as flags of the command. */
export function flagsOf({ net, block }: Wires): string[] {
  const flags = (name: string, wires: Readonly<Record<string, string>>): string[] =>
    Object.entries(wires).flatMap(([device, wire]) => [name, `${device}=${wire}`])
  return [...flags('--net', net), ...flags('--block', block)]
}

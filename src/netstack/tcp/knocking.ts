// How clients of published ports come to a guest that is not there yet, and under which names. Pure.

import type { IpAddress } from '../packets.ts'
import { TIME_WAIT } from './control-block.ts'
import type { Flow } from './flow.ts'
import { KNOCK_FIRST, KNOCK_MAX } from './limits.ts'

const FIRST_EPHEMERAL = 49_152
const EPHEMERALS = 65_536 - FIRST_EPHEMERAL

export function nextDelay(flow: Flow): number {
  flow.knockDelay = flow.knockDelay === 0 ? KNOCK_FIRST : Math.min(KNOCK_MAX, 2 * flow.knockDelay)
  return flow.knockDelay
}

/**
 * The client's own port where it is free: two ports of the machine may lead to one of the guest, and two clients on the machine are one address
 * to it. Returns false where all others are in use, too.
 */
export function chooseNames(flow: Flow, address: IpAddress): boolean {
  flow.remoteAddress = address
  if (isFree(flow, flow.localPort)) return true
  for (let i = 1; i < EPHEMERALS; i++) {
    const port = FIRST_EPHEMERAL + ((flow.localPort + i) % EPHEMERALS)
    if (!isFree(flow, port)) continue
    flow.localPort = port
    return true
  }
  return false
}

function isFree(flow: Flow, port: number): boolean {
  const other = flow.guest.flows.find(flow.localAddress, port, flow.remoteAddress, flow.remotePort)
  if (other === undefined) return true
  // One that only waits for late segments makes room: the guest's side of it is closed, and a SYN is none of them (RFC 6191).
  if (other.block === undefined || other.block.state !== TIME_WAIT) return false
  other.dismiss()
  return true
}

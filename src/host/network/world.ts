// The real world as a network of guests sees it: this machine's sockets, names and addresses behind the contract of netstack/outside.ts.

import type { DnsAnswer, Outside } from '../../netstack/outside.ts'
import { askNameServers, machineServers } from './name-servers.ts'
import { ownAddresses } from './own-addresses.ts'
import { openPinger } from './ping.ts'
import { machineParts, machineResolver } from './resolve.ts'
import { connectTcp, type TcpSetting } from './tcp-socket.ts'
import type { Turns } from './turns.ts'
import { openUdp } from './udp-socket.ts'

/** Queries that wait for a name server at once; each has a socket. More are answered by nobody. */
const MAX_RELAYED = 64

export type World = Outside & { readonly close: () => void }

/** `turns` is that of the network which is being made, and is asked for when the first thing happens. */
export function openWorld(turns: () => Turns, setting: Omit<TcpSetting, 'turns'>, log: (line: string) => void): World {
  const resolve = machineResolver(machineParts())
  const relay = askNameServers(machineServers())
  const pinger = openPinger((deliver) => turns().enter(deliver))
  let relayed = 0
  const relayTo = async (query: Uint8Array, answer: (response: Uint8Array | undefined) => void): Promise<void> => {
    relayed++
    const response = await relay(query)
    relayed--
    turns().enter(() => answer(response))
  }
  return {
    connectTcp: (to, inside) => connectTcp({ ...setting, turns: turns() }, to, inside),
    openUdp: (to, inside) => openUdp({ turns: turns(), exhausted: setting.exhausted }, to, inside),
    resolve: (question, answer) => {
      void resolve(question).then((found: DnsAnswer) => turns().enter(() => answer(found)))
    },
    relayDns: (query, answer) => {
      if (relayed >= MAX_RELAYED) {
        turns().putOff(() => answer(undefined))
        return
      }
      void relayTo(Uint8Array.from(query), answer)
    },
    ping: pinger.ping,
    ownAddresses: ownAddresses(),
    log,
    close: pinger.close,
  }
}

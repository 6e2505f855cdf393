// What a program says about a port of a network, checked: each function throws UsageError BAD_ARGUMENT.

import { UsageError } from '../base/errors.ts'
import { parseIpv4 } from '../base/ipv4.ts'
import { parseIpv6 } from '../base/ipv6.ts'
import { quote } from '../base/quote.ts'
import type { PortRequest, PublishRequest } from '../host/network/messages.ts'
import { userCarrier } from '../host/network/user-carrier.ts'
import { DEFAULT_POLICY } from '../netstack/policy.ts'
import { macBytes, parseMac } from '../wiring/mac.ts'
import { DEFAULT_MTU, MIN_MTU } from '../wiring/wire.ts'
import type { ConnectOptions, PublishOptions } from './user-network.ts'

const LOOPBACK = '127.0.0.1'
const MAX_PORT = 65_535

export function checkConnect(options: ConnectOptions): PortRequest {
  const { name, pcap, rate, delay, loss } = options
  const wanted = options.mtu ?? DEFAULT_MTU
  const { maxMtu } = userCarrier()
  if (!Number.isInteger(wanted) || wanted < MIN_MTU) throw badNumber('mtu', wanted, `${MIN_MTU} to ${maxMtu}`)
  return {
    name,
    mac: macBytes(parseMac(options.mac, 'connect()')),
    mtu: Math.min(wanted, maxMtu),
    policy: options.policy ?? DEFAULT_POLICY,
    pcap,
    impairments: rate === undefined && delay === undefined && loss === undefined ? undefined : { rate, delay, loss },
  }
}

export function checkPublish({
  address = LOOPBACK,
  hostPort,
  guestPort,
  protocol = 'tcp',
}: PublishOptions): PublishRequest {
  if (parseIpv4(address) === undefined && parseIpv6(address) === undefined) {
    throw new UsageError('BAD_ARGUMENT', `${quote(address)} is no address`, 'write for example 127.0.0.1')
  }
  if (!isPort(hostPort) && hostPort !== 0) throw badNumber('hostPort', hostPort, `0 to ${MAX_PORT}`)
  if (!isPort(guestPort)) throw badNumber('guestPort', guestPort, `1 to ${MAX_PORT}`)
  return { address, hostPort, guestPort, protocol }
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= MAX_PORT
}

function badNumber(what: string, value: number, range: string): UsageError {
  return new UsageError('BAD_ARGUMENT', `${what} is ${value}`, `it has to be ${range}`)
}

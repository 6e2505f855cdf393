// Opens what a net device's frames travel over, and makes sure that it is what was planned. Sources: Linux, Documentation/networking/
// tuntap.rst, include/uapi/linux/{if,if_tun,sockios,ethtool}.h; unix(7), netdevice(7). Pure.

import { quote } from '../../base/quote.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Program } from '../../launcher/program.ts'
import type { Scratch } from '../../launcher/scratch.ts'
import {
  AF_INET,
  AF_UNIX,
  AT_FDCWD,
  ETHTOOL_SGRO,
  ETHTOOL_SGSO,
  F_SETFL,
  IFF_NO_PI,
  IFF_TAP,
  IFF_UP,
  IFF_VNET_HDR,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  SIOCETHTOOL,
  SIOCGIFFLAGS,
  SIOCGIFMTU,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOL_SOCKET,
  TUNGETIFF,
  TUNSETIFF,
} from '../../launcher/system-calls.ts'
import type { PlannedNet } from '../../wiring/devices.ts'
import type { DescriptorTable } from './descriptors.ts'
import { LOOPBACK_UDP, requireSocket, SEQPACKET } from './inherited-socket.ts'

const REQUEST_SIZE = 40 // struct ifreq: 16 bytes of name, then a union
const REQUEST_VALUE = 16
const PATIENCE = 5 // s that a listener may take to accept
const SEND_BUFFER = 1024 * 1024 // bytes; the kernel caps it at net.core.wmem_max

/** The three that records are written with. */
type Setting = { readonly setup: Program; readonly scratch: Scratch; readonly table: DescriptorTable }

/**
 * Opens every net device, or checks the descriptor that is inherited for it, and returns their descriptors. `inherited` has the numbers that
 * inherited ones have in the launcher.
 */
export function openNets(
  setting: Setting,
  devices: readonly PlannedNet[],
  inherited: ReadonlyMap<PlannedNet, number>,
): ReadonlyMap<PlannedNet, number> {
  const interfaces = new Interfaces(setting, devices.some(needsInterface))
  const descriptors = new Map<PlannedNet, number>()
  for (const device of devices) descriptors.set(device, openNet(setting, interfaces, device, inherited))
  interfaces.close()
  return descriptors
}

function needsInterface({ carrier }: PlannedNet): boolean {
  return carrier.kind === 'tap' || (carrier.kind === 'descriptor' && carrier.interface !== undefined)
}

function openNet(
  { setup, scratch, table }: Setting,
  interfaces: Interfaces,
  device: PlannedNet,
  inherited: ReadonlyMap<PlannedNet, number>,
): number {
  const about = `net device ${quote(device.name)}: `
  const { carrier } = device
  switch (carrier.kind) {
    case 'tap': {
      interfaces.requireExisting(carrier.interface, about)
      const descriptor = table.open()
      setup.call('openat', [AT_FDCWD, setup.text('/dev/net/tun'), O_RDWR | O_NONBLOCK | O_CLOEXEC], {
        demand: BigInt(descriptor),
        failure: `${about}opening /dev/net/tun failed`,
      })
      const request = scratch.put(interfaceRequest(carrier.interface, IFF_TAP | IFF_NO_PI))
      setup.call('ioctl', [descriptor, TUNSETIFF, request], {
        demand: 0n,
        failure: `${about}attaching to the interface ${quote(carrier.interface)} failed; it must be a TAP interface of yours that nobody else uses`,
      })
      requireTap(setup, scratch, descriptor, carrier.interface, about)
      // After attaching, because it might have gone in between: then it has just been made anew, and is down.
      interfaces.require(carrier.interface, device.mtu, about)
      interfaces.stopAggregation(carrier.interface)
      return descriptor
    }
    case 'unix':
      return connectSocket({ setup, scratch, table }, carrier.path, about)
    case 'descriptor': {
      const descriptor = inherited.get(device) as number
      if (carrier.interface === undefined) requireSocket(setup, scratch, descriptor, SEQPACKET, about)
      else {
        interfaces.require(carrier.interface, device.mtu, about)
        requireTap(setup, scratch, descriptor, carrier.interface, about)
        interfaces.stopAggregation(carrier.interface)
      }
      dontBlock(setup, descriptor, about)
      return descriptor
    }
    case 'user': {
      const descriptor = inherited.get(device) as number
      requireSocket(setup, scratch, descriptor, carrier.socket === 'udp' ? LOOPBACK_UDP : SEQPACKET, about)
      dontBlock(setup, descriptor, about)
      return descriptor
    }
  }
}

/** Questions about interfaces go to any internet socket; one serves all, and is closed again. */
class Interfaces {
  readonly #setting: Setting
  readonly #socket: number | undefined

  constructor(setting: Setting, wanted: boolean) {
    this.#setting = setting
    if (!wanted) return
    this.#socket = setting.table.open()
    setting.setup.call('socket', [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0], {
      demand: BigInt(this.#socket),
      failure: 'making a socket to ask about interfaces failed',
    })
  }

  /** Attaching to one that does not exist would make it. */
  requireExisting(name: string, about: string): number {
    return this.#ask(SIOCGIFFLAGS, name, `${about}there is no interface ${quote(name)}`)
  }

  /** It is up, and has the MTU that the guest is told. */
  require(name: string, mtu: number, about: string): void {
    const flags = this.requireExisting(name, about)
    this.#compare(flags, IFF_UP, IFF_UP, `${about}the interface ${quote(name)} is down; ip link set ${name} up`)
    const answer = this.#ask(SIOCGIFMTU, name, `${about}asking for the MTU of ${quote(name)} failed`)
    this.#compare(answer, mtu, 0xffff_ffff, `${about}the MTU of ${quote(name)} is not ${mtu} any more`)
  }

  /** Frames longer than the MTU would be cut. Not everybody may, and not every kernel can: results are of no interest. */
  stopAggregation(name: string): void {
    const { setup, scratch } = this.#setting
    for (const command of [ETHTOOL_SGRO, ETHTOOL_SGSO]) {
      const value = scratch.put(new ByteWriter(8).u32(0, command).bytes) // struct ethtool_value: the command, then 0 for off
      const request = new ByteWriter(REQUEST_SIZE).put(0, new TextEncoder().encode(name))
      const address = scratch.put(request.u64(REQUEST_VALUE, BigInt(value)).bytes)
      setup.call('ioctl', [this.#socket as number, SIOCETHTOOL, address], { demand: 'ignore' })
    }
  }

  close(): void {
    if (this.#socket === undefined) return
    const { setup, table } = this.#setting
    setup.call('close', [table.close(this.#socket)], { demand: 0n, failure: 'closing a socket failed' })
  }

  #ask(question: number, name: string, failure: string): number {
    const request = this.#setting.scratch.put(interfaceRequest(name, 0))
    this.#setting.setup.call('ioctl', [this.#socket as number, question, request], { demand: 0n, failure })
    return request
  }

  #compare(request: number, value: number, mask: number, failure: string): void {
    this.#setting.setup.compare(request + REQUEST_VALUE, { value: BigInt(value), mask: BigInt(mask), failure })
  }
}

function interfaceRequest(name: string, flags: number): Uint8Array {
  return new ByteWriter(REQUEST_SIZE).put(0, new TextEncoder().encode(name)).u16(REQUEST_VALUE, flags).bytes
}

/** The descriptor is attached to this very interface, and its frames come without anything in front of them. */
function requireTap(setup: Program, scratch: Scratch, descriptor: number, name: string, about: string): void {
  const request = scratch.put(new Uint8Array(REQUEST_SIZE))
  const failure = `${about}the descriptor is not attached to the interface ${quote(name)}`
  setup.call('ioctl', [descriptor, TUNGETIFF, request], { demand: 0n, failure })
  const expected = new DataView(interfaceRequest(name, 0).buffer)
  for (const at of [0, 8]) setup.compare(request + at, { value: expected.getBigUint64(at, true), failure })
  setup.compare(request + REQUEST_VALUE, {
    value: BigInt(IFF_TAP | IFF_NO_PI),
    mask: BigInt(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR),
    failure: `${about}${quote(name)} has frames with headers of the kernel; open it with IFF_TAP and IFF_NO_PI only`,
  })
}

function connectSocket({ setup, scratch, table }: Setting, path: string, about: string): number {
  const descriptor = table.open()
  setup.call('socket', [AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0], {
    demand: BigInt(descriptor),
    failure: `${about}making a socket failed`,
  })
  const patience = scratch.put(new ByteWriter(16).u64(0, BigInt(PATIENCE)).bytes) // struct timeval; connect heeds it too
  setup.call('setsockopt', [descriptor, SOL_SOCKET, SO_SNDTIMEO, patience, 16], {
    demand: 0n,
    failure: `${about}limiting the time to connect failed`,
  })
  const buffer = scratch.put(new ByteWriter(4).u32(0, SEND_BUFFER).bytes)
  setup.call('setsockopt', [descriptor, SOL_SOCKET, SO_SNDBUF, buffer, 4], { demand: 'ignore' })
  const bytes = new TextEncoder().encode(path)
  const address = new ByteWriter(2 + bytes.length + 1).u16(0, AF_UNIX).put(2, bytes).bytes // struct sockaddr_un
  setup.call('connect', [descriptor, scratch.put(address), address.length], {
    demand: 0n,
    failure: `${about}connecting to ${quote(path)} failed; somebody must listen there, with a socket of type SOCK_SEQPACKET`,
  })
  dontBlock(setup, descriptor, about)
  return descriptor
}

/** A guest asks for a frame when there is none: it must get an answer, not wait. */
function dontBlock(setup: Program, descriptor: number, about: string): void {
  setup.call('fcntl', [descriptor, F_SETFL, O_RDWR | O_NONBLOCK], {
    demand: 0n,
    failure: `${about}making the descriptor non-blocking failed`,
  })
}

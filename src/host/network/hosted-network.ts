// A network in the thread that computes it: the state machine, the lines of its guests, the ports of this machine that are published for them, and
// the world behind it.

import { randomInt } from 'node:crypto'
import { HostError } from '../../base/errors.ts'
import { type Cidr, formatIpv4 } from '../../base/ipv4.ts'
import type { Carrier } from '../../netstack/carrier.ts'
import type { Network, NetworkOptions, Port } from '../../netstack/network.ts'
import type { PcapSink } from '../../netstack/pcap.ts'
import type { Line } from './line.ts'
import type { PortFigures, PortRequest, PublishRequest } from './messages.ts'
import { PcapFile } from './pcap-file.ts'
import { type Listening, listenTcp, listenUdp } from './publish.ts'
import { shareOfDescriptors } from './share-of-descriptors.ts'
import { acceptTcp, type TcpSetting } from './tcp-socket.ts'
import { Turns } from './turns.ts'
import { openWorld, type World } from './world.ts'

export type HostedSetting = {
  readonly subnet: Cidr
  readonly createNetwork: (options: NetworkOptions) => Network
  readonly tcp: Omit<TcpSetting, 'turns'>
  readonly log: (line: string) => void
}

export type HostedPort = {
  readonly name: string
  readonly line: Line
  readonly port: Port
  readonly pcap: PcapFile | undefined
  readonly publications: Set<Listening>
}

const RANDOM_LIMIT = 2 ** 32

export class HostedNetwork {
  readonly #setting: HostedSetting
  readonly #world: World
  readonly #network: Network
  readonly #turns: Turns
  readonly #ports = new Set<HostedPort>()
  #closed = false

  constructor(setting: HostedSetting) {
    this.#setting = setting
    this.#world = openWorld(() => this.#turns, setting.tcp, setting.log)
    this.#network = setting.createNetwork({
      subnet: setting.subnet,
      outside: this.#world,
      random: () => randomInt(RANDOM_LIMIT),
      maxConnections: shareOfDescriptors(),
    })
    this.#turns = new Turns(this.#network)
  }

  /** The line is the port's from here on, also where this throws: WiringError CONFLICT, HostError. */
  async attach(line: Line, { pcap: path, ...options }: PortRequest): Promise<HostedPort> {
    let pcap: PcapFile | undefined
    try {
      if (path !== undefined) pcap = await PcapFile.create(path, this.#setting.log)
      if (this.#closed) throw new HostError('IO', 'the network is closed') // meanwhile
      const port = this.#enter(() =>
        this.#network.attach({ ...options, carrier: this.#carrierOf(line), pcap: pcap && sinkOf(pcap) }),
      )
      const hosted = { name: options.name, line, port, pcap, publications: new Set<Listening>() }
      this.#ports.add(hosted)
      return hosted
    } catch (error) {
      line.close()
      await pcap?.close()
      throw error
    }
  }

  /** Frames travel from now on. `ended`: the guest's end is gone, and everything of the port with it. */
  start(hosted: HostedPort, ended: () => void): void {
    const { line, port } = hosted
    const deliver = (bytes: Uint8Array, at: number, length: number): void => port.receive(bytes, at, length)
    line.start({
      readable: (receive) => this.#turns.enter(() => receive(deliver)),
      ready: () => this.#turns.enter(() => port.ready()),
      ended: () => {
        void this.detach(hosted).then(ended)
      },
    })
  }

  /** Throws HostError. */
  async publish(hosted: HostedPort, request: PublishRequest): Promise<Listening> {
    const { port } = hosted
    const { guestPort } = request
    const tcp: TcpSetting = { ...this.#setting.tcp, turns: this.#turns }
    const listening =
      request.protocol === 'tcp'
        ? await listenTcp(
            request,
            (client, socket) => {
              this.#turns.enter(() =>
                acceptTcp(tcp, socket, (outside) => this.#network.acceptTcp(port, guestPort, client, outside)),
              )
            },
            tcp.exhausted,
          )
        : await listenUdp(
            request,
            (client, datagram, reply) => {
              this.#turns.enter(() => this.#network.acceptUdp(port, guestPort, client, datagram, reply))
            },
            tcp.exhausted,
          )
    hosted.publications.add(listening)
    if (!this.#ports.has(hosted)) listening.close() // its guest has gone meanwhile
    return listening
  }

  unpublish(hosted: HostedPort, listening: Listening): void {
    hosted.publications.delete(listening)
    listening.close()
  }

  /** Nothing where it is detached already. */
  async detach(hosted: HostedPort): Promise<void> {
    if (!this.#ports.delete(hosted)) return
    for (const listening of hosted.publications) listening.close()
    this.#turns.enter(() => hosted.port.detach())
    hosted.line.flush()
    hosted.line.close()
    await hosted.pcap?.close()
  }

  figures(): readonly PortFigures[] {
    return [...this.#ports].map(({ name, line, port }) => ({
      name,
      address: port.address === undefined ? undefined : formatIpv4(port.address),
      statistics: port.statistics,
      malformed: line.malformed,
      connections: this.#network.describe(port),
    }))
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#ports].map(async (hosted) => await this.detach(hosted)))
    this.#turns.close()
    this.#world.close()
  }

  #enter<T>(act: () => T): T {
    let result: { value: T } | undefined
    this.#turns.enter(() => {
      result = { value: act() }
    })
    return (result as unknown as { value: T }).value
  }

  /** What is committed leaves at the end of the pass. */
  #carrierOf(line: Line): Carrier {
    let leaving = false
    const leave = (): void => {
      leaving = false
      line.flush()
    }
    return {
      reserve: (length) => line.reserve(length),
      commit: (length) => {
        line.commit(length)
        if (leaving) return
        leaving = true
        this.#turns.leave(leave)
      },
    }
  }
}

/** The network's clock is that of this thread. */
function sinkOf(file: PcapFile): PcapSink {
  return { write: (bytes) => file.write(bytes), epoch: Date.now() - performance.now() }
}

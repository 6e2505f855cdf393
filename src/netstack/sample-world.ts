// A small world for networks in tests: servers that answer at once, names that it knows, and a record of what was asked. For tests. Pure.

import type { DnsAnswer, DnsQuestion, Endpoint, Outside, TcpInside, TcpOutside, UdpInside } from './outside.ts'

/** What a server does with a connection: what `write` gets is given as taken after it. */
export type Serve = (inside: TcpInside) => Partial<TcpOutside>

export class SampleWorld implements Outside {
  readonly log = (line: string): void => void this.lines.push(line)
  readonly lines: string[] = []
  /** `address:port` of each connection, flow and ping. */
  readonly asked: string[] = []
  readonly questions: DnsQuestion[] = []
  readonly relayed: Uint8Array[] = []
  readonly tcpServers = new Map<string, Serve>()
  /** Makes the answer of a datagram; undefined for none. */
  readonly udpServers = new Map<string, (datagram: Uint8Array) => Uint8Array | undefined>()
  readonly names = new Map<string, DnsAnswer>()
  /** Open flows of UDP, by what they lead to. */
  readonly flows = new Map<UdpInside, string>()
  own: readonly string[] = ['192.0.2.7', '198.51.100.7']
  pings = true
  /** Answers of the name server that wait until somebody gives them. */
  relay: (query: Uint8Array, answer: (response: Uint8Array | undefined) => void) => void = (_, answer) =>
    answer(undefined)
  /** Every question waits here while it is there: a name server that does not answer. */
  silent: (() => void)[] | undefined

  connectTcp(to: Endpoint, inside: TcpInside): TcpOutside {
    const name = this.#ask(to)
    const serve = this.tcpServers.get(name)
    const nothing = { write: () => undefined, end: () => undefined, abort: () => undefined, resume: () => undefined }
    if (serve === undefined) {
      inside.failed('refused')
      return nothing
    }
    const server = serve(inside)
    inside.connected()
    return {
      ...nothing,
      ...server,
      write: (bytes) => {
        server.write?.(bytes)
        inside.taken(bytes.length)
      },
    }
  }

  openUdp(to: Endpoint, inside: UdpInside) {
    const name = this.#ask(to)
    this.flows.set(inside, name)
    return {
      send: (datagram: Uint8Array) => {
        const server = this.udpServers.get(name)
        const answer = server?.(datagram.slice())
        if (answer !== undefined) inside.datagram(answer)
        if (server === undefined) inside.failed('refused')
      },
      close: () => void this.flows.delete(inside),
    }
  }

  resolve(question: DnsQuestion, answer: (answer: DnsAnswer) => void): void {
    this.questions.push(question)
    const give = (): void => answer(this.names.get(`${question.name} ${question.type}`) ?? { kind: 'unknown' })
    if (this.silent === undefined) give()
    else this.silent.push(give)
  }

  relayDns(query: Uint8Array, answer: (response: Uint8Array | undefined) => void): void {
    this.relayed.push(query.slice())
    const give = (): void => this.relay(query, answer)
    if (this.silent === undefined) give()
    else this.silent.push(give)
  }

  ping(to: string, _payload: Uint8Array, reply: () => void): boolean {
    this.asked.push(to)
    if (this.pings) reply()
    return this.pings
  }

  ownAddresses(): readonly string[] {
    return this.own
  }

  #ask({ address, port }: Endpoint): string {
    const name = `${address}:${port}`
    this.asked.push(name)
    return name
  }
}

/** Sends back what it gets. */
export const echo: Serve = (inside) => ({
  write: (bytes) => void inside.data(bytes.slice()),
  end: () => inside.end(),
})

// What a guest's network asks of the real world, and what the world tells it: the contract between this folder, which only computes, and
// host/, which has the sockets. Every call is synchronous and none throws; failures are values. Pure.

/** `127.0.0.1`, `::1`: as the platform's own functions take and give it. */
export type Endpoint = { readonly address: string; readonly port: number }

/** Why the world does not answer. `exhausted`: the machine has no descriptor, port or memory left. */
export type Failure = 'refused' | 'unreachable' | 'timed out' | 'exhausted'

/** The world's half of a TCP connection. The network calls it with what the guest does. */
export interface TcpOutside {
  /** Bytes from the guest, in order. They are only there during the call. Each byte is answered by `TcpInside.taken` once the world has it. */
  write(bytes: Uint8Array): void
  /** The guest will send no more. */
  end(): void
  /** The guest has reset the connection, or is gone. No further call comes, nor is one heard. */
  abort(): void
  /** There is room again, after `TcpInside.data` has taken less than it was given. */
  resume(): void
}

/** The guest's half of a TCP connection. The world calls it, after `Network.advance`, with what its peer does. */
export interface TcpInside {
  /** The connection that was asked for stands. */
  connected(): void
  /** It could not be made. No further call comes. */
  failed(why: Failure): void
  /** Bytes for the guest, which are copied. Returns how many there was room for; the rest waits for `TcpOutside.resume`. */
  data(bytes: Uint8Array): number
  /** The world has that many more bytes of those written: the guest may send as many more. */
  taken(bytes: number): void
  /** The peer will send no more. */
  end(): void
  /** The peer has reset the connection. No further call comes. */
  abort(): void
}

/** A guest's UDP port, talking to one endpoint of the world. */
export interface UdpOutside {
  /** Only there during the call. */
  send(datagram: Uint8Array): void
  /** Idle for too long, or the guest is gone. */
  close(): void
}

export interface UdpInside {
  datagram(bytes: Uint8Array): void
  failed(why: Failure): void
}

export type DnsQuestion = {
  /** Lower case, without the last dot: `www.example.org`. Letters, digits, `-`, `_` and dots only: others are answered without asking. */
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'PTR'
}

/** `unknown`: there is no such name. `failed`: nobody who should know has answered. */
export type DnsAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed' }

export interface Outside {
  connectTcp(to: Endpoint, inside: TcpInside): TcpOutside
  openUdp(to: Endpoint, inside: UdpInside): UdpOutside
  /** As the machine itself resolves it: its hosts file, its name servers. `answer` is called once, also after long. */
  resolve(question: DnsQuestion, answer: (answer: DnsAnswer) => void): void
  /** A question of any other type, to the machine's name server as it is. `undefined`: nobody has answered. */
  relayDns(query: Uint8Array, answer: (response: Uint8Array | undefined) => void): void
  /** An ICMP echo request; `false`: this machine lets nobody ping without privileges. Replies are as long as the request or fewer. */
  ping(to: string, payload: Uint8Array, reply: () => void): boolean
  /**
   * The machine's own addresses but for loopback and link-local ones, the one that faces outward first; and IPv4 networks (`198.51.100.0/24`)
   * of which every address is its own. May change from call to call.
   */
  ownAddresses(): readonly string[]
  /** One line for the operator. Text out of frames is quoted already; each kind of event is told a limited number of times. */
  log(line: string): void
}

// DNS queries as they are, to the name servers of this machine: over UDP, and over TCP where an answer is too long for it.

import { Resolver } from 'node:dns'
import { createSocket, type Socket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import type { Endpoint } from '../../netstack/outside.ts'
import { fresh } from './fresh.ts'

const DNS_PORT = 53
/** For one server to answer (ms); a client asks again after 5 s, as a rule. */
const PATIENCE = 2000
const MAX_SERVERS = 3 // as many as resolv.conf(5) may name
/** A name server that was added or changed is noticed after this time (ms). */
export const KNOWN_FOR = 5000
const HEADER = 12 // bytes; RFC 1035, 4.1.1
const TRUNCATED = 0x02

/** A query's answer, or undefined where no server has given one. Never rejects. */
export type AskNameServers = (query: Uint8Array) => Promise<Uint8Array | undefined>

/** `servers` says which, in their order. */
export function askNameServers(servers: () => readonly Endpoint[]): AskNameServers {
  return async (query) => {
    for (const server of servers().slice(0, MAX_SERVERS)) {
      const answer = await overUdp(server, query)
      if (answer === undefined) continue
      if (((answer[2] as number) & TRUNCATED) === 0) return answer
      return (await overTcp(server, query)) ?? answer
    }
    return undefined
  }
}

/** Those of resolv.conf, as Node.js reads it. */
export function machineServers(): () => readonly Endpoint[] {
  return fresh(() => new Resolver().getServers().map(parseServer), KNOWN_FOR)
}

/** `1.2.3.4`, `1.2.3.4:5353`, `::1`, `[::1]:5353`; an interface behind a `%` is part of an address. */
function parseServer(text: string): Endpoint {
  const [, address = '', port = `${DNS_PORT}`] = /^\[(.+)\]:(\d+)$/.exec(text) ??
    /^([^:]+):(\d+)$/.exec(text) ?? [text, text]
  return { address, port: Number(port) }
}

/** Whether bytes answer the query: the same number, and the bit that says so. */
function answers(bytes: Uint8Array, query: Uint8Array): boolean {
  return bytes.length >= HEADER && bytes[0] === query[0] && bytes[1] === query[1] && ((bytes[2] as number) & 0x80) !== 0
}

async function overUdp({ address, port }: Endpoint, query: Uint8Array): Promise<Uint8Array | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    return await withinTime<Uint8Array | undefined>((settle) => {
      socket.on('error', () => settle(undefined))
      socket.on('message', (bytes) => {
        if (answers(bytes, query)) settle(bytes)
      })
      socket.once('connect', () => socket.send(query))
      socket.connect(port, address)
    })
  } catch {
    return undefined // an address that is none is no server
  } finally {
    closeQuietly(socket)
  }
}

/** A socket that failed while it was made may be closed already. */
function closeQuietly(socket: Socket): void {
  try {
    socket.close()
  } catch {
    // Nothing is left of it.
  }
}

async function overTcp({ address, port }: Endpoint, query: Uint8Array): Promise<Uint8Array | undefined> {
  const socket = connect({ host: address, port })
  try {
    return await withinTime<Uint8Array | undefined>((settle) => {
      let received: Uint8Array = new Uint8Array(0)
      socket.on('error', () => settle(undefined)).on('close', () => settle(undefined))
      socket.once('connect', () => socket.write(Buffer.concat([lengthOf(query), query])))
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes])
        if (received.length < 2) return
        const length = ((received[0] as number) << 8) | (received[1] as number)
        if (received.length < 2 + length) return
        const answer = received.subarray(2, 2 + length)
        settle(answers(answer, query) ? answer : undefined)
      })
    })
  } finally {
    socket.destroy()
  }
}

/** RFC 1035, 4.2.2: two bytes in front of each message. */
function lengthOf(message: Uint8Array): Uint8Array {
  return Uint8Array.of(message.length >> 8, message.length & 0xff)
}

async function withinTime<T>(act: (settle: (value: T | undefined) => void) => void): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<T | undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE)
      act(resolve)
    })
  } finally {
    clearTimeout(timer)
  }
}

// The name server over TCP (RFC 7766): questions and answers with their lengths in front. Pure.

import { putU16, u16 } from './bytes.ts'
import type { Dns } from './dns.ts'
import { isQuery } from './dns-message.ts'
import type { TcpInside, TcpOutside } from './outside.ts'
import type { GuestPort } from './port.ts'
import type { TcpOpen } from './tcp/ports.ts'

/** Questions have one name and a few options. */
const MAX_QUESTION = 4096
/** Answers that the guest does not read: then it is not heard until it does. */
const MAX_WAITING = 256 * 1024
/** Questions of one connection that are open at a time; more are read later. */
const MAX_OPEN = 32
/** Connections of one guest: none of them has a descriptor of the machine, but all may have answers that are not read. */
const MAX_STREAMS = 64

export class DnsStreams {
  readonly #dns: Dns
  readonly #streams = new Map<GuestPort, Set<DnsStream>>()

  constructor(dns: Dns) {
    this.#dns = dns
  }

  /** What a guest's connection to port 53 of the gateway leads to. */
  route(port: GuestPort): TcpOpen | 'refused' {
    const streams = this.#streams.get(port) ?? new Set()
    if (streams.size >= MAX_STREAMS) {
      port.tell('dns streams', `has ${MAX_STREAMS} connections to the name server open; more are refused`)
      port.drop('too many at once')
      return 'refused'
    }
    return (inside) => {
      const stream = new DnsStream(this.#dns, port, inside, () => streams.delete(stream))
      this.#streams.set(port, streams.add(stream))
      inside.connected()
      return stream
    }
  }

  detach(port: GuestPort): void {
    this.#streams.delete(port)
  }
}

class DnsStream implements TcpOutside {
  readonly #dns: Dns
  readonly #port: GuestPort
  readonly #inside: TcpInside
  readonly #over: () => void
  /** Bytes of the guest that are no whole question yet, or that wait for earlier ones, from `#at` to `#end`. No more than its window. */
  #asked = new Uint8Array(0)
  #at = 0
  #end = 0
  /** Answers that the guest has no room for yet. */
  readonly #answers: Uint8Array[] = []
  #waiting = 0
  #open = 0
  #reading = false
  #ended = false
  #closed = false

  /** `over`: nothing is kept for it any more. */
  constructor(dns: Dns, port: GuestPort, inside: TcpInside, over: () => void) {
    this.#dns = dns
    this.#port = port
    this.#inside = inside
    this.#over = over
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return
    this.#makeRoom(bytes.length)
    this.#asked.set(bytes, this.#end)
    this.#end += bytes.length
    this.#read()
  }

  end(): void {
    this.#ended = true
    this.#endWithLast()
  }

  abort(): void {
    this.#close()
    this.#answers.length = 0
  }

  resume(): void {
    this.#flush()
    this.#read()
  }

  #close(): void {
    this.#closed = true
    this.#asked = new Uint8Array(0)
    this.#at = 0
    this.#end = 0
    this.#over()
  }

  /** For twice as much as is there, so that segments of a byte each do not have all of it copied each time. */
  #makeRoom(length: number): void {
    if (this.#end + length <= this.#asked.length) return
    const left = this.#asked.subarray(this.#at, this.#end)
    this.#asked = new Uint8Array(2 * (left.length + length))
    this.#asked.set(left)
    this.#at = 0
    this.#end = left.length
  }

  /** Asks what is there. Answers may come at once: they must not lead here again, or each question would lie on the stack. */
  #read(): void {
    if (this.#reading) return
    this.#reading = true
    while (!this.#closed && this.#open < MAX_OPEN && this.#waiting < MAX_WAITING) {
      const question = this.#nextQuestion()
      if (question === undefined) break
      this.#open++
      this.#inside.taken(2 + question.length)
      this.#dns.receiveStream(this.#port, question, (response) => this.#answer(response))
    }
    this.#reading = false
    this.#endWithLast()
  }

  /** Undefined as long as it is not whole; what is no question ends the connection. */
  #nextQuestion(): Uint8Array | undefined {
    const left = this.#end - this.#at
    if (left < 2) return undefined
    const length = u16(this.#asked, this.#at)
    if (length <= MAX_QUESTION && left < 2 + length) return undefined
    const question = this.#asked.slice(this.#at + 2, this.#at + 2 + length)
    if (length > MAX_QUESTION || !isQuery(question)) {
      this.abort()
      this.#inside.abort()
      return undefined
    }
    this.#at += 2 + length
    return question
  }

  #answer(response: Uint8Array): void {
    this.#open--
    if (this.#closed) return
    const message = new Uint8Array(2 + response.length)
    putU16(message, 0, response.length)
    message.set(response, 2)
    this.#answers.push(message)
    this.#waiting += message.length
    this.#flush()
    this.#read()
  }

  #flush(): void {
    while (!this.#closed) {
      const [first] = this.#answers
      if (first === undefined) return
      const sent = this.#inside.data(first)
      this.#waiting -= sent
      if (sent < first.length) {
        this.#answers[0] = first.subarray(sent)
        return
      }
      this.#answers.shift()
    }
  }

  /** The guest asks no more, and has its answers. */
  #endWithLast(): void {
    if (!this.#ended || this.#closed || this.#open > 0 || this.#answers.length > 0) return
    this.#close()
    this.#inside.end()
  }
}

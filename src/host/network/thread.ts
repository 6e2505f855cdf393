// The thread that this process's networks run in, seen from the one that has guests: started for the first network, ended after the last. When it
// breaks, the descriptors of the guests' lines are closed here, and so the guests end too.

import { Worker } from 'node:worker_threads'
import { HostError } from '../../base/errors.ts'
import { loadFfi } from '../ffi.ts'
import type { CallKind, Calls, Notice, ThreadData } from './messages.ts'
import { receivedError } from './sent-errors.ts'
import { workerFile } from './worker-file.ts'

/** For the thread to end by itself after it was told to (ms): connections whose guest is gone may take a moment to have everything. */
const ENDING_PATIENCE = 1000

/** For it to stop in the middle of something (ms). */
const STOPPING_PATIENCE = 1000

export type NetworkEvents = {
  readonly log: (line: string) => void
  /** The guest's end of a port is gone. */
  readonly ended: (port: number) => void
  /** The thread is no more, and the network with it. */
  readonly broken: (error: Error) => void
}

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }

export class NetworkThread {
  readonly #worker: Worker
  readonly #stopped = new Int32Array(new SharedArrayBuffer(4))
  readonly #waiting = new Map<number, Waiting>()
  readonly #networks = new Map<number, NetworkEvents>()
  /** Our ends of lines, which the thread reads and writes; closed when it does not any more. */
  readonly #descriptors = new Set<number>()
  readonly #exited: Promise<void>
  #lastId = 0
  #broken: Error | undefined

  constructor() {
    const workerData: ThreadData = { stopped: this.#stopped }
    this.#worker = new Worker(workerFile(), { name: 'slipway-networks', execArgv: [], workerData })
    process.on('exit', this.#stop)
    this.#worker.on('message', (notice: Notice) => this.#hear(notice))
    this.#worker.on('error', (error: Error) => this.#break(error))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        process.off('exit', this.#stop)
        this.#break(new Error('the thread of the networks has ended'))
        resolve()
      })
    })
    // Guests keep the process alive, and so does whoever waits for an answer. A network alone does not.
    this.#worker.unref()
  }

  /** A number for a network, a port or a publication. */
  newId(): number {
    return ++this.#lastId
  }

  async open(network: number, ask: Omit<Calls['open']['ask'], 'network'>, events: NetworkEvents): Promise<void> {
    this.#networks.set(network, events)
    try {
      await this.call('open', { network, ...ask })
    } catch (error) {
      this.#networks.delete(network)
      throw error
    }
  }

  async close(network: number): Promise<void> {
    await this.call('close', { network })
    this.#networks.delete(network)
  }

  /** The descriptor of a line is the thread's from here on. */
  async attach(ask: Calls['attach']['ask']): Promise<number | undefined> {
    if (ask.line.kind !== 'udp') this.#own(ask.line.descriptor)
    return await this.call('attach', ask)
  }

  /** Throws what the thread answers: HostError, WiringError. */
  async call<K extends CallKind>(kind: K, ask: Calls[K]['ask']): Promise<Calls[K]['answer']> {
    if (this.#broken !== undefined) throw brokenError(this.#broken)
    const id = ++this.#lastId
    return await new Promise<Calls[K]['answer']>((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#worker.postMessage({ id, kind, ask }, [])
    })
  }

  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  /** Fulfilled when nothing of it is left. */
  async end(): Promise<void> {
    this.#worker.ref()
    this.#worker.postMessage('end', [])
    const timer = setTimeout(() => void this.#worker.terminate(), ENDING_PATIENCE)
    await this.#exited
    clearTimeout(timer)
  }

  /** With this process: see `stopWatching` in socket-calls.ts. */
  readonly #stop = (): void => {
    this.#worker.postMessage('stop', [])
    Atomics.wait(this.#stopped, 0, 0, STOPPING_PATIENCE)
  }

  #hear(notice: Notice): void {
    switch (notice.kind) {
      case 'answer':
        this.#answered(notice.id)?.resolve(notice.value)
        break
      case 'refused':
        this.#answered(notice.id)?.reject(receivedError(notice.error))
        break
      case 'log':
        this.#networks.get(notice.network)?.log(notice.line)
        break
      case 'ended':
        for (const { ended } of this.#networks.values()) ended(notice.port)
        break
      case 'closed':
        if (this.#descriptors.delete(notice.descriptor)) loadFfi()?.close(notice.descriptor)
        break
    }
  }

  #own(descriptor: number): void {
    if (this.#broken === undefined) this.#descriptors.add(descriptor)
    else loadFfi()?.close(descriptor)
  }

  #answered(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
    return waiting
  }

  #break(error: Error): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    for (const descriptor of this.#descriptors) loadFfi()?.close(descriptor)
    this.#descriptors.clear()
    for (const { reject } of this.#waiting.values()) reject(brokenError(error))
    this.#waiting.clear()
    for (const { broken } of this.#networks.values()) broken(error)
    this.#networks.clear()
  }
}

function brokenError(cause: Error): HostError {
  return new HostError('IO', `the networks of this process are gone: ${cause.message}`, { cause })
}

let current: { readonly thread: NetworkThread; users: number } | undefined

/** The thread, for one more network. */
export function borrowThread(): NetworkThread {
  if (current === undefined || current.thread.isBroken) current = { thread: new NetworkThread(), users: 0 }
  current.users++
  return current.thread
}

/** Ends the thread with its last network. */
export async function returnThread(thread: NetworkThread): Promise<void> {
  if (current?.thread !== thread || --current.users > 0) return
  current = undefined
  await thread.end()
}

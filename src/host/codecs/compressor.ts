// Compression for the pure half, on as many processors as there are. The bytes do not depend on their number.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Compressed, Compressor, Decompress, Decompressors } from '../../files/codec.ts'
import { codecFile, loadCodec } from './codec-files.ts'
import type { CompressAnswer, CompressData, CompressRequest } from './compress-worker.ts'
import type { CodecName } from './pinned.ts'

export type OpenCompressor = Compressor & {
  /** Ends its threads. */
  readonly close: () => Promise<void>
}

/** What mksquashfs takes as well; its own is 15 for zstd, which takes ten times as long for a tenth less. */
export const DEFAULT_LEVELS: Readonly<Record<CodecName, number>> = { gzip: 9, zstd: 10 }

/** More threads than this only wait for each other's disk. */
const MAX_THREADS = 16
/** Bytes that a thread has before it, so that none waits for the next, and that are read while threads start. */
const AHEAD = 2 * 1024 * 1024

/** The caller closes it. */
export async function openCompressor(name: CodecName, level: number = DEFAULT_LEVELS[name]): Promise<OpenCompressor> {
  const codec = await loadCodec(name)
  const threads = Array.from(
    { length: Math.min(MAX_THREADS, availableParallelism()) },
    () => new CompressThread({ codec: name, level }),
  )
  let next = 0
  return {
    name,
    compress: (block) => codec.compress(block, level),
    compressApart: async (block) => await (threads[next++ % threads.length] as CompressThread).compress(block),
    ahead: threads.length * AHEAD,
    close: async () => {
      await Promise.all(threads.map(async (thread) => await thread.end()))
    },
  }
}

/** All that can be unpacked here. */
export async function loadDecompressors(): Promise<Decompressors> {
  const names: readonly CodecName[] = ['gzip', 'zstd']
  const loaded = await Promise.all(
    names.map(async (name): Promise<[string, Decompress]> => [name, (await loadCodec(name)).decompress]),
  )
  return new Map(loaded)
}

class CompressThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve: (done: Compressed) => void; reject: (error: Error) => void }>()
  #last = 0

  constructor(workerData: CompressData) {
    this.#worker = new Worker(codecFile('compress-worker'), { name: 'slipway-compress', execArgv: [], workerData })
    this.#worker.on('message', (answer: CompressAnswer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if (this.#waiting.size === 0) this.#worker.unref()
      if ('bytes' in answer) waiting?.resolve(answer)
      else waiting?.reject(new Error(answer.problem))
    })
    this.#worker.on('error', (error: Error) => this.#break(error))
    this.#worker.on('exit', () => this.#break(new Error('a thread that compresses has ended')))
    this.#worker.unref()
  }

  /** The block's memory goes to the thread, and comes back. */
  async compress(block: Uint8Array): Promise<Compressed> {
    const id = ++this.#last
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.ref()
      const own = block as Uint8Array<ArrayBuffer>
      this.#worker.postMessage({ id, block: own } satisfies CompressRequest, [own.buffer])
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #break(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

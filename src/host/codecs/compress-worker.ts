// A thread that compresses blocks, a bundle of its own (tools/build.mjs). It ends with whoever has started it.

import { parentPort, workerData } from 'node:worker_threads'
import { loadCodec } from './codec-files.ts'
import type { CodecName } from './pinned.ts'

export type CompressData = { readonly codec: CodecName; readonly level: number }
export type CompressRequest = { readonly id: number; readonly block: Uint8Array<ArrayBuffer> }
/** The block comes back with it. */
export type CompressAnswer =
  | { readonly id: number; readonly block: Uint8Array; readonly bytes: Uint8Array }
  | { readonly id: number; readonly problem: string }

const port = parentPort
if (port === null) throw new TypeError('this is no thread of its own')

const { codec: name, level } = workerData as CompressData
const loading = loadCodec(name)

port.on('message', ({ id, block }: CompressRequest) => {
  void loading
    .then((codec): CompressAnswer => ({ id, block, bytes: codec.compress(block, level) }))
    .catch((error: unknown): CompressAnswer => ({ id, problem: String(error) }))
    .then((answer) => port.postMessage(answer, 'bytes' in answer ? memoryOf(answer.block, answer.bytes) : []))
})

/** A codec that has nothing to do may return what it was given. */
function memoryOf(...parts: readonly Uint8Array[]): ArrayBuffer[] {
  return [...new Set(parts.map(({ buffer }) => buffer as ArrayBuffer))]
}

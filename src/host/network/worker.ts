// The thread that the networks of a process run in, a bundle of its own: see tools/build.mjs. It ends when it is told to, and not before.

import { parentPort, workerData } from 'node:worker_threads'
import { createNetwork } from '../../netstack/create-network.ts'
import type { Request, ThreadData } from './messages.ts'
import { NetworkServer } from './server.ts'

const port = parentPort
if (port === null) throw new TypeError('this is no thread of its own')

const { stopped } = workerData as ThreadData
const server = new NetworkServer(createNetwork, (notice) => port.postMessage(notice))
port.on('message', (request: Request | 'end' | 'stop') => {
  if (request === 'end') void end()
  else if (request === 'stop') stop()
  else void server.handle(request)
})

/** Not by having nothing to do: a question to a name server may be under way, and nobody wants its answer any more. */
async function end(): Promise<void> {
  await server.lastWords()
  stop()
  process.exit()
}

/** The other thread is about to end the process, and waits for this. */
function stop(): void {
  server.stopWatching()
  Atomics.store(stopped, 0, 1)
  Atomics.notify(stopped, 0)
}

// A mistake of ours ends this thread, and not the process with it.
process.on('uncaughtExceptionMonitor', () => server.stopWatching())

// The thread that the networks of a process run in, a bundle of its own: see tools/build.mjs. It ends by itself when it is told to, and not before.

import { parentPort } from 'node:worker_threads'
import { createNetwork } from '../../netstack/create-network.ts'
import type { Request } from './messages.ts'
import { NetworkServer } from './server.ts'

const port = parentPort
if (port === null) throw new TypeError('this is no thread of its own')

const server = new NetworkServer(createNetwork, (notice) => port.postMessage(notice))
port.on('message', (request: Request | 'end') => {
  if (request === 'end') port.close()
  else void server.handle(request)
})

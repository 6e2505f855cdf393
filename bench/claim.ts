// One bench at a time: two would measure each other, and the second would take for the machine's setting what the first has set.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { HostError } from '../src/base/errors.ts'

/**
 * Claims a name that this process has until it ends, however it does: an abstract socket address leaves no file behind (unix(7)). Throws
 * HostError where another process has it.
 */
export async function claim(name: string): Promise<void> {
  const server = createServer()
  server.unref()
  try {
    await once(server.listen(`\0${name}`), 'listening')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new HostError('EXISTS', 'another bench is running on this machine', {
      cause,
      advice: 'wait until it has ended',
    })
  }
}

// A process that has a network and a web server on it, through the library, for tests of what happens around one:
//
//   node networks.mjs LIBRARY GUEST
//
// It prints READY and a JSON document: the guest's number and where it is published. At the end of its input it closes the network and says
// `closed`, in a line; how the guest has ended is in another. Lines for the operator go to standard error.

import { pathToFileURL } from 'node:url'

const MAC = '02:00:00:00:00:05'

const [library = '', guest = ''] = process.argv.slice(2)
/** @type {typeof import('../../src/index.ts')} */
const { openNetwork, start } = await import(pathToFileURL(library).href)
const network = await openNetwork({ subnet: '10.0.0.0/24' })
const port = await network.connect({ name: 'web', mac: MAC })
const { hostPort } = await port.publish({ hostPort: 0, guestPort: 80 })
const instance = await start(guest, {
  memory: 16 * 1024 * 1024,
  args: ['--ipv4=10.0.0.2/24', '--ipv4-gateway=10.0.0.1'],
  net: { service: `fd:${port.descriptor},mac=${MAC}` },
  console: 'ignore',
})
port.release()
void instance.outcome.then((outcome) => console.log(`ended ${JSON.stringify(outcome)}`))
console.log(`READY ${JSON.stringify({ pid: instance.pid, hostPort })}`)
for await (const _ of process.stdin) {
  // Waits for its end.
}
await network.close()
console.log('closed')

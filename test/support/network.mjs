// A process that has a network of guests on TAP interfaces, for tests and benches that give one to another system's TCP/IP:
//
//   node network.mjs LIBRARY ORDER     ORDER is the below, as JSON
//
// It prints READY and a JSON document when the interfaces are there: who starts it moves them to where the guests are. Lines for the operator go
// to standard error. On SIGTERM it closes the network; SIGUSR2 makes it print its statistics, as JSON. It ends with 1 when the network breaks.

import { pathToFileURL } from 'node:url'

/**
 * @typedef {Omit<import('../../src/run/user-network.ts').ConnectOptions, 'policy'> & {
 *   tap: string,
 *   policy?: Partial<import('../../src/netstack/policy.ts').Policy>,
 *   publish?: import('../../src/run/user-network.ts').PublishOptions[],
 * }} Guest
 * @typedef {{ subnet: string, guests: Guest[] }} Order
 */

const [library = '', words = ''] = process.argv.slice(2)
/** @type {typeof import('../../src/index.ts')} */
const { openNetwork } = await import(pathToFileURL(library).href)
/** @type {Order} */
const { subnet, guests } = JSON.parse(words)

const policy = { allowHostLoopback: false, allow: [], internet: true, host: true }
const network = await openNetwork({ subnet })
const ports = []
for (const { publish = [], ...guest } of guests) {
  const port = await network.connect({ ...guest, policy: { ...policy, ...guest.policy } })
  for (const each of publish) await port.publish(each)
  port.release()
  ports.push(port)
}
process.on('SIGUSR2', () => void network.stats().then((stats) => console.log(JSON.stringify(stats))))
// A network alone does not keep its process.
const stay = setInterval(() => {}, 60_000)
process.on('SIGTERM', () => void network.close().then(() => clearInterval(stay)))
void network.ended.then(({ broken }) => {
  if (broken === undefined) return
  console.error(broken)
  process.exit(1)
})
console.log(`READY ${JSON.stringify({ gateway: network.gateway, subnet: network.subnet })}`)

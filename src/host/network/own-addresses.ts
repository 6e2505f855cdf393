// The machine's own addresses, as its interfaces have them at the moment.

import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/** An interface that came or went is noticed after this time (ms): a guest may open thousands of connections meanwhile. */
const KNOWN_FOR = 1000

/**
 * All but loopback and link-local ones, those of the interface that faces outward first, and networks that are the machine's as a whole. Looking needs descriptors: where none is left later,
 * the addresses are those of the last look, because a guest that uses up descriptors must not get to what policy keeps from it. The first
 * look is at once, and throws what the system throws.
 */
export function ownAddresses(now: () => number = () => performance.now()): () => readonly string[] {
  let known = listAddresses(outwardInterface())
  let until = now() + KNOWN_FOR
  return () => {
    if (now() < until) return known
    until = now() + KNOWN_FOR
    try {
      known = listAddresses(outwardInterface())
    } catch {
      // What was known stays.
    }
    return known
  }
}

function listAddresses(outward: string | undefined): readonly string[] {
  const interfaces = Object.entries(networkInterfaces())
  const [first, rest] = [true, false].map((wanted) => interfaces.filter(([name]) => (name === outward) === wanted))
  const running = [...(first ?? []), ...(rest ?? [])].flatMap(([, addresses = []]) => addresses)
  const all = [...running.filter(({ internal }) => !internal).map(({ address }) => address), ...localAddresses()]
  return [...new Set(all)].filter(
    (address) => !isLinkLocal(address) && !address.startsWith('127.') && address !== '::1',
  )
}

/**
 * What packets to the machine itself may be addressed to. Node.js leaves out interfaces that nothing is plugged into, such as a bridge that no
 * container uses, but who sends to their addresses reaches this machine all the same; and so does who sends to any address of a network that is
 * on `lo`, or that a route of type `local` names. Linux, net/ipv4/fib_trie.c, fib_trie_seq_show: an address, and below it its prefixes.
 */
function localAddresses(): readonly string[] {
  const entries = readQuietly('/proc/self/net/fib_trie').matchAll(/\|-- (\S+)\n((?:\s+\/.*\n)+)/g)
  return Array.from(entries, ([, address, prefixes = '']) =>
    Array.from(prefixes.matchAll(/\/(\d+) \S+ LOCAL$/gm), ([, prefix]) =>
      prefix === '32' ? `${address}` : `${address}/${prefix}`,
    ),
  ).flat()
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address)
}

/** Of the route to everywhere else; undefined where there is none, or where the machine does not say. Columns: proc_pid_net(5), route. */
function outwardInterface(): string | undefined {
  const routes = readQuietly('/proc/self/net/route')
  return /^(\S+)\t00000000\t(?:[^\t\n]*\t){5}00000000\b/m.exec(routes)?.[1]
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // A system that does not have the file. One that lacks descriptors would have had more to say.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

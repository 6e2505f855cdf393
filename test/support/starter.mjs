// A process that starts guests through the library, for benches and tests of what happens around one:
//
//   node starter.mjs LIBRARY ORDER     ORDER is one of the below, as JSON
//
// It talks on descriptor 3, a JSON document a line. Guests share its standard output.

import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/**
 * @typedef {{ path: string, options: Record<string, unknown> }} Guest
 * @typedef {{ kind: 'rate', guest: Guest, count: number, lanes: number }} Rate
 *   so many, run to their ends, so many at a time: says how long that took, and its own time on a processor, in milliseconds, for each
 *   line that it reads
 * @typedef {{ kind: 'hold', guest: Guest, count: number }} Hold
 *   so many for each line that it reads: says their numbers when all have been entered; at the end of its input, ends them and says how
 * @typedef {{ kind: 'churn', guests: Guest[], alive: number }} Churn
 *   for ever, one after the other, the oldest being ended when more than so many are alive: says the number of each
 * @typedef {Rate | Hold | Churn} Order
 */

const HOLD_LANES = 16

/** @param {unknown} value */
const say = (value) => writeSync(3, `${JSON.stringify(value)}\n`)

/**
 * @param {number} count
 * @param {number} lanes
 * @param {() => Promise<void>} act
 */
async function inLanes(count, lanes, act) {
  let left = count
  const lane = async () => {
    while (left-- > 0) await act()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** @param {Rate} order */
async function rate({ guest, count, lanes }) {
  for await (const _ of process.stdin) {
    const [before, busy] = [performance.now(), process.cpuUsage()]
    await inLanes(count, lanes, async () => {
      const outcome = await run(guest.path, guest.options)
      if (outcome.kind !== 'exited' || outcome.status !== 0) throw new Error(`came to ${JSON.stringify(outcome)}`)
    })
    const { user, system } = process.cpuUsage(busy)
    say({ wall: performance.now() - before, processor: (user + system) / 1000 })
  }
}

/** @param {Hold} order */
async function hold({ guest, count }) {
  /** @type {import('../../src/run/instance.ts').Instance[]} */
  const instances = []
  for await (const _ of process.stdin) {
    await inLanes(count, HOLD_LANES, async () => {
      const instance = await start(guest.path, guest.options)
      instances.push(instance)
      if (!(await instance.entered)) await instance.outcome
    })
    say(instances.map(({ pid }) => pid))
  }
  for (const instance of instances) instance.kill('SIGKILL')
  say(await Promise.all(instances.map(({ outcome }) => outcome)))
}

/** @param {Churn} order */
async function churn({ guests, alive }) {
  /** @type {import('../../src/run/instance.ts').Instance[]} */
  const instances = []
  for (let i = 0; ; i++) {
    const { path, options } = /** @type {Guest} */ (guests[i % guests.length])
    const instance = await start(path, options)
    say(instance.pid)
    if (instances.push(instance) > alive) instances.shift()?.kill('SIGKILL')
  }
}

const [library = '', words = ''] = process.argv.slice(2)
/** @type {typeof import('../../src/index.ts')} */
const { run, start } = await import(pathToFileURL(library).href)
/** @type {Order} */
const order = JSON.parse(words)
if (order.kind === 'rate') await rate(order)
else if (order.kind === 'hold') await hold(order)
else await churn(order)

// Promise: Linux's own TCP as a guest is served as fast as by slirp4netns, the user-mode network of rootless containers, which is written in C. Both
// have a TAP interface, and are measured in turns.

import { spawnSync } from 'node:child_process'
import { type Lab, openLab } from '../test/support/lab.ts'
import { type Attached, configure, slipway, slirp4netns, type Subject } from '../test/support/subjects.ts'
import { compileTraffic } from './compiled.ts'
import { isRoot } from './machine.ts'
import { atLeast, Lack, type Result, type Target } from './result.ts'
import type { Bench, Row } from './row.ts'
import { eachPass, median, type Pass, summarizePasses } from './statistics.ts'
import { amount, describeMedians, describePasses } from './table.ts'
import {
  type Direction,
  DIRECTIONS,
  type Line,
  processorTime,
  speedOf,
  timeEach,
  timeTransfers,
  TITLES,
  type Transfer,
} from './traffic.ts'

const ROUNDS = 6
const MTUS = [1500, 9000, 65_520]
const SECONDS = 1
const ECHOES = 5000
const CONNECTIONS = 1000
const PORT = 7007
const [OURS, THEIRS] = ['slipway', 'slirp4netns']
/** Of our speed over theirs, at an MTU of 1500. */
const TARGETS: Record<Direction, Target> = { toHost: atLeast(1), toGuest: atLeast(0.7) }

export const networkTap: Row = { name: 'network-tap', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  requireMachine()
  const traffic = compileTraffic(scratch.path)
  const results: Result[] = []
  for (const mtu of MTUS) {
    const subjects = [slipway({ policy: { allowHostLoopback: true } }), slirp4netns]
    const labs: Lab[] = []
    try {
      const lines = new Map<string, Line>()
      for (const subject of subjects) {
        const lab = await openLab()
        labs.push(lab)
        lines.set(subject.name, await openLine(lab, subject, mtu, traffic))
      }
      results.push(...transferResults(mtu, await timeTransfers(lines, effort(ROUNDS))))
      if (mtu !== MTUS[0]) continue
      results.push(
        eachResult('a datagram of 64 bytes there and back', 'us', await timeEach('echo', lines, effort(ROUNDS))),
      )
      results.push(eachResult('a connection made and ended', 'us', await timeEach('connect', lines, effort(ROUNDS))))
    } finally {
      for (const lab of labs) await lab.close()
    }
  }
  return results
}

function requireMachine(): void {
  if (!isRoot()) throw new Lack('TAP interfaces and network namespaces are for root: sudo npm run bench')
  for (const program of ['iperf3', 'slirp4netns', 'ip', 'nsenter']) {
    if (spawnSync(program, ['--version']).error !== undefined) {
      throw new Lack(`${program} is missing: npm run test:all installs what the tests use`)
    }
  }
}

/** The servers are on the host's own loopback, so that nothing but the network itself is between the guest and them. */
async function openLine(lab: Lab, subject: Subject, mtu: number, traffic: string): Promise<Line> {
  await lab.start('host', ['iperf3', '--server', '--forceflush'], 'listening')
  await lab.start('host', [traffic, 'serve', `${PORT}`], 'READY')
  const attached = await subject.attach(lab, { mtu })
  await configure(lab, 'guest', attached, mtu)
  const time = async (what: string, count: number): Promise<number> => {
    const words = [traffic, what, attached.loopback, `${PORT}`, `${count}`]
    return Number(await lab.succeed('guest', words)) / 1000
  }
  return {
    toHost: async () => await transfer(lab, attached, []),
    toGuest: async () => await transfer(lab, attached, ['--reverse']),
    echo: async () => await time('echo', ECHOES),
    connect: async () => (await time('connect', CONNECTIONS)) / CONNECTIONS,
  }
}

async function transfer(lab: Lab, { loopback, process }: Attached, words: readonly string[]): Promise<Transfer> {
  const before = processorTime(process.pid)
  const command = ['iperf3', '--json', '--client', loopback, '--time', `${SECONDS}`, ...words]
  const printed = await lab.succeed('guest', command)
  const { end } = JSON.parse(printed) as { end: { sum_received: { bytes: number; seconds: number } } }
  const { bytes, seconds } = end.sum_received
  return { bytes, nanoseconds: seconds * 1e9, processor: processorTime(process.pid) - before }
}

function transferResults(mtu: number, passes: readonly Pass[]): Result[] {
  return DIRECTIONS.flatMap((direction) => {
    const what = `TCP ${TITLES[direction]}, MTU ${mtu}, TAP`
    const ratios = eachPass(passes, (of) => of(`${THEIRS} ${direction}`) / of(`${OURS} ${direction}`))
    const theirs = speedOf(passes, { line: THEIRS, direction, what: '' })
    const target = mtu === MTUS[0] ? { target: TARGETS[direction] } : {}
    const notes =
      'skipped' in theirs ? [] : [`slirp4netns: ${amount(theirs.measured, 'Gbit/s')}`, ...(theirs.notes ?? [])]
    const ratio = {
      what: 'the same / slirp4netns',
      unit: 'x',
      measured: median(ratios),
      ...target,
      samples: {},
    } as const
    return [
      speedOf(passes, { line: OURS, direction, what }),
      { ...ratio, notes: [describePasses(ratios, 'x'), ...notes] },
    ]
  })
}

function eachResult(what: string, unit: 'us', passes: readonly Pass[]): Result {
  const samples = summarizePasses(passes)
  const each = eachPass(passes, (of) => of(OURS))
  const notes = [describePasses(each, unit), describeMedians(samples, unit)]
  return { what: `${what}, TAP`, unit, measured: median(each), samples, notes }
}

// Promises: TCP each way between a guest and its host at 1 Gbit/s with frames of the usual size and at 4 with the longest, and a datagram there and back
// in 60 us, without root: `slipway run --net service=user`, whose frames travel over a pair of SOCK_SEQPACKET sockets.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { whenPrinted } from '../test/support/processes.ts'
import { compileStream, compileTraffic } from './compiled.ts'
import { atLeast, atMost, type Result, type Target } from './result.ts'
import { type Bench, ROOT, type Row } from './row.ts'
import { eachPass, median, type Pass, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'
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
const BYTES = 256e6
const ECHOES = 5000
const CONNECTIONS = 1000
const LEAST: ReadonlyMap<number, Target | undefined> = new Map([
  [1500, atLeast(1)],
  [9000, undefined],
  [65_520, atLeast(4)],
])
const MOST_ECHO = atMost(60)
/** Of programs/stream.c. */
const [DISCARD, CHARGEN, ECHO] = [9, 19, 7]

export const network: Row = { name: 'network', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const traffic = compileTraffic(scratch.path)
  const artefact = compileStream(scratch.path)
  const results: Result[] = []
  for (const [mtu, target] of LEAST) {
    const guest = await startGuest(artefact, mtu)
    try {
      const lines = new Map([['guest', openLine(guest, traffic, effort)]])
      const passes = await timeTransfers(lines, effort(ROUNDS))
      for (const direction of DIRECTIONS) results.push(transferResult(mtu, direction, passes, target))
      if (mtu !== 1500) continue
      const echoes = await timeEach('echo', lines, effort(ROUNDS))
      results.push(eachResult('a datagram of 64 bytes there and back', echoes, MOST_ECHO))
      results.push(eachResult('a connection made and ended', await timeEach('connect', lines, effort(ROUNDS))))
    } finally {
      guest.process.kill('SIGKILL')
      await guest.ended
    }
  }
  return results
}

type Guest = {
  readonly process: ChildProcess
  readonly ended: Promise<unknown>
  /** Where each of its ports is published. */
  readonly ports: ReadonlyMap<number, number>
}

async function startGuest(artefact: string, mtu: number): Promise<Guest> {
  const ports = new Map<number, number>()
  for (const port of [DISCARD, CHARGEN, ECHO]) ports.set(port, await freePort())
  const publish = [...ports].flatMap(([port, at]) => ['-p', `${at}:${port}${port === ECHO ? '/udp' : ''}`])
  const words = ['run', ...publish, '--net', `service=user,mtu=${mtu}`, artefact]
  const child = spawn(process.execPath, [join(ROOT, 'bin/slipway'), ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  await whenPrinted(child, 'READY')
  return { process: child, ended, ports }
}

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a server without a port')
  return address.port
}

function openLine({ process, ports }: Guest, traffic: string, effort: Bench['effort']): Line {
  const execute = promisify(execFile)
  const time = async (what: string, port: number, amount: number): Promise<number> => {
    const { stdout } = await execute(traffic, [what, '127.0.0.1', `${ports.get(port)}`, `${amount}`])
    return Number(stdout)
  }
  const transfer = async (what: string, port: number): Promise<Transfer> => {
    const bytes = effort(BYTES)
    const before = processorTime(process.pid as number)
    const nanoseconds = await time(what, port, bytes)
    return { bytes, nanoseconds, processor: processorTime(process.pid as number) - before }
  }
  return {
    toHost: async () => await transfer('receive', CHARGEN),
    toGuest: async () => await transfer('send', DISCARD),
    echo: async () => (await time('echo', ECHO, ECHOES)) / 1000,
    connect: async () => (await time('connect', DISCARD, CONNECTIONS)) / 1000 / CONNECTIONS,
  }
}

function transferResult(mtu: number, direction: Direction, passes: readonly Pass[], target?: Target): Result {
  const what = `TCP ${TITLES[direction]}, MTU ${mtu}, seqpacket pair`
  return speedOf(passes, { line: 'guest', direction, what, ...(target === undefined ? {} : { target }) })
}

function eachResult(what: string, passes: readonly Pass[], target?: Target): Result {
  const samples = summarizePasses(passes)
  const each = eachPass(passes, (of) => of('guest'))
  const notes = [describePasses(each, 'us'), describeMedians(samples, 'us')]
  const goal = target === undefined ? {} : { target }
  return { what: `${what}, seqpacket pair`, unit: 'us', measured: median(each), ...goal, samples, notes }
}

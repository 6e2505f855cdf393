// Promise: whenever the process that starts guests is killed, nothing of them is left: no process, no connection, no file.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { killStarter, type Leftovers, type Round, seededRandom } from '../test/support/leftovers.ts'
import { atMost, Lack, type Result } from './result.ts'
import { type Bench, guest, ROOT, type Row } from './row.ts'
import { builtLibrary } from './starter.ts'
import { summarize } from './statistics.ts'

const ROUNDS = 50
const SEED = 20_261_121

export const leftovers: Row = { name: 'leftovers', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const library = builtLibrary()
  const directory = join(scratch.path, 'leftovers')
  mkdirSync(directory)
  const socket = join(directory, 'socket')
  const peer = await startPeer(socket)
  try {
    const guests = [
      { path: guest('spin'), options: { console: 'ignore' } },
      { path: guest('net'), options: { console: 'ignore', net: { service: `unix:${socket}` } } },
    ]
    const random = seededRandom(SEED)
    const rounds: Round[] = []
    while (rounds.length < effort(ROUNDS)) {
      rounds.push(await killStarter({ library, guests, socket, directory, random }))
    }
    return resultsOf(rounds)
  } finally {
    peer.kill()
  }
}

async function startPeer(socket: string): Promise<ChildProcess> {
  if (spawnSync('python3', ['--version']).status !== 0) throw new Lack('python3 is missing: apt-get install python3')
  const program = join(ROOT, 'test/support/ethernet-peer.py')
  const peer = spawn('python3', [program, '--again', '--', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([
    once(peer.stdout, 'data'), // it prints READY and nothing else
    once(peer, 'close').then(() => Promise.reject(new Error('the peer of the networks has ended'))),
  ])
  return peer
}

function resultsOf(rounds: readonly Round[]): Result[] {
  const started = rounds.map((round) => round.started)
  const all = started.reduce((sum, count) => sum + count, 0)
  const first = `${rounds.length} times killed, after ${Math.min(...started)} to ${Math.max(...started)} starts, ${all} in all`
  const count = (of: (left: Leftovers) => number): number => rounds.reduce((sum, { left }) => sum + of(left), 0)
  const result = (what: string, measured: number, notes: readonly string[]): Result => {
    return { what, unit: 'left', measured, target: atMost(0), samples: { started: summarize(started) }, notes }
  }
  return [
    result(
      'processes of a starter that is killed',
      count(({ processes }) => processes.length),
      [first],
    ),
    result(
      'their connections',
      count(({ sockets }) => sockets),
      [],
    ),
    result(
      'files',
      count(({ files }) => files.length),
      [],
    ),
  ]
}

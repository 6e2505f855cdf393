// What travels between a guest and a program at the other end of its network, a pair of SOCK_SEQPACKET sockets: echoes, each of them two
// frames. Beside the same code without a launcher and a filter.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { composeToFile } from '../src/run/compose.ts'
import { compilePinger, compilePlain } from './compiled.ts'
import { inPasses } from './launches.ts'
import type { Result } from './result.ts'
import { type Bench, guest, type Row } from './row.ts'
import { eachPass, median, type Pass, summarizePasses } from './statistics.ts'
import { amount, describePasses } from './table.ts'

const ROUNDS = 15
const ECHOES = 60_000
const SETTINGS: readonly Setting[] = [
  { inFlight: 1, size: 56 },
  { inFlight: 32, size: 1400 },
]
const START_TIMEOUT = 30_000 // milliseconds

export const frames: Row = { name: 'frames', measure }

type Setting = { readonly inFlight: number; readonly size: number }
/** Starts what answers echoes at the socket; fulfilled when it has ended. */
type Answer = (socket: string) => Promise<unknown>

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const { path: directory } = scratch
  const pinger = compilePinger(directory)
  const plain = compilePlain(directory, 'net')
  const words = ['limit', `${ECHOES}`]
  const launcher = join(directory, 'net')
  const answers = new Map<string, Answer>([
    [
      'guest',
      async (socket) => {
        composeToFile(guest('net'), launcher, { args: words, net: { service: `unix:${socket}` } })
        await execute(launcher, [])
      },
    ],
    ['plain', async (socket) => await execute(plain, [words.join(' '), 'net', 'service', socket])],
  ])
  const results: Result[] = []
  for (const setting of SETTINGS) {
    const passes = await inPasses(async () => {
      const pass = new Map([...answers.keys()].map((name) => [name, [] as number[]]))
      for (let round = 0; round < effort(ROUNDS) / 3; round++) {
        for (const [name, answer] of answers) {
          pass.get(name)?.push(await timeEchoes(pinger, join(directory, 'socket'), setting, answer))
        }
      }
      return pass
    })
    results.push(...resultsOf(setting, passes))
  }
  return results
}

const execute = promisify(execFile)

/** Microseconds an echo. */
async function timeEchoes(
  pinger: string,
  socket: string,
  { inFlight, size }: Setting,
  answer: Answer,
): Promise<number> {
  const words = [socket, inFlight, size, ECHOES].map(String)
  const child = spawn(pinger, words, { stdio: ['ignore', 'pipe', 'inherit'], timeout: START_TIMEOUT })
  const ended = once(child, 'close')
  let printed = ''
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      if (printed.startsWith('READY\n')) resolve()
    })
    ended.then(() => reject(new Error(`the pinger ended and printed ${JSON.stringify(printed)}`)), reject)
  })
  try {
    await ready
    await answer(socket)
    await ended
  } finally {
    child.kill('SIGKILL') // nothing where it has ended
  }
  const nanoseconds = /^READY\n(\d+)\n$/.exec(printed)?.[1]
  if (nanoseconds === undefined) throw new Error(`the pinger printed ${JSON.stringify(printed)}`)
  return Number(nanoseconds) / 1000 / ECHOES
}

function resultsOf({ inFlight, size }: Setting, passes: readonly Pass[]): Result[] {
  const samples = summarizePasses(passes)
  const what = `echoes of ${size} bytes, ${inFlight} on ${inFlight === 1 ? 'its' : 'their'} way`
  const rates = ['guest', 'plain'].map((name) => eachPass(passes, (of) => 2e6 / of(name)))
  const [ofGuest, ofPlain] = rates as [number[], number[]]
  const ratios = eachPass(passes, (of) => of('plain') / of('guest'))
  const each = Object.entries(samples).map(([name, { median, best }]) => {
    return `${name} ${median.toFixed(2)} (${best.toFixed(2)})`
  })
  const time = inFlight === 1 ? 'there and back' : 'an echo'
  const notes = [`median (best) ${time}: ${each.join(', ')} us`, describePasses(ofGuest, '/s')]
  return [
    { what: `frames, ${what}`, unit: '/s', measured: median(ofGuest), samples, notes },
    {
      what: `the same / plain program`,
      unit: 'x',
      measured: median(ratios),
      samples,
      notes: [`plain program: ${amount(median(ofPlain), '/s')}`, describePasses(ratios, 'x')],
    },
  ]
}

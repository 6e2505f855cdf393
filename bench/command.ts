// Promise: over `node -e 0`, `slipway --version` takes at most 10 ms, and `slipway run hello` to the guest's first output at most 18 ms, or
// 12 ms where Node.js can replace its process by itself.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../src/base/quote.ts'
import { inPasses } from './launches.ts'
import { findNodes, hasExecve, type NodeVersion } from './node-versions.ts'
import { atMost, Lack, type Result } from './result.ts'
import { type Bench, guest, ROOT, type Row } from './row.ts'
import { eachPass, median, orderOf, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'

const ROUNDS = 60

export const command: Row = { name: 'command', measure }

type Until = 'exit' | 'output'
type Words = {
  readonly name: string
  readonly words: readonly string[]
  readonly until: Until
  /** What it must have printed: a command that does nothing would be the fastest. */
  readonly prints: RegExp
}

async function measure({ effort, nodes }: Bench): Promise<readonly Result[]> {
  const slipway = join(ROOT, 'bin', 'slipway')
  for (const part of [slipway, join(ROOT, 'dist', 'cli.cjs')]) {
    if (!existsSync(part)) throw new Lack(`${part} is not there: npm run build`)
  }
  const commands: Words[] = [
    { name: 'node -e 0', words: ['-e', '0'], until: 'exit', prints: /^$/ },
    { name: 'slipway --version', words: [slipway, '--version'], until: 'exit', prints: /^slipway \d/ },
    { name: 'slipway run', words: [slipway, 'run', guest('hello')], until: 'output', prints: /\nSUCCESS\n$/ },
  ]
  const { found, missing } = findNodes(nodes)
  const results: Result[] = []
  for (const node of found) results.push(...(await measureWith(node, commands, effort(ROUNDS))))
  for (const { major, advice } of missing) results.push({ what: `with Node.js ${major}`, skipped: advice })
  return results
}

async function measureWith(node: NodeVersion, commands: readonly Words[], rounds: number): Promise<Result[]> {
  for (const each of commands) await timeStart(node.path, each)
  const passes = await inPasses(async () => {
    const pass = new Map(commands.map(({ name }) => [name, [] as number[]]))
    for (let round = 0; round < rounds / 3; round++) {
      for (const i of orderOf(round, commands.length)) {
        const each = commands[i] as Words
        pass.get(each.name)?.push(await timeStart(node.path, each))
      }
    }
    return pass
  })
  const samples = summarizePasses(passes)
  const over = (name: string, what: string, limit: number, notes: readonly string[]): Result => {
    const each = eachPass(passes, (of) => of(name) - of('node -e 0'))
    const best = (samples[name]?.best ?? 0) - (samples['node -e 0']?.best ?? 0)
    const spread = `${describePasses(each, 'ms')}; best over best: ${best.toFixed(1)} ms`
    return { what, unit: 'ms', measured: median(each), target: atMost(limit), samples, notes: [...notes, spread] }
  }
  const alone = hasExecve(node.version)
  const limit = alone ? 12 : 18
  // Without FFI there is no memfd, so the launcher goes into a file, and it matters whether that is in memory.
  const place = alone && !process.env['XDG_RUNTIME_DIR'] ? ['XDG_RUNTIME_DIR is not set: launchers go to ~/.cache'] : []
  return [
    over('slipway --version', `--version over node -e 0, ${node.version}`, 10, [describeMedians(samples, 'ms')]),
    over('slipway run', `run hello to first output over node -e 0, ${node.version}`, limit, place),
  ]
}

/** Milliseconds from the start of a Node.js to the end of its process, or to the first byte that comes out of it. */
async function timeStart(node: string, { words, until, prints }: Words): Promise<number> {
  const before = performance.now()
  const child = spawn(node, words, { stdio: ['ignore', 'pipe', 'inherit'], env: ENVIRONMENT })
  const closed = once(child, 'close') as Promise<[status: number | null]>
  const ends = new Map<Until, number>()
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (printed === '') ends.set('output', performance.now())
    printed += text
  })
  child.once('exit', () => ends.set('exit', performance.now()))
  const [status] = await closed
  const end = ends.get(until)
  if (status !== 0 || end === undefined || !prints.test(printed)) {
    throw new Error(`${[node, ...words].join(' ')} ended with status ${status} and printed ${quote(printed)}`)
  }
  return end - before
}

/** With NODE_EXTRA_CA_CERTS Node.js reads certificates when it starts, which doubles its time; other options would change it too. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NODE_V8_COVERAGE'].includes(name),
  ),
)

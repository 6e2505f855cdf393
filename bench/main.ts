// npm run bench: measures what the design promises with numbers, and prints each figure beside its target.

import { writeFileSync } from 'node:fs'
import { describeError } from '../src/cli/output.ts'
import { bake } from './bake.ts'
import { bakedReads } from './baked-reads.ts'
import { block } from './block.ts'
import { claim } from './claim.ts'
import { command } from './command.ts'
import { compose } from './compose.ts'
import { console } from './console.ts'
import { files } from './files.ts'
import { fleet } from './fleet.ts'
import { frames } from './frames.ts'
import { hello } from './hello.ts'
import { large } from './large.ts'
import { leftovers } from './leftovers.ts'
import { load, machineFacts } from './machine.ts'
import { memory } from './memory.ts'
import { network } from './network.ts'
import { networkTap } from './network-tap.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import { isMet, Lack } from './result.ts'
import type { Bench, Row } from './row.ts'
import { makeScratch } from './scratch.ts'
import { renderTable, type Section } from './table.ts'
import { weigh } from './weigh.ts'

const ROWS: readonly Row[] = [
  hello,
  large,
  memory,
  command,
  compose,
  block,
  console,
  frames,
  network,
  networkTap,
  files,
  bake,
  bakedReads,
  weigh,
  fleet,
  leftovers,
]
const QUICK = 0.1

/** Version 1: machine, load, results as in result.ts with `met` where there is a target. */
const DOCUMENT = { document: 'slipway-bench', version: 1 }

async function main(words: readonly string[]): Promise<number> {
  const options = parseOptions(
    words,
    ROWS.map(({ name }) => name),
  )
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  await claim('slipway-bench')
  const machine = machineFacts()
  const loadBefore = load()
  const { sections, failed } = await measureRows(options)
  const loadAfter = load()
  report(options, sections, { machine, load: { before: loadBefore, after: loadAfter } })
  const missed = sections.some(({ results }) =>
    results.some((result) => !('skipped' in result) && isMet(result) === false),
  )
  return failed || (missed && options.strict) ? 1 : 0
}

async function measureRows(options: Options): Promise<{ sections: Section[]; failed: boolean }> {
  const scratch = makeScratch()
  const effort = (samples: number): number => Math.max(1, Math.round(samples * (options.quick ? QUICK : 1)))
  const bench: Bench = { scratch, effort, nodes: options.nodes }
  const sections: Section[] = []
  let failed = false
  try {
    for (const row of ROWS.filter(({ name }) => options.rows.includes(name))) {
      process.stderr.write(`measuring ${row.name} …\n`)
      try {
        sections.push({ row: row.name, results: await row.measure(bench) })
      } catch (error) {
        if (!(error instanceof Lack)) {
          failed = true
          process.stderr.write(`${row.name} failed\n${describeError(error)}`)
        }
        const reason = error instanceof Lack ? error.message : 'failed, see above'
        sections.push({ row: row.name, results: [{ what: 'everything', skipped: reason }] })
      }
    }
  } finally {
    await scratch.remove()
  }
  return { sections, failed }
}

type Circumstances = { machine: ReturnType<typeof machineFacts>; load: { before: string; after: string } }

function report(options: Options, sections: readonly Section[], circumstances: Circumstances): void {
  const { machine, load } = circumstances
  const head = [
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node.js ${machine.node}, THP ${machine.hugePages}`,
    `load average before ${load.before}, after ${load.after}`,
    ...(options.quick ? ['--quick: too few samples to judge by'] : []),
  ].join('\n')
  const table = `${head}\n\n${renderTable(sections)}`
  const toStandardOutput = options.json === '-'
  process[toStandardOutput ? 'stderr' : 'stdout'].write(table)
  if (options.json === undefined) return
  const results = sections.flatMap(({ row, results: found }) =>
    found.map((result) => ({ row, ...result, ...('skipped' in result ? {} : { met: isMet(result) }) })),
  )
  const text = `${JSON.stringify({ ...DOCUMENT, ...circumstances, quick: options.quick, results }, null, 2)}\n`
  if (toStandardOutput) process.stdout.write(text)
  else writeFileSync(options.json, text)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(describeError(error))
  process.exitCode = 1
}

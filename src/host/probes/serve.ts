// The process in which probes run: `slipway __probe NAME…`, a line of JSON as each begins and one with its result. Whatever hangs or dies,
// hangs or dies here; the process that asks has a clock.

import { writeOut } from '../streams.ts'
import { probesFor } from './all.ts'
import type { Observation, Probe } from './probe.ts'

/** Runs the named probes in their order. Does not return: the process ends. */
export async function serveProbes(names: readonly string[]): Promise<never> {
  // Standard input is a pipe from whoever asks: when that is gone, so shall be this process and the programs that it started.
  process.stdin.on('end', () => process.kill(0, 'SIGKILL')).resume()
  const probes = new Map(probesFor(process.platform).map((probe) => [probe.name, probe]))
  for (const name of names) {
    const probe = probes.get(name)
    if (probe === undefined) continue
    writeLine({ begin: name })
    writeLine({ name, ...(await observe(probe)) })
  }
  process.exit()
}

async function observe(probe: Probe): Promise<Observation> {
  try {
    return await probe.observe()
  } catch (error) {
    // A probe foresees what it asks for; a system that refuses something else is an answer all the same.
    const { code = 'unknown reason', syscall = 'the probe' } = error as NodeJS.ErrnoException
    return { status: 'unknown', detail: `${syscall} failed: ${code}` }
  }
}

function writeLine(value: object): void {
  writeOut(`${JSON.stringify(value)}\n`)
}

// The most memory that a command has had at once. GNU time tells it: the package `time` has to be there.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SLIPWAY } from './guests.ts'

export type Measured = {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** MiB. */
  readonly peak: number
}

/** Runs the command to its end. */
export function slipwayMeasured(args: readonly string[], cwd: string, patience = 120_000): Measured {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-time-'))
  try {
    const report = join(directory, 'report')
    const words = ['-f', '%M', '-o', report, process.execPath, SLIPWAY, ...args]
    const { status, stdout, stderr } = spawnSync('/usr/bin/time', words, {
      cwd,
      encoding: 'utf8',
      timeout: patience,
      maxBuffer: 64 * 1024 * 1024,
    })
    // A status that is not 0 gets a line of its own before the number.
    const kilobytes = Number(readFileSync(report, 'utf8').trim().split('\n').at(-1))
    return { status, stdout, stderr, peak: kilobytes / 1024 }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

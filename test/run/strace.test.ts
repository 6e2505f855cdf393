// What strace sees between exec and exit is what was planned, call by call, and then only what the policy allows.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, describe } from 'vitest'
import { prepare } from '../../src/run/prepare.ts'
import { composeSpt } from '../../src/targets/spt/launcher.ts'
import { guestPath, SLIPWAY } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

describe('strace -f of slipway run', needs({ host: ['linux', 'x86-64'], commands: ['strace'] }), () => {
  for (const name of ['hello', 'large', 'time']) {
    it(`shows only the planned calls of ${name} between exec and exit`, () => {
      const planned = plannedCalls(name)
      const seen = trace(name)
      assert.deepEqual(seen.slice(0, planned.calls.length), planned.calls)
      const rest = seen.slice(planned.calls.length)
      assert.deepEqual(
        rest.filter((call) => !planned.allowed.has(call)),
        [],
      )
      assert.equal(rest.at(-1), 'exit_group')
    })
  }
})

function plannedCalls(name: string): { calls: string[]; allowed: Set<string> } {
  const { plan, file } = prepare(guestPath(name), {})
  file.close()
  const launcher = composeSpt(plan, { image: { kind: 'path' } })
  const calls = launcher.records.flatMap((record) =>
    record.kind === 'call' ? Array.from({ length: record.times }, () => record.name as string) : [],
  )
  return { calls, allowed: new Set(launcher.policy.map(({ call }) => call)) }
}

/** Names of the calls behind the exec of the launcher. Where Node.js has no exec of its own, the traced process is the same. */
function trace(name: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-strace-'))
  try {
    const output = join(directory, 'trace')
    const args = ['-f', '-o', output, process.execPath, SLIPWAY, 'run', guestPath(name)]
    const result = spawnSync('strace', args, { encoding: 'utf8', timeout: 60_000 })
    assert.equal(result.status, 0, result.stderr)
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n')
    const exec = lines.findIndex((line) => /execve\("\/proc\/self\/fd\/\d+"/.test(line))
    assert.ok(exec > 0, 'the launcher is executed')
    const pid = lines[exec]?.split(' ')[0] as string
    return lines
      .slice(exec + 1)
      .filter((line) => line.startsWith(`${pid} `))
      .map((line) => /^\d+ +(?:<\.\.\. )?(\w+)/.exec(line)?.[1] ?? '')
      .filter((call) => call !== 'execve' && call !== '')
  } finally {
    rmSync(directory, { recursive: true })
  }
}

// Every guest behaves as its expected.txt says, in each way a user can start it. The same expectations serve all ways.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Expectation } from '../../guests/expected.ts'
import { joinWords } from '../../src/config/command-line.ts'
import { composeToFile } from '../../src/run/compose.ts'
import type { GuestOptions } from '../../src/run/prepare.ts'
import {
  assertAsExpected,
  expectationsOf,
  guestNames,
  guestPath,
  observe,
  PREBUILT,
  ROOT,
  spawnSlipway,
  titleOf,
} from '../support/guests.ts'
import { flagsOf, type Wires, withDevices } from '../support/devices.ts'
import { needs } from '../support/needs.ts'
import { nodeBinary } from '../support/node-binaries.ts'

const LINUX = { host: ['linux', 'x86-64'] } as const
let directory = ''
let files = 0

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-guests-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

type Way = (path: string, expectation: Expectation, wires: Wires) => ChildProcess

const command =
  (node: string): Way =>
  (path, { command, memory }, wires) => {
    const words = 'raw' in command ? ['--raw-args', path, '--', command.raw] : [path, '--', ...command.words]
    return spawnSlipway(['run', '--mem', `${memory}M`, ...flagsOf(wires), ...words], node)
  }

const kept: Way = (path, { command, memory }, wires) => {
  const file = join(directory, `launcher-${files++}`)
  const words: GuestOptions = 'raw' in command ? { commandLine: joinWords([command.raw]) } : { args: command.words }
  composeToFile(path, file, { ...words, ...wires, memory: memory * 2 ** 20 })
  return spawn(file, [], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] })
}

const everything = (way: Way, from: () => string = () => PREBUILT): void => {
  for (const name of guestNames()) {
    for (const expectation of expectationsOf(name)) {
      const peer = expectation.nets.length > 0 ? needs({ commands: ['python3'] }) : {}
      it(titleOf(name, expectation), { timeout: 60_000, ...peer }, async () => {
        await withDevices(expectation, async (wires) => {
          const child = way(guestPath(name, from()), expectation, wires)
          assertAsExpected(expectation, await observe(child, expectation))
        })
      })
    }
  }
}

describe('a guest run by the command, which becomes it', needs(LINUX), () => everything(command(process.execPath)))

describe('a guest in a kept launcher', needs(LINUX), () => everything(kept))

for (const major of ['22', '24'] as const) {
  describe(`a guest run by the command under Node ${major}`, needs({ ...LINUX, node: [major] }), () => {
    everything((path, ...rest) => command(nodeBinary(major)?.path ?? '')(path, ...rest))
  })
}

describe('a guest rebuilt from its source', needs({ ...LINUX, commands: ['gcc', 'ld'] }), () => {
  let rebuilt = ''
  beforeAll(() => {
    rebuilt = join(directory, 'rebuilt')
    const built = spawnSync(process.execPath, [join(ROOT, 'guests/build.mjs'), '--out', rebuilt], { encoding: 'utf8' })
    if (built.status !== 0) throw new Error(built.stderr)
  }, 120_000)
  everything(kept, () => rebuilt)
})

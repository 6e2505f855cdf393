// The power fails while an image is made, or as soon as that is done: a real ext4 forgets all that it has not written yet, and is mounted again. There is
// the old file or the new one, never a part of one; and once the command has said that it is done, it is the new one.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { FAILING_DISK, FailingDisk } from '../support/failing-disk.ts'
import { slipway, SLIPWAY } from '../support/guests.ts'
import { randomNumbers } from '../support/mutate.ts'
import { needs } from '../support/needs.ts'

/** Moments of a run at which the power fails. */
const MOMENTS = 8
const DISK = 64 // MiB
const VERSIONS = ['old', 'new'] as const

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('when the power fails', { ...needs(FAILING_DISK), timeout: 180_000 }, () => {
  let scratch = ''
  let disk: FailingDisk
  /** What the image is, by its digest. */
  const known = new Map<string, string>()
  const at = (name: string): string => join(scratch, name)
  const onDisk = (name: string): string => join(disk.path, name)

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'slipway-power-'))
    for (const [i, version] of VERSIONS.entries()) {
      const next = randomNumbers(i + 1)
      mkdirSync(at(version))
      for (const name of ['a', 'b', 'c']) {
        writeFileSync(
          at(`${version}/${name}`),
          Uint8Array.from({ length: 2_000_000 }, () => next(256)),
        )
      }
      assert.equal(slipway(['fs', 'create', '-R', at(version), '-o', at(`${version}.tar`)]).status, 0)
      known.set(hashOf(at(`${version}.tar`)), version)
    }
    disk = new FailingDisk(DISK)
  })
  afterAll(() => {
    disk.remove()
    rmSync(scratch, { recursive: true })
  })

  /** The disk as it is after a failure of its power. Nobody has anything open on it. */
  const fail = (): void => {
    disk.cut()
    disk.unmount()
    disk.mount()
  }
  const begin = (words: readonly string[]): ChildProcess => {
    return spawn(process.execPath, [SLIPWAY, 'fs', ...words], { stdio: 'ignore' })
  }
  const ended = async (child: ChildProcess): Promise<number | null> => {
    return child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)))
  }
  const pause = async (ms: number): Promise<void> => await new Promise((resolve) => void setTimeout(resolve, ms))
  /** Milliseconds that a command takes when nothing happens. */
  const durationOf = async (words: readonly string[]): Promise<number> => {
    const before = performance.now()
    assert.equal(await ended(begin(words)), 0)
    return performance.now() - before
  }

  it('loses what was not written to the disk: a file that is replaced without care', () => {
    writeFileSync(onDisk('careless'), 'old')
    disk.unmount()
    disk.mount()
    writeFileSync(onDisk('careless.new'), 'new')
    renameSync(onDisk('careless.new'), onDisk('careless'))
    fail()
    assert.notEqual(readFileSync(onDisk('careless'), 'utf8'), 'new')
  })

  it('has the new image as soon as the command has ended', async () => {
    for (const version of VERSIONS) {
      assert.equal(await ended(begin(['create', '-R', at(version), '-o', onDisk('a.tar')])), 0)
      fail()
      assert.equal(known.get(hashOf(onDisk('a.tar'))), version)
    }
  })

  it('has the old image or the new one, whenever it fails', async () => {
    const words = (version: string) => ['create', '-R', at(version), '-o', onDisk('b.tar')]
    let has = 'old'
    const duration = await durationOf(words(has))
    const seen = new Set<string>()
    for (let moment = 0; moment < MOMENTS; moment++) {
      const wanted = has === 'old' ? 'new' : 'old'
      const child = begin(words(wanted))
      await pause((duration * moment) / (MOMENTS - 2))
      const status = child.exitCode
      disk.cut()
      child.kill('SIGKILL')
      await ended(child)
      disk.unmount()
      disk.mount()
      const now = known.get(hashOf(onDisk('b.tar')))
      assert.ok(now === has || now === wanted, `at moment ${moment} it is neither`)
      if (status === 0) assert.equal(now, wanted, `at moment ${moment}, when it was done`)
      seen.add(now === has ? 'before' : 'behind')
      has = now
      requireWhole(readdirSync(disk.path))
    }
    assert.ok(seen.has('before'), 'the power has never failed in time')
  })

  it('has a directory with everything in it, or none', async () => {
    const words = (target: string) => ['slurp', at('new.tar'), '-o', onDisk(target)]
    const duration = await durationOf(words('measured'))
    for (let moment = 0; moment < MOMENTS; moment++) {
      const child = begin(words(`files-${moment}`))
      if (moment < MOMENTS - 1) await pause((duration * moment) / (MOMENTS - 2))
      else await ended(child)
      disk.cut()
      child.kill('SIGKILL')
      const status = await ended(child)
      disk.unmount()
      disk.mount()
      const there = existsSync(onDisk(`files-${moment}`))
      if (status === 0) assert.ok(there, `at moment ${moment}, when it was done`)
      if (there) for (const name of ['a', 'b', 'c']) same(`new/${name}`, `files-${moment}/${name}`)
      for (const name of readdirSync(disk.path)) {
        if (name !== 'measured' && name !== 'lost+found') rmSync(onDisk(name), { recursive: true })
      }
    }
  })

  function same(expected: string, found: string): void {
    assert.equal(hashOf(onDisk(found)), hashOf(at(expected)), found)
  }

  /** Between its two names an image may have been left with the first: whole as well. */
  function requireWhole(names: readonly string[]): void {
    for (const name of names.filter((each) => each.startsWith('.slipway-'))) {
      assert.ok(known.has(hashOf(onDisk(name))), name)
      rmSync(onDisk(name))
    }
  }
})

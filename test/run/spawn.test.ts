// Starting a child process, in both ways: through FFI and by Node.js. The program is a shell that reads its script from descriptor 0.

import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { startChild } from '../../src/host/child.ts'
import { loadFfi } from '../../src/host/ffi.ts'
import { type Spawned, spawnByFfi, spawnByNode, type Stream } from '../../src/host/spawn.ts'
import { needs } from '../support/needs.ts'
import { childrenOf, eventually, isAlive } from '../support/processes.ts'

const LAST = 3 // the pipe that the child keeps until it ends

type Way = (path: string, name: string, streams: readonly Stream[]) => Promise<Spawned>

const WAYS: readonly [name: string, way: Way][] = [
  [
    'spawnByFfi()',
    async (...words) => {
      const ffi = loadFfi()
      if (ffi === undefined) throw new Error('koffi does not load: npm install --include=optional')
      return spawnByFfi(ffi, ...words, LAST)
    },
  ],
  ['spawnByNode()', spawnByNode],
]

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-spawn-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

for (const [name, spawn] of WAYS) {
  describe(name, needs({ host: ['linux'] }), () => {
    /** What came out of each pipe, and how it ended. */
    const run = async (script: string, more: readonly Stream[] = [], errors: Stream = 'pipe') => {
      const path = join(directory, 'script')
      writeFileSync(path, script)
      const input = openSync(path, 'r')
      try {
        const child = await spawn('/bin/sh', 'renamed', [input, 'pipe', errors, 'pipe', ...more])
        const texts = new Map<number, string>()
        for (const [number, pipe] of child.pipes) {
          texts.set(number, '')
          pipe.setEncoding('utf8').on('data', (text: string) => texts.set(number, texts.get(number) + text))
        }
        return { ...(await child.exit), texts }
      } finally {
        closeSync(input)
      }
    }

    it('gives each descriptor its pipe, the name as it is said, and an empty environment', async () => {
      const script =
        'echo out; echo err >&2; echo last >&3; tr "\\0" " " </proc/$$/cmdline; tr "\\0" " " </proc/$$/environ; exit 7'
      const { status, signal, texts } = await run(script)
      assert.deepEqual([status, signal], [7, null])
      assert.deepEqual(
        [...texts],
        [
          [1, 'out\nrenamed '],
          [2, 'err\n'],
          [3, 'last\n'],
        ],
      )
    })

    it('passes descriptors on although their numbers are those that others become', async () => {
      const input = readlinkSync('/proc/self/fd/0')
      const zero = openSync('/dev/zero', 'r')
      const { texts } = await run('readlink /proc/$$/fd/2 /proc/$$/fd/4', [zero], 0)
      closeSync(zero)
      assert.equal(texts.get(1), `${input}\n/dev/zero\n`)
    })

    it('gives nothing where nothing is asked for', async () => {
      const { texts } = await run('readlink /proc/$$/fd/2', [], 'ignore')
      assert.equal(texts.get(1), '/dev/null\n')
    })

    it('says by which signal it was ended', async () => {
      const { status, signal } = await run('kill -TERM $$')
      assert.deepEqual([status, signal], [null, 'SIGTERM'])
    })

    it('reads all of what was written before the end', async () => {
      const { texts } = await run('head -c 300000 /dev/zero | tr "\\0" x; echo end >&2')
      assert.deepEqual([texts.get(1)?.length, texts.get(2)], [300_000, 'end\n'])
    })

    it('ends it when asked to, and nobody once it has ended', async () => {
      const endless = openSync('/dev/zero', 'r')
      const child = await spawn('/bin/cat', 'cat', [endless, 'ignore', 'pipe', 'pipe'])
      closeSync(endless)
      for (const pipe of child.pipes.values()) pipe.resume()
      assert.ok(isAlive(child.pid))
      child.kill('SIGKILL')
      assert.deepEqual(await child.exit, { status: null, signal: 'SIGKILL' })
      child.kill('SIGKILL')
    })

    it("fails with the system's error, and leaves no descriptor open then or otherwise", async () => {
      const count = () => readdirSync('/proc/self/fd').length
      await run('exit 0') // what Node.js opens for itself, it opens here
      const before = count()
      await assert.rejects(spawn('/nowhere', 'x', [0, 'pipe', 'pipe', 'pipe']), { code: 'ENOENT' })
      for (let i = 0; i < 5; i++) await run('exit 0')
      await eventually('as many descriptors as before', () => count() === before)
    })

    it('leaves no process that nobody has waited for', async () => {
      await run('exit 0')
      assert.deepEqual(
        childrenOf(process.pid).filter((pid) => !isAlive(pid)),
        [],
      )
    })
  })
}

describe('startChild()', needs({ host: ['linux', 'x86-64'] }), () => {
  it('says so where somebody else has waited for its child', async () => {
    const ffi = loadFfi()
    if (ffi === undefined) throw new Error('koffi does not load: npm install --include=optional')
    const options = { name: 'true', artefact: 0, console: 'ignore', inherited: [] } as const
    const child = await startChild('/bin/true', options)
    assert.deepEqual(ffi.processes().wait(child.pid), { status: 0 })
    await assert.rejects(child.ended, { name: 'HostError', code: 'IO' })
    assert.equal(await child.entered, false)
  })
})

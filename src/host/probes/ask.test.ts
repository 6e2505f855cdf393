import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { ROOT } from '../../../test/support/guests.ts'
import { eventually, isAlive } from '../../../test/support/processes.ts'
import { askProbes } from './ask.ts'

let directory = ''
beforeAll(() => {
  // Below the checkout, where tools/run.mjs looks for programs.
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  directory = mkdtempSync(join(ROOT, '.cache/ask-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Serves what its names say: `ok…` answers, `hang…` waits for ever, `block…` does so in a system call, `die…` is killed. */
const SERVER = `
const say = (value) => require('node:fs').writeSync(1, typeof value === 'string' ? value : JSON.stringify(value) + '\\n')
const pid = require('node:path').join(process.argv[1], 'pid')
const kinds = {
  ok: (name) => say({ name, status: 'ok', detail: name + ' it is', advice: 'none' }),
  hang: () => {
    const child = require('node:child_process').spawn('sleep', ['1000'], { stdio: 'inherit' })
    require('node:fs').writeFileSync(pid, String(child.pid))
    return new Promise((resolve) => setTimeout(resolve, 1e6))
  },
  block: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  die: () => process.kill(process.pid, 'SIGSEGV') && new Promise(() => setTimeout(() => {}, 1e6)),
  odd: () => say('a warning\\n[1]\\nnull\\n{"name":"x","status":"splendid","detail":"?"}\\n'),
}
const serve = async () => {
  for (const name of process.argv.slice(2)) {
    say({ begin: name })
    await kinds[name.split('-')[0]](name)
  }
}
serve()
`

/** A program that asks for a probe which hears nothing any more, and says in a file which process that is. */
const askingForEver = (file: string): string => `
import { askProbes } from ${JSON.stringify(join(ROOT, 'src/host/probes/ask.ts'))}
const server = "require('node:fs').writeFileSync(process.argv[1], String(process.pid)); " +
  'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'
void askProbes(['a'], { command: [process.execPath, '-e', server, ${JSON.stringify(file)}], limit: 600_000 })
`

const ask = (names: readonly string[], limit = 700) =>
  askProbes(names, { command: [process.execPath, '-e', SERVER, directory], limit })

const statuses = async (names: readonly string[]) =>
  Object.fromEntries([...(await ask(names))].map(([name, { status }]) => [name, status]))

describe('askProbes()', () => {
  it('returns what each probe says', async () => {
    const answers = await ask(['ok-1', 'ok-2'])
    assert.deepEqual(Object.fromEntries(answers), {
      'ok-1': { status: 'ok', detail: 'ok-1 it is', advice: 'none' },
      'ok-2': { status: 'ok', detail: 'ok-2 it is', advice: 'none' },
    })
  })

  it('goes on after a probe that hangs, and ends what that has started', async () => {
    assert.deepEqual(await statuses(['ok-1', 'hang-1', 'ok-2']), { 'ok-1': 'ok', 'hang-1': 'unknown', 'ok-2': 'ok' })
    const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'))
    await eventually('its end', () => !isAlive(pid))
  })

  it('goes on after one that hears nothing any more', async () => {
    const answers = await ask(['block-1', 'ok-1'])
    assert.deepEqual([answers.get('block-1')?.status, answers.get('ok-1')?.status], ['unknown', 'ok'])
    assert.match(answers.get('block-1')?.detail ?? '', /0\.7 s/)
  })

  it('goes on after one that dies', async () => {
    const answers = await ask(['die-1', 'ok-1'])
    assert.match(answers.get('die-1')?.detail ?? '', /SIGSEGV/)
    assert.equal(answers.get('ok-1')?.status, 'ok')
  })

  it('ends one that hears nothing any more when it is ended itself', async () => {
    const file = join(directory, 'for-ever')
    const program = join(directory, 'ask.ts')
    writeFileSync(program, askingForEver(file))
    const args = [join(ROOT, 'tools/run.mjs'), program]
    const asking = spawn(process.execPath, args, { stdio: 'inherit' })
    await eventually('a process for the probes', () => existsSync(file) && readFileSync(file, 'utf8') !== '', 20)
    asking.kill('SIGTERM')
    const [, signal] = (await once(asking, 'exit')) as [number | null, string | null]
    assert.equal(signal, 'SIGTERM')
    rmSync(join(ROOT, '.cache', `run-${asking.pid}`), { recursive: true, force: true }) // its bundle
    await eventually('its end', () => !isAlive(Number(readFileSync(file, 'utf8'))))
  })

  it('takes no notice of lines that are no answers', async () => {
    assert.deepEqual(await statuses(['odd-1', 'ok-1']), { 'odd-1': 'unknown', 'ok-1': 'ok' })
  })

  it('comes to an end where nothing is ever said', async () => {
    const answers = await askProbes(['a', 'b'], { command: [process.execPath, '-e', ''], limit: 700 })
    assert.deepEqual(
      [...answers.values()].map(({ status }) => status),
      ['unknown', 'unknown'],
    )
  })

  it('throws HostError where no process can be started', async () => {
    const asking = askProbes(['a'], { command: ['/does/not/exist'], limit: 700 })
    await assert.rejects(asking, { name: 'HostError', code: 'NOT_FOUND' })
  })
})

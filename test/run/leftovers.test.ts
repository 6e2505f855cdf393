// What is left of guests when the process, or the thread, that started them ends without a word: nothing.

import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { start } from '../../src/run/run.ts'
import { type Peer, startPeer } from '../support/devices.ts'
import { guestPath, ROOT } from '../support/guests.ts'
import { isNothing, killStarter, seededRandom } from '../support/leftovers.ts'
import { needs } from '../support/needs.ts'
import { eventually, isAlive } from '../support/processes.ts'

const LIBRARY = join(ROOT, 'dist/index.js')
const ROUNDS = 12
const SPIN = guestPath('spin')

describe(
  'a process that is killed while it starts guests',
  needs({ host: ['linux', 'x86-64'], commands: ['python3'] }),
  () => {
    let directory = ''
    let socket = ''
    let withoutFfi = ''
    let peer: Peer | undefined
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'slipway-leftovers-'))
      socket = join(directory, 'socket')
      withoutFfi = join(directory, 'index.mjs') // the library where no node_modules is above it
      copyFileSync(LIBRARY, withoutFfi)
      peer = await startPeer(['--again'], [socket])
    })
    afterAll(async () => {
      peer?.child.kill()
      await peer?.ended
      rmSync(directory, { recursive: true })
    })

    const guests = () => [
      { path: SPIN, options: { console: 'ignore' } },
      { path: guestPath('net'), options: { console: 'ignore', net: { service: `unix:${socket}` } } },
    ]
    for (const how of ['', ', without FFI'] as const) {
      it(`leaves no process, connection or file, whenever that happens${how}`, async () => {
        const library = how === '' ? LIBRARY : withoutFfi
        const random = seededRandom(how.length)
        for (let round = 0; round < ROUNDS; round++) {
          const { started, left } = await killStarter({ library, guests: guests(), socket, directory, random })
          assert.ok(isNothing(left), `round ${round}, ${started} started: ${JSON.stringify(left)}`)
        }
      })
    }
  },
)

describe('a thread that starts a guest', needs({ host: ['linux', 'x86-64'] }), () => {
  // The signal that ends a guest with its starter follows the thread that has started it (PR_SET_PDEATHSIG in prctl(2)).
  it('ends it when it ends, and no guest of another thread', async () => {
    const other = await start(SPIN, { console: 'ignore' })
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      import(workerData.library).then(async ({ start }) => {
        const warnings = []
        process.on('warning', ({ message }) => warnings.push(message))
        const instance = await start(workerData.guest, { console: 'ignore' })
        await instance.entered
        parentPort.postMessage({ pid: instance.pid, warnings })
      })`
    const worker = new Worker(code, { eval: true, workerData: { library: LIBRARY, guest: SPIN } })
    try {
      type Said = { readonly pid: number; readonly warnings: readonly string[] }
      const said = new Promise<Said>((resolve, reject) => worker.once('message', resolve).once('error', reject))
      const { pid, warnings } = await said
      assert.ok(isAlive(pid))
      assert.deepEqual(warnings, []) // of descriptors that Node.js does not know, which threads of it keep a list of
      await worker.terminate()
      await eventually('the guest of the thread has ended', () => !isAlive(pid))
      assert.ok(isAlive(other.pid))
    } finally {
      await worker.terminate()
      other.kill('SIGKILL')
      await other.outcome
    }
  })
})

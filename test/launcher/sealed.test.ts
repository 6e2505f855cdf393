// A kernel may seal its vdso, and then refuses to unmap any range with the vdso in it. Here a page above the launcher is sealed in its place:
// the stack and the scratch memory must be gone all the same.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { joinParts } from '../../src/base/file-parts.ts'
import { sourceOf } from '../../src/base/reader.ts'
import { NO_STATUS } from '../../src/launcher/executor.ts'
import { STAGING } from '../../src/launcher/address-space.ts'
import { composeLauncher, whole } from '../../src/launcher/launcher.ts'
import { Program } from '../../src/launcher/program.ts'
import { SYSTEM_CALLS_X86_64 } from '../../src/launcher/system-calls.ts'
import { forgetHost } from '../../src/targets/spt/steps.ts'
import { needs } from '../support/needs.ts'

const MSEAL = 462 // Linux 6.10; launchers never make this call, so it has no name in src/
const SEALED = 0x7e00_0000_0000

describe('forgetHost()', needs({ host: ['linux', 'x86-64', 'mseal'] }), () => {
  it('wipes the stack and the scratch memory where the kernel refuses to unmap what lies beyond it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-sealed-'))
    try {
      const setup = new Program()
      setup.call('mmap', [SEALED, 4096, 1, 0x100022, -1n, 0], { demand: BigInt(SEALED), failure: 'no page to seal' })
      setup.call('mprotect', [SEALED, 4096, 0], { demand: 0n, failure: 'sealing failed' }) // becomes mseal below
      forgetHost(setup, undefined, 4096)
      const last = new Program()
      last.compare(SEALED, { value: 0n, failure: 'not reached: the page is still there, or this faults' })
      const [normal, notMapped] = [0, -12n] // MADV_NORMAL, ENOMEM
      last.call('madvise', [STAGING, 4096, normal], { demand: notMapped, failure: 'the scratch memory is still there' })
      last.call('exit_group', [7], { demand: 'ignore' })
      const scratch = {
        address: STAGING,
        read: true,
        write: true,
        execute: false,
        content: whole(new Uint8Array(4096)),
      }
      const launcher = composeLauncher({ setup, last, staged: [scratch], status: NO_STATUS })
      const file = joinParts(launcher, sourceOf(new Uint8Array(0)))
      replaceCall(file, SYSTEM_CALLS_X86_64.mprotect, MSEAL)
      const path = join(directory, 'launcher')
      writeFileSync(path, file, { mode: 0o700 })
      const result = spawnSync(path, ['argument'], { encoding: 'utf8' })
      assert.deepEqual([result.status, result.signal, result.stderr], [7, null, ''])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

/** Changes the number of the one record that makes a call, found by its number, its kind (expect) and its first argument. */
function replaceCall(file: Uint8Array, from: number, to: number): void {
  const view = new DataView(file.buffer)
  for (let at = 0; at + 72 <= file.length; at += 8) {
    if (view.getUint16(at, true) !== from || view.getUint8(at + 4) !== 1) continue
    if (view.getBigUint64(at + 8, true) !== BigInt(SEALED)) continue
    view.setUint16(at, to, true)
    return
  }
  throw new Error('no such record')
}

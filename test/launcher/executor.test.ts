// The executor's instructions, executed: small launchers of our own that enter no guest, or one of a few bytes.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sourceOf } from '../../src/base/reader.ts'
import { writeParts } from '../../src/host/launcher-file.ts'
import { STAGING } from '../../src/launcher/address-space.ts'
import { NO_STATUS } from '../../src/launcher/executor.ts'
import { composeLauncher, type Staged, whole } from '../../src/launcher/launcher.ts'
import { Program } from '../../src/launcher/program.ts'

const STATUS = 3
let directory = ''
let files = 0

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-executor-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function execute(setup: Program, last: Program = exit(0), staged: Staged[] = [], status = STATUS) {
  const file = join(directory, `launcher-${files++}`)
  const launcher = composeLauncher({ setup, last, staged, status })
  const descriptor = openSync(file, 'w', 0o700)
  writeParts(descriptor, launcher, sourceOf(new Uint8Array(0)))
  closeSync(descriptor)
  const result = spawnSync(file, [], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], encoding: 'utf8', env: {} })
  if (result.error) throw result.error
  const [, stdout, stderr, letters] = result.output
  return { status: result.status, signal: result.signal, stdout, stderr, letters }
}

const exit = (status: number) => new Program().call('exit_group', [status], { demand: 'ignore' })

describe('the executor', () => {
  it('makes the calls of both programs in order', () => {
    const setup = new Program()
    setup.call('write', [1, setup.text('one '), 4], { demand: 4n, failure: 'no' })
    setup.call('write', [1, setup.text('two '), 4], { demand: 'any', failure: 'no' })
    const last = new Program()
    last.call('write', [1, last.text('three'), 5], { demand: 5n, failure: 'no' })
    last.call('exit_group', [7], { demand: 'ignore' })
    assert.deepEqual(execute(setup, last), {
      status: 7,
      signal: null,
      stdout: 'one two three',
      stderr: '',
      letters: '',
    })
  })

  it('leaves with 125, a letter and one line when a value is not the expected one', () => {
    const setup = new Program()
    setup.call('getppid', [], { demand: 0n, failure: 'the parent is another' })
    const stderr = 'slipway: the parent is another\n' // no errno: the call did not fail
    assert.deepEqual(execute(setup), { status: 125, signal: null, stdout: '', stderr, letters: 'F' })
  })

  const numbers: [descriptor: number, errno: string][] = [
    [-1, '009'], // EBADF
    [0, '022'], // EINVAL: standard input is no epoll descriptor
  ]
  for (const [descriptor, errno] of numbers) {
    it(`names errno ${errno} when a call fails that must not`, () => {
      const setup = new Program()
      setup.call('epoll_ctl', [descriptor, 1, 1, setup.data(new Uint8Array(12))], {
        demand: 'any',
        failure: 'no epoll',
      })
      const result = execute(setup)
      assert.equal(result.status, 125)
      assert.equal(result.stderr, `slipway: no epoll (errno ${errno})\n`)
    })
  }

  it('goes on after a call whose result does not matter', () => {
    const setup = new Program().call('close', [99], { demand: 'ignore' })
    assert.equal(execute(setup, exit(3)).status, 3)
  })

  it('fails without a listener and with a closed stderr just as well', () => {
    const setup = new Program()
    setup.call('close', [2], { demand: 0n, failure: 'closing' })
    setup.call('close', [99], { demand: 0n, failure: 'closing' })
    assert.deepEqual(execute(setup, exit(0), [], NO_STATUS), {
      status: 125,
      signal: null,
      stdout: '',
      stderr: '',
      letters: '',
    })
  })

  it('repeats a call with a growing first argument', () => {
    const setup = new Program()
    setup.call('write', [1, setup.text('x'), 1], { demand: 1n, failure: 'no', times: 2 })
    const result = execute(setup)
    assert.equal(result.stdout, 'x')
    assert.equal(result.stderr, 'x')
  })

  it('stops a repetition at its first failure', () => {
    const setup = new Program()
    setup.call('close', [2, 0, 0], { demand: 0n, failure: 'closing', times: 60 })
    assert.equal(execute(setup).status, 125) // descriptor 4 is not open
  })

  it('compares memory under a mask', () => {
    const compare = (value: bigint, mask: bigint) => {
      const setup = new Program()
      const data = setup.data(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
      return execute(setup.compare(data, { value, mask, failure: 'differs' }))
    }
    assert.equal(compare(0x0807060504030201n, 0xffff_ffff_ffff_ffffn).status, 0)
    assert.equal(compare(0x0000000000000201n, 0xffffn).status, 0)
    assert.equal(compare(0x0000000000000202n, 0xffffn).stderr, 'slipway: differs\n')
    assert.equal(compare(0x0907060504030201n, 0xffff_ffff_ffff_ffffn).letters, 'F')
  })

  it('finds the initial stack pointer: one argument, and the page it lies in', () => {
    const setup = new Program()
    setup.compare(0, { value: 1n, anchor: 'stack', failure: 'argc is not 1' })
    // mprotect refuses an address that is no page's.
    setup.call('mprotect', [0, 4096, 3], { demand: 0n, anchor: 'stack-page', failure: 'not a page' })
    assert.deepEqual(execute(setup).stderr, '')
    const unaligned = new Program().call('mprotect', [8, 4096, 3], {
      demand: 0n,
      anchor: 'stack',
      failure: 'not a page',
    })
    assert.equal(execute(unaligned).stderr, 'slipway: not a page (errno 022)\n')
  })

  const unmet: [why: string, build: (setup: Program) => Program][] = [
    ['an expected value', (setup) => setup.call('getppid', [], { demand: 0n, otherwise: 'there' })],
    ['a call that fails', (setup) => setup.call('close', [99], { demand: 'any', otherwise: 'there' })],
    ['memory', (setup) => setup.compare(0, { value: 0n, anchor: 'stack', otherwise: 'there' })], // argc is 1
  ]
  for (const [why, build] of unmet) {
    it(`goes on at a label where ${why} is not as demanded`, () => {
      const setup = build(new Program())
      setup.call('write', [1, setup.text('left out'), 8], { demand: 8n, failure: 'no', times: 1 })
      setup.call('exit_group', [9], { demand: 'ignore' })
      setup.mark('there').call('write', [1, setup.text('there'), 5], { demand: 5n, failure: 'no' })
      assert.deepEqual(execute(setup, exit(4)), { status: 4, signal: null, stdout: 'there', stderr: '', letters: '' })
    })
  }

  it('does not leave out anything where the demand is met', () => {
    const setup = new Program().call('close', [99], { demand: 'ignore', otherwise: 'there' })
    setup.call('exit_group', [9], { demand: 'ignore' }).mark('there')
    assert.equal(execute(setup).status, 9)
  })

  it('takes a result from one record to a later one', () => {
    const page = new Uint8Array(4096)
    const staged = [{ address: STAGING, read: true, write: true, execute: false, content: whole(page) }]
    const setup = new Program()
    setup.call('getpid', [], { demand: 'any', store: BigInt(STAGING + 8) })
    setup.call('pidfd_open', [STAGING + 8, 0], { demand: 4n, load: true, failure: 'not a process' })
    setup.compare(STAGING, { value: 0n, failure: 'the result went elsewhere' })
    assert.deepEqual(execute(setup, exit(0), staged).stderr, '')
    // Not loaded, the address itself is no process.
    const address = new Program().call('pidfd_open', [STAGING + 8, 0], { demand: 4n, failure: 'not a process' })
    assert.equal(execute(address, exit(0), staged).status, 125)
  })

  it('enters with the stack and argument given and every other register zero', () => {
    // exit_group((rdi or any register that should be zero) + the word on the stack)
    // biome-ignore format: an instruction a line
    const code = Uint8Array.of(
      0x48, 0x09, 0xdf, // or rdi, rbx
      0x48, 0x09, 0xcf, // or rdi, rcx
      0x48, 0x09, 0xd7, // or rdi, rdx
      0x48, 0x09, 0xf7, // or rdi, rsi
      0x48, 0x09, 0xef, // or rdi, rbp
      0x4c, 0x09, 0xc7, // or rdi, r8
      0x4c, 0x09, 0xcf, // or rdi, r9
      0x4c, 0x09, 0xd7, // or rdi, r10
      0x4c, 0x09, 0xdf, // or rdi, r11
      0x4c, 0x09, 0xe7, // or rdi, r12
      0x4c, 0x09, 0xef, // or rdi, r13
      0x4c, 0x09, 0xf7, // or rdi, r14
      0x4c, 0x09, 0xff, // or rdi, r15
      0x03, 0x3c, 0x24, // add edi, [rsp]: the 2 at the end of this page
      0xb8, 0xe7, 0x00, 0x00, 0x00, // mov eax, exit_group
      0x0f, 0x05, // syscall
    )
    const page = new Uint8Array(4096)
    page.set(code)
    page[4088] = 2
    const staged = [{ address: STAGING, read: true, write: false, execute: true, content: whole(page) }]
    const last = new Program().enter({ argument: 40, stack: STAGING + 4088, entry: STAGING })
    assert.equal(execute(new Program(), last, staged).status, 42)
  })
})

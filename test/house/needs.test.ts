// How tests say what they need, and how the reporter tells of what is missing.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { needs } from '../support/needs.ts'

const ROOT = join(import.meta.dirname, '../..')

describe('needs()', () => {
  it('asks for nothing where everything is there', () => assert.deepEqual(needs({}), {}))
  it('names the program, and the package that brings it', () => {
    const { PATH } = process.env
    process.env['PATH'] = ''
    try {
      const { skip, meta } = needs({ commands: ['strace'] })
      assert.equal(skip, true)
      assert.deepEqual(
        meta?.lacks?.map(({ reason, mend }) => [reason, mend]),
        [['the program strace is missing', 'apt-get install strace']],
      )
    } finally {
      process.env['PATH'] = PATH
    }
  })
  it('refuses a program that no listed package brings', () => {
    assert.throws(() => needs({ commands: ['frobnicate'] }), /debian-packages\.json brings the program frobnicate/)
  })
  it('refuses a package that is not listed', () => {
    assert.throws(() => needs({ apt: ['frobnicate'] }), /debian-packages\.json is called frobnicate/)
  })
})

describe('the reporter', () => {
  let place = ''
  beforeAll(() => {
    mkdirSync(join(ROOT, '.cache'), { recursive: true })
    place = mkdtempSync(join(ROOT, '.cache/reporter-')) // inside of the checkout, where vitest is found
    const config = `import { SlipwayReporter } from '${ROOT}/tools/reporter.ts'
export default { test: { reporters: [new SlipwayReporter()] } }`
    writeFileSync(join(place, 'vitest.config.ts'), config)
  })
  afterAll(() => rmSync(place, { recursive: true }))

  /** Runs one test file with the reporter. */
  function report(tests: string, env: NodeJS.ProcessEnv = {}) {
    writeFileSync(join(place, 'a.test.ts'), `import { describe, it } from 'vitest'\n${tests}`)
    const { SLIPWAY_TEST_SUMMARY: _, SLIPWAY_TEST_ALL: __, ...outer } = process.env
    const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', place]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { ...outer, NO_COLOR: '1', VITEST: undefined, ...env },
    })
    return { status, stdout, stderr, last: stdout.trimEnd().split('\n').at(-1) }
  }
  const lacking = (mendable: boolean): string =>
    `{ skip: true, meta: { lacks: [{ reason: 'there is no x', mend: 'get x', mendable: ${mendable} }] } }`

  it('ends a good run with the counts', () => {
    const { status, last } = report("it('a', () => {}); it('b', () => {})")
    assert.deepEqual({ status, last }, { status: 0, last: '2 passed, 0 failed, 0 skipped' })
  })
  it('ends a bad run with the counts, and tells what the test printed', () => {
    const { status, stdout, stderr, last } = report("it('a', () => { console.log('inner'); throw new Error('outer') })")
    assert.deepEqual({ status, last }, { status: 1, last: '0 passed, 1 failed, 0 skipped' })
    assert.match(stdout, /FAIL .*a\.test\.ts > a\n[^]*inner\n/)
    assert.match(stderr, /^Error: outer$/m)
  })
  it('names what is skipped, with the reason and what mends it', () => {
    const { status, stdout, last } = report(
      `it('a', () => {}); describe('b', ${lacking(true)}, () => it('c', () => {}))`,
    )
    assert.deepEqual({ status, last }, { status: 0, last: '1 passed, 0 failed, 1 skipped' })
    assert.match(stdout, /skipped, because there is no x \(get x\)\n {2}a\.test\.ts > b > c\n/)
  })
  it('takes a skip that could have been mended for a failure once everything was to be there', () => {
    const tests = (mendable: boolean): string => `it('a', () => {}); it('b', ${lacking(mendable)}, () => {})`
    assert.equal(report(tests(true), { SLIPWAY_TEST_ALL: '1' }).last, '1 passed, 1 failed, 0 skipped')
    assert.equal(report(tests(false), { SLIPWAY_TEST_ALL: '1' }).last, '1 passed, 0 failed, 1 skipped')
  })
  it('takes a skip without a reason for a failure', () => {
    const { status, last } = report("it('a', () => {}); it.skip('b', () => {})")
    assert.deepEqual({ status, last }, { status: 1, last: '1 passed, 1 failed, 0 skipped' })
  })
  it('takes a run without tests for a failure', () => {
    assert.equal(report('').status, 1)
    assert.equal(report(`it('a', ${lacking(false)}, () => {})`).status, 1)
  })
  it('counts what a test leaves behind', () => {
    const late = "it('a', () => void setTimeout(() => { throw new Error('late') }, 0))"
    const next = "it('b', () => new Promise((resolve) => setTimeout(resolve, 500)))" // or the process might end before it happens
    const { status, last } = report(`${late}; ${next}`)
    assert.deepEqual({ status, last }, { status: 1, last: '2 passed, 1 failed, 0 skipped' })
  })
})

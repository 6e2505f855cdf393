// How test runs are told: a line per file, failures in full, then every skipped test by name with the reason and the command
// that mends it, then exactly `N passed, N failed, N skipped`. A test skipped without a reason counts as a failure.
//
// SLIPWAY_TEST_SUMMARY=FILE  write the counts there instead of that last line (tools/test.mjs adds those of the gate)
// SLIPWAY_TEST_ALL=1         a skip for a lack that a package manager could have mended is a failure

import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { SerializedError } from 'vitest'
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import type { Lack } from '../test/support/needs.ts'

export class SlipwayReporter implements Reporter {
  readonly #everythingThere = process.env['SLIPWAY_TEST_ALL'] === '1'
  readonly #summary = process.env['SLIPWAY_TEST_SUMMARY']
  /** What tests printed, kept until one fails. */
  readonly #output = new Map<string, string>()
  #passed = 0
  #failed = 0
  #skipped: { test: TestCase; lacks: readonly Lack[] }[] = []
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunStart(): void {
    this.#passed = 0
    this.#failed = 0
    this.#skipped = []
  }

  onUserConsoleLog({ taskId = '', content }: { taskId?: string; content: string }): void {
    this.#output.set(taskId, (this.#output.get(taskId) ?? '') + content)
  }

  onTestModuleEnd(module: TestModule): void {
    const before = this.#failed
    for (const error of module.errors()) this.#fail(module, [error])
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) this.#fail(suite, suite.errors())
    for (const test of module.children.allTests()) this.#count(test)
    const tests = [...module.children.allTests()].length
    const milliseconds = Math.round(module.diagnostic().duration)
    const verdict = this.#failed > before ? 'FAIL' : 'ok  '
    this.#say(`${verdict} ${module.relativeModuleId}  ${tests} test${tests === 1 ? '' : 's'}  ${milliseconds} ms`)
    for (const id of this.#output.keys()) if (id.startsWith(module.id)) this.#output.delete(id)
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    for (const error of errors) {
      this.#failed++
      this.#say('\nFAIL outside of any test')
      this.#vitest?.logger.printError(error)
    }
    this.#tellSkips()
    const counts = { passed: this.#passed, failed: this.#failed, skipped: this.#skipped.length }
    if (counts.passed + counts.failed === 0) this.#say('\nno test ran')
    if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1 // a run without any test proves nothing
    if (this.#summary !== undefined) writeFileSync(this.#summary, JSON.stringify(counts))
    else this.#say(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  }

  #count(test: TestCase): void {
    const result = test.result()
    if (result.state === 'passed') this.#passed++
    else if (result.state === 'failed') this.#fail(test, result.errors)
    else if (result.state === 'pending') this.#fail(test, ['has not ended'])
    else this.#countSkip(test, result.note)
  }

  #countSkip(test: TestCase, note: string | undefined): void {
    const lacks = test.meta().lacks ?? (note === undefined ? [] : [{ reason: note, mend: '', mendable: false }])
    const mendable = lacks.find((lack) => lack.mendable)
    if (lacks.length === 0 && test.options.mode === 'run') this.#fail(test, ['not run, because its suite has failed'])
    else if (lacks.length === 0)
      this.#fail(test, ['skipped without a reason: say it with needs(), or with context.skip(reason)'])
    else if (this.#everythingThere && mendable)
      this.#fail(test, [`skipped, although \`${mendable.mend}\` would mend it`])
    else this.#skipped.push({ test, lacks })
  }

  #fail(entity: TestModule | TestSuite | TestCase, errors: readonly unknown[]): void {
    this.#failed++
    const place = relative(process.cwd(), (entity.type === 'module' ? entity : entity.module).moduleId)
    this.#say(`\nFAIL ${place}${entity.type === 'module' ? '' : ` > ${entity.fullName}`}`)
    for (const error of errors) {
      if (typeof error === 'string') this.#say(`     ${error}`)
      else this.#vitest?.logger.printError(error, { project: entity.project })
    }
    const output = this.#output.get(entity.id)
    if (output !== undefined) this.#say(`--- it printed\n${output.trimEnd()}\n---`)
  }

  #tellSkips(): void {
    const groups = new Map<string, string[]>()
    for (const { test, lacks } of this.#skipped) {
      const reason = lacks.map(describeLack).join('; ')
      const names = groups.get(reason) ?? []
      groups.set(reason, [...names, `  ${test.module.relativeModuleId} > ${test.fullName}`])
    }
    for (const [reason, names] of groups) this.#say(`\nskipped, because ${reason}\n${names.join('\n')}`)
  }

  #say(text: string): void {
    process.stdout.write(`${text}\n`)
  }
}

function describeLack({ reason, mend }: Lack): string {
  return mend === '' ? reason : `${reason} (${mend})`
}

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ConfigError } from '../base/errors.ts'
import { formatKey, ONE_MORE, type Step, splitKey } from './key.ts'

describe('splitKey()', () => {
  const cases: readonly (readonly [text: string, steps: readonly Step[], rest: string])[] = [
    ['env.A=b=c', ['env', 'A'], '=b=c'],
    ['net.interfaces.service.addrs[0].addr=x', ['net', 'interfaces', 'service', 'addrs', 0, 'addr'], '=x'],
    ['net.dns.search[]=a', ['net', 'dns', 'search', ONE_MORE], '=a'],
    ['mount./data.path=x', ['mount', '/data', 'path'], '=x'],
    ['mount["/a.b"].path', ['mount', '/a.b', 'path'], ''],
    ['env["a \\"b\\""]=', ['env', 'a "b"'], '='],
    ['a..b', ['a'], '..b'],
    ['a[0]b', ['a', 0], 'b'],
    ['a[', ['a'], '['],
  ]
  for (const [text, steps, rest] of cases) {
    it(`takes ${text} apart`, () => assert.deepEqual(splitKey(text, 'x'), { steps, rest }))
  }

  const refused: readonly (readonly [text: string, code: string])[] = [
    ['', 'BAD_VALUE'],
    ['.a', 'BAD_VALUE'],
    ['=a', 'BAD_VALUE'],
    ['a["\\q"]', 'BAD_VALUE'],
    ['a'.repeat(131_073), 'LIMIT'],
    ['a.'.repeat(20), 'LIMIT'],
  ]
  for (const [text, code] of refused) {
    it(`refuses ${text.slice(0, 10)}`, () =>
      assert.throws(() => splitKey(text, '--set'), { name: 'ConfigError', code, file: '--set' }))
  }

  it('undoes formatKey() for any path', () => {
    const step = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.nat({ max: 999_999 }))
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(step, { maxLength: 6 }), (first, more) => {
        const path = [first, ...more]
        assert.deepEqual(splitKey(`${formatKey(path)}=x`, '--set'), { steps: path, rest: '=x' })
      }),
    )
  })

  it('throws ConfigError, and nothing else, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '.', '[', ']', '"', '\\', '0', '=', '\n') }), (text) => {
        try {
          splitKey(text, '--set')
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error))
        }
      }),
    )
  })
})

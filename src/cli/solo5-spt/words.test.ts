import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { TenderError } from './refusal.ts'
import { applyOptions, parseCall } from './words.ts'

const MIB = 2n ** 20n

describe('parseCall()', () => {
  const cases: [words: string[], call: ReturnType<typeof parseCall>][] = [
    [['k'], { options: [], kernel: 'k', args: [] }],
    [['--mem=2', 'k', 'a', '--', '--help'], { options: ['--mem=2'], kernel: 'k', args: ['a', '--', '--help'] }],
    [['-x', '--', '--help', 'a'], { options: ['-x'], kernel: '--help', args: ['a'] }],
    [['--', '--', '--'], { options: [], kernel: '--', args: ['--'] }],
    [['-', 'k'], { options: ['-'], kernel: 'k', args: [] }],
    [['', 'a'], { options: [], kernel: '', args: ['a'] }],
    [['--whatever', '--help'], 'help'],
    [['--version', '--help'], 'version'],
    [['--helpless', 'k'], { options: ['--helpless'], kernel: 'k', args: [] }],
  ]
  for (const [words, call] of cases) {
    it(`takes ${JSON.stringify(words)} apart`, () => assert.deepEqual(parseCall(words), call))
  }
  for (const words of [[], ['--mem=2'], ['--'], ['-x', '--']]) {
    it(`misses a kernel in ${JSON.stringify(words)}`, () => {
      assert.throws(() => parseCall(words), { message: 'Missing KERNEL operand', showUsage: true })
    })
  }
})

describe('applyOptions()', () => {
  const none = (): boolean => false
  const cases: [option: string, bytes: bigint][] = [
    ['--mem=2', 2n * MIB],
    ['--mem=2x', 2n * MIB],
    ['--mem= \t+010', 10n * MIB],
    ['--mem=-1', 2n ** 64n - MIB],
    ['--mem=99999999999999999999', 2n ** 64n - MIB],
    ['--mem=-99999999999999999999', 0n],
    ['--mem=17592186044416', 0n],
    ['--mem=0', 0n],
    ['--mem=', 0n],
    ['--mem=x', 0n],
    ['--mem=0x10', 0n],
  ]
  for (const [option, bytes] of cases) {
    it(`reads ${option} as ${bytes === 0n ? 'malformed' : `${bytes} bytes`}`, () => {
      if (bytes > 0n) assert.equal(applyOptions([option], none), bytes)
      else
        assert.throws(() => applyOptions([option], none), { message: 'Malformed argument to --mem', showUsage: false })
    })
  }
  it('gives 512 MiB where nothing is said, and the last of several', () => {
    assert.equal(applyOptions([], none), 512n * MIB)
    assert.equal(applyOptions(['--mem=2', '--mem=3'], none), 3n * MIB)
  })

  it('offers what stands behind a --mem twice where it is refused', () => {
    const offered: string[] = []
    const offer = (option: string): boolean => {
      offered.push(option)
      return option === 'good'
    }
    assert.throws(() => applyOptions(['good', '--mem=2', 'good', '--mem=2', 'bad', 'good'], offer), {
      message: "Invalid option: `bad'",
      showUsage: true,
    })
    assert.deepEqual(offered, ['good', 'good', 'bad', 'bad'])
  })
  it('escapes what it refuses', () => {
    assert.throws(() => applyOptions(['-\u001b[31m'], none), { message: "Invalid option: `-\\u001b[31m'" })
  })

  it('throws only TenderError', () => {
    const word = fc.oneof(
      fc.constantFrom('--mem=', '--mem=1', '--', '-', ''),
      fc.string(),
      fc.bigInt().map((n) => `--mem=${n}`),
    )
    fc.assert(
      fc.property(fc.array(word), fc.func(fc.boolean()), (words, offer) => {
        try {
          const call = parseCall(words)
          if (typeof call === 'string') return
          const memory = applyOptions(call.options, offer)
          assert.ok(memory > 0n && memory < 2n ** 64n)
        } catch (error) {
          assert.ok(error instanceof TenderError, String(error))
        }
      }),
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { ConfigErrorCode } from '../base/errors.ts'
import type { ConfigOrigin } from './document.ts'
import { effectiveConfig } from './effective.ts'
import { layerOf } from './layer.ts'
import { requirePrograms, wordsEdit } from './programs.ts'

const ORIGIN: ConfigOrigin = { layer: 'command line', flag: 'words behind --' }
const layers = (rc: unknown) => [layerOf({ rc }, { layer: 'program' })]
const told = (rc: unknown, ...words: readonly string[]) => {
  const edit = wordsEdit(effectiveConfig(layers(rc)), words, 'shop', ORIGIN)
  return effectiveConfig(layers(rc), [edit]).document.rc.map(({ bin, argv }) => [bin, argv])
}

describe('wordsEdit()', () => {
  it('are the first program’s where no program is spoken of', () =>
    assert.deepEqual(told([], 'a', 'b'), [['*', ['shop', 'a', 'b']]]))
  it('take the place of the words behind argv[0]', () => {
    assert.deepEqual(told([{ bin: 'x', argv: ['x0', 'old'] }], 'new'), [['x', ['x0', 'new']]])
    assert.deepEqual(told([{ bin: 'x' }], 'new'), [['x', ['x', 'new']]])
    assert.deepEqual(told([{ bin: '*' }], 'new'), [['*', ['shop', 'new']]])
  })
  it('keep an argv[0] that is a secret', () => {
    assert.deepEqual(told([{ bin: 'x', argv: [{ $secret: 'env:A' }] }], 'new'), [['x', [{ $secret: 'env:A' }, 'new']]])
  })
  it('are refused where they could be those of several programs', () => {
    assert.throws(() => told([{ bin: 'x' }, { bin: 'y' }], 'new'), {
      name: 'ConfigError',
      code: 'CONFLICT',
      path: ['rc', 1],
    })
  })
})

describe('requirePrograms()', () => {
  const cases: readonly (readonly [
    rc: unknown,
    names: readonly string[] | undefined,
    code?: ConfigErrorCode,
    advice?: string,
  ])[] = [
    [
      [{ bin: 'a' }, { bin: 'b' }, { bin: 'a' }],
      ['a', 'b'],
    ],
    [[{ bin: '*' }], ['a', 'b']],
    [[{ bin: 'hello.bni' }], ['hello.bin'], 'BAD_VALUE', 'did you mean hello.bin?'],
    [[{ bin: 'nope' }], ['a', 'b'], 'BAD_VALUE', 'it has "a", "b"'],
    [[{ bin: 'whatever' }], undefined],
    [[{ bin: 'a' }, { bin: 'b' }], undefined, 'CONFLICT'],
  ]
  for (const [rc, names, code, advice] of cases) {
    it(`${code === undefined ? 'accepts' : 'refuses'} ${JSON.stringify(rc)} of ${names?.join(', ') ?? 'one program'}`, () => {
      const attempt = () => requirePrograms(effectiveConfig(layers(rc)), names)
      if (code === undefined) assert.doesNotThrow(attempt)
      else assert.throws(attempt, { name: 'ConfigError', code, ...(advice === undefined ? {} : { advice }) })
    })
  }
})

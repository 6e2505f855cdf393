import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseJson } from './json.ts'
import { JsonView } from './json-view.ts'

const view = (text: string): JsonView => JsonView.of(parseJson(text, 'stack.json'))

describe('JsonView', () => {
  it('returns values of the kinds asked for', () => {
    const object = view('{"name": "web", "port": 80, "tags": ["a", "b"], "none": null}').object([
      'name',
      'port',
      'tags',
      'none',
    ])
    assert.deepEqual(object.keys, ['name', 'port', 'tags', 'none'])
    assert.ok(object.has('none') && !object.has('toString'))
    assert.equal(object.get('name').string(), 'web')
    assert.equal(object.get('name').oneOf(['app', 'web']), 'web')
    assert.equal(object.get('name').matching(/^w/, 'w…'), 'web')
    assert.equal(object.get('port').integer(1, 80), 80)
    assert.equal(object.get('port').integer(80, 81), 80)
    assert.deepEqual(
      object
        .get('tags')
        .array(2)
        .map((tag) => tag.string()),
      ['a', 'b'],
    )
    assert.ok(object.get('none').isNull() && !object.get('port').isNull())
  })

  it('refuses an unknown key where it stands and names the nearest one', () => {
    assert.throws(() => view('{\n "naem": 1}').object(['name', 'port']), {
      name: 'ConfigError',
      code: 'UNKNOWN_KEY',
      line: 2,
      column: 2,
      path: ['naem'],
      message: '"stack.json":2:2: "naem" is not known here',
      advice: 'did you mean name?',
    })
    assert.throws(() => view('{"x": 1}').object(['name', 'port']), { advice: 'known are name, port' })
  })

  it('does not check the keys of members()', () => assert.deepEqual(view('{"x": 1}').members().keys, ['x']))

  const refused: [why: string, read: () => unknown, code: string, path: (string | number)[]][] = [
    ['a missing key', () => view('{}').object(['a']).get('a'), 'BAD_VALUE', []],
    ['a key that only a prototype has', () => view('{}').members().get('toString'), 'BAD_VALUE', []],
    ['an array for an object', () => view('[]').object([]), 'BAD_VALUE', []],
    ['null for an object', () => view('null').members(), 'BAD_VALUE', []],
    ['an object for an array', () => view('{}').array(9), 'BAD_VALUE', []],
    ['an array that is too long', () => view('[1, 2]').array(1), 'LIMIT', []],
    ['a number for a string', () => view('{"a": 1}').members().get('a').string(), 'BAD_VALUE', ['a']],
    ['a string for a number', () => view('[0, "1"]').array(2)[1]?.integer(0, 1), 'BAD_VALUE', [1]],
    ['a fraction', () => view('1.5').integer(0, 2), 'BAD_VALUE', []],
    ['a number below', () => view('1').integer(2, 3), 'BAD_VALUE', []],
    ['a number above', () => view('4').integer(2, 3), 'BAD_VALUE', []],
    ['a string that does not match', () => view('"a"').matching(/b/, 'b'), 'BAD_VALUE', []],
    ['a string that is not in the list', () => view('"c"').oneOf(['a', 'b']), 'BAD_VALUE', []],
  ]
  for (const [why, read, code, path] of refused) {
    it(`refuses ${why}`, () => assert.throws(read, { name: 'ConfigError', code, path }))
  }

  it('quotes the key path in the message', () => {
    const read = (): unknown => view('{"a\\u001b": [true]}').members().get('a\u001b').array(1)[0]?.string()
    assert.throws(read, { message: '"stack.json":1:14: "a\\u001b.0" must be a string, not a boolean' })
  })
})

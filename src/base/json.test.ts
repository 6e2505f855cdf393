import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { MAX_JSON_DEPTH, MAX_JSON_LENGTH, parseJson } from './json.ts'

const plain = (text: string): unknown => JSON.parse(JSON.stringify(parseJson(text, 'f').value))

describe('parseJson()', () => {
  it('returns the data', () => {
    const text = ' {"a": [1, -2.5e1, true, false, null], "b": {"c": "\\u00e9\\n\\/"}, "": 0}\n'
    assert.deepEqual(plain(text), JSON.parse(text))
  })

  it('returns objects without a prototype', () => {
    const { value } = parseJson('{"__proto__": {"polluted": 1}, "constructor": 2}', 'f')
    assert.equal(Object.getPrototypeOf(value), null)
    assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor'])
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  })

  const refused: [why: string, text: string, code: string, line: number, column: number][] = [
    ['an empty document', '', 'SYNTAX', 1, 1],
    ['white space alone', ' \n ', 'SYNTAX', 2, 2],
    ['a byte order mark', '\ufeff{}', 'SYNTAX', 1, 1],
    ['a comma at the end', '{\n  "a": 1,\n}', 'SYNTAX', 3, 1],
    ['a comma at the end of an array', '[1,]', 'SYNTAX', 1, 4],
    ['text after the end', '{}\n{}', 'SYNTAX', 2, 1],
    ['an open string', '["a', 'SYNTAX', 1, 4],
    ['an open object', '{"a": 1', 'SYNTAX', 1, 8],
    ['a comment', '// a\n1', 'SYNTAX', 1, 1],
    ['single quotes', "{'a': 1}", 'SYNTAX', 1, 2],
    ['a key without quotes', '{a: 1}', 'SYNTAX', 1, 2],
    ['a missing colon', '{"a" 1}', 'SYNTAX', 1, 6],
    ['NaN', '[NaN]', 'SYNTAX', 1, 2],
    ['a word cut short', 'tru', 'SYNTAX', 1, 1],
    ['a leading zero', '[01]', 'SYNTAX', 1, 2],
    ['a plus sign', '[+1]', 'SYNTAX', 1, 2],
    ['a hexadecimal number', '[0x10]', 'SYNTAX', 1, 3],
    ['an unknown escape', '["\\x41"]', 'SYNTAX', 1, 3],
    ['a raw line feed in a string', '["a\nb"]', 'SYNTAX', 1, 4],
    ['a raw tab in a key', '{"a\tb": 1}', 'SYNTAX', 1, 4],
    ['a raw ESC behind an escaped quote', '["\\"\u001b"]', 'SYNTAX', 1, 5],
    ['a no-break space', '\u00a01', 'SYNTAX', 1, 1],
    ['a key given twice', '{\n "a": 1,\n "a": 2}', 'DUPLICATE_KEY', 3, 2],
    ['a key given twice in two spellings', '{"a": 1, "\\u0061": 2}', 'DUPLICATE_KEY', 1, 10],
    ['__proto__ given twice', '{"__proto__": 1, "__proto__": 2}', 'DUPLICATE_KEY', 1, 18],
    ['a whole number beyond 2^53', '[\r\n9007199254740993]', 'BAD_VALUE', 2, 1],
    ['a number beyond all', '[1, 1e400]', 'BAD_VALUE', 1, 5],
  ]
  for (const [why, text, code, line, column] of refused) {
    it(`refuses ${why}`, () => {
      assert.throws(() => parseJson(text, 'stack.json'), {
        name: 'ConfigError',
        code,
        line,
        column,
        file: 'stack.json',
      })
    })
  }

  it('names the key path of a key given twice', () => {
    assert.throws(() => parseJson('{"a": [0, {"b": 1, "b": 2}]}', 'f'), { code: 'DUPLICATE_KEY', path: ['a', 1, 'b'] })
  })

  it('limits the length before it parses', () => {
    assert.equal(parseJson(`"${'x'.repeat(MAX_JSON_LENGTH - 2)}"`, 'f').value, 'x'.repeat(MAX_JSON_LENGTH - 2))
    assert.throws(() => parseJson(`"${'x'.repeat(MAX_JSON_LENGTH - 1)}"`, 'f'), { name: 'ConfigError', code: 'LIMIT' })
  })

  it('limits the depth before it parses', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    parseJson(nested(MAX_JSON_DEPTH), 'f')
    const tooDeep = { name: 'ConfigError', code: 'LIMIT', line: 1, column: MAX_JSON_DEPTH + 1 }
    assert.throws(() => parseJson(nested(MAX_JSON_DEPTH + 1), 'f'), tooDeep)
    assert.throws(() => parseJson('{"a":'.repeat(200_000), 'f'), { name: 'ConfigError', code: 'LIMIT' })
    parseJson(JSON.stringify(['[['.repeat(1000)]), 'f')
    parseJson(`[${'[],{},'.repeat(1000)}0]`, 'f')
  })

  it('quotes what it found', () => {
    assert.throws(() => parseJson('[\u009b]', 'f'), { message: '"f":1:2: "\\u009b" is not what JSON has here' })
  })

  it('agrees with JSON.parse about every document that it writes, and about every text with one character changed', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(), fc.string({ maxLength: 1 }), (text, at, char) => {
        const where = at % (text.length + 1)
        for (const candidate of [text, text.slice(0, where) + char + text.slice(where + 1)]) {
          const ours = attempt(() => plain(candidate))
          const theirs = attempt(() => JSON.parse(JSON.stringify(JSON.parse(candidate)))) // stringify has no -0
          if (ours.error === undefined) assert.deepEqual(ours.value, theirs.value)
          else {
            assert.equal((ours.error as Error).name, 'ConfigError')
            const stricter = ['DUPLICATE_KEY', 'BAD_VALUE', 'LIMIT'].includes((ours.error as { code: string }).code)
            assert.ok(stricter || theirs.error !== undefined, candidate)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})

function attempt<T>(act: () => T): { value?: T; error?: unknown } {
  try {
    return { value: act() }
  } catch (error) {
    return { error }
  }
}

describe('JsonDocument.where()', () => {
  const document = parseJson('{\n  "mem": "512M",\n  "net": [\n    { "name": "service" }\n  ]\n}', 'stack.json')

  it('finds values', () => {
    assert.deepEqual(document.where([]), { file: 'stack.json', line: 1, column: 1, path: [] })
    assert.deepEqual(document.where(['mem']), { file: 'stack.json', line: 2, column: 10, path: ['mem'] })
    const name = { file: 'stack.json', line: 4, column: 15, path: ['net', 0, 'name'] }
    assert.deepEqual(document.where(['net', 0, 'name']), name)
  })

  it('finds keys', () => {
    assert.deepEqual(document.where(['mem'], 'key'), { file: 'stack.json', line: 2, column: 3, path: ['mem'] })
  })

  it('finds what is around a value that is missing', () => {
    const { line, column, path } = document.where(['net', 0, 'mtu'])
    assert.deepEqual({ line, column, path }, { line: 4, column: 5, path: ['net', 0, 'mtu'] })
    assert.equal(document.where(['net', 7]).line, 3)
    assert.equal(document.where(['mem', 'x']).line, 2)
  })
})

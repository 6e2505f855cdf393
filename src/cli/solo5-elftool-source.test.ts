import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { readElftoolSource } from './solo5-elftool-source.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (text: string) => readElftoolSource(bytesOf(text), 'm.json')

const HEAD = '{\n "type": "solo5.manifest",\n "version": 1,\n "devices": '
const withDevices = (list: string): string => `${HEAD}${list}\n}`
const device = '{ "name": "service0", "type": "NET_BASIC" }'

describe('readElftoolSource()', () => {
  it('returns the declared devices in order', () => {
    assert.deepEqual(read(withDevices(`[${device}, { "name": "storage", "type": "BLOCK_BASIC" }]`)), [
      { name: 'service0', type: 'net' },
      { name: 'storage', type: 'block' },
    ])
  })

  const NONE = '"version":1,"devices":[]'
  const accepted: [why: string, text: string][] = [
    ['members without commas', '{"type":"solo5.manifest" "version":1 "devices":[]}'],
    ['commas too many, and one at the end', `{"type":"solo5.manifest",,,${NONE},}`],
    ['whatever follows the document', `{"type":"solo5.manifest",${NONE}} then "anything`],
    ['a key twice, of which the last one counts', `{"type":"x","type":"solo5.manifest",${NONE}}`],
    ['a letter by its number', `{"type":"solo5\\u002Emanifest",${NONE}}`],
    ['what follows a NUL in a string', `{"type":"solo5.manifest\\u0000 and more",${NONE}}`],
    ['a version that ends with the line', '{"type":"solo5.manifest","version":1\n"devices":[]}'],
    ['a byte of 0x7f in a string', `{"type":"x\u007f","type":"solo5.manifest",${NONE}}`],
  ]
  for (const [why, text] of accepted) it(`accepts ${why}`, () => assert.deepEqual(read(text), []))

  it('accepts a name twice', () => assert.equal(read(withDevices(`[${device}${device}]`)).length, 2))

  it('takes 63 devices and names of 67 letters', () => {
    const longest = `{"name":"${'x'.repeat(67)}","type":"NET_BASIC"}`
    assert.equal(read(withDevices(`[${longest.repeat(63)}]`)).length, 63)
  })

  // Words and places as Solo5's elftool 0.12 prints them, behind its own name.
  const refused: [text: string, message: string][] = [
    ['[]', 'm.json:1: (root): expected OBJECT, got ARRAY'],
    ['\n\nnull', 'm.json:1: (root): expected OBJECT, got NULL'],
    ['true', 'm.json:1: (root): expected OBJECT, got BOOLEAN'],
    ['1', 'm.json:1: (root): expected OBJECT, got INTEGER'],
    ['1.0', 'm.json:1: (root): expected OBJECT, got REAL'],
    ['"a"', 'm.json:1: (root): expected OBJECT, got STRING'],
    ['{"type":1}', 'm.json:1: .type: expected STRING, got INTEGER'],
    ['{"type":"x",\n"version":"1"}', 'm.json:2: .version: expected INTEGER, got STRING'],
    ['{"version":1e0}', 'm.json:1: .version: expected INTEGER, got REAL'],
    ['{"version":\n1.}', 'm.json:1: .version: expected INTEGER, got REAL'],
    ['{"devices":{}}', 'm.json:1: .devices: expected ARRAY, got OBJECT'],
    ['{"devices":[\n1]}', 'm.json:2: .devices[]: expected OBJECT, got INTEGER'],
    [withDevices('[{"name":false}]'), 'm.json:4: .devices[...]: expected STRING, got BOOLEAN'],
    [withDevices('[{"name":"a",\n"type":null}]'), 'm.json:5: .devices[...]: expected STRING, got NULL'],
    ['{"extra":1}', 'm.json:1: (root): unknown key: extra'],
    ['{"\\u001b[2J":1}', 'm.json:1: (root): unknown key: \\u001b[2J'],
    [withDevices('[{"mtu":1}]'), 'm.json:4: .devices[...]: unknown key: mtu'],
    ['{}', 'm.json:1: missing .type'],
    ['{"type":"x"}', 'm.json:1: missing .version'],
    ['{"type":"x","version":7}', 'm.json:1: missing .devices[]'],
    ['{"type":"x","version":7,"devices":[]}', 'm.json:1: .type: invalid value, expected "solo5.manifest"'],
    ['{"type":"solo5.manifest","version":2,"devices":[]}', 'm.json:1: .version: invalid version 2, expected 1'],
    ['{"type":"solo5.manifest","version":-0,"devices":[]}', 'm.json:1: .version: invalid version 0, expected 1'],
    [
      `{"type":"solo5.manifest","version":${'9'.repeat(30)},"devices":[]}`,
      'm.json:1: .version: invalid version 9223372036854775807, expected 1',
    ],
    [withDevices(`[${device.repeat(64)}]`), 'm.json:4: .devices[]: too many entries, maximum 63'],
    [withDevices('[\n{"type":"NET_BASIC"}]'), 'm.json:5: .devices[...]: missing .name'],
    [withDevices('[{"name":"a"}]'), 'm.json:4: .devices[...]: missing .type'],
    [withDevices('[{"name":""}]'), 'm.json:4: .devices[...]: .name may not be empty'],
    [withDevices('[{"name":"\\u0000a"}]'), 'm.json:4: .devices[...]: .name may not be empty'],
    [withDevices(`[{"name":"${'x'.repeat(68)}"}]`), 'm.json:4: .devices[...]: name too long'],
    [withDevices(`[{"name":"${'é'.repeat(34)}"}]`), 'm.json:4: .devices[...]: name too long'],
    [withDevices('[{"name":"a-b"}]'), 'm.json:4: .devices[...]: name is not alphanumeric'],
    [withDevices('[{"name":"é"}]'), 'm.json:4: .devices[...]: name is not alphanumeric'],
    // The reference leaves these to the compiler.
    [withDevices('[{"name":"a","type":"FOO BAR"}]'), 'm.json:4: .devices[...]: unknown type: FOO BAR'],
    [withDevices('[{"name":"a","type":"a };\\u009b"}]'), 'm.json:4: .devices[...]: unknown type: a };\\u009b'],
    // What is no JSON even for it.
    ['', 'premature EOF in JSON data'],
    ['{"type"', 'expected colon in object element on line 1 in JSON data'],
    ['{"type" 1}', 'expected colon in object element on line 1 in JSON data'],
    ['{"type', 'premature EOF in JSON data'],
    ['{"type":', 'premature EOF in JSON data'],
    ['{"a":[', 'premature EOF in JSON data'],
    ['nul', 'premature EOF in JSON data'],
    ['nuts', 'expected null on line 1 in JSON data'],
    ['{"\\', 'premature EOF in JSON data'],
    ['{"\\u00', 'premature EOF in JSON data'],
    ['\n\nx', "unexpected 'x' on line 3 in JSON data"],
    ['\u001b', "unexpected '\\x1b' on line 1 in JSON data"],
    ['é', "unexpected '\\xc3' on line 1 in JSON data"],
    ['// no comments', "unexpected '/' on line 1 in JSON data"],
    ['01', "unexpected '1' on line 1 in JSON data"],
    ['1x', "unexpected 'x' on line 1 in JSON data"],
    ['-', "unexpected '\\xff' on line 1 in JSON data"],
    ['{type:1}', 'missing quote from string on line 1 in JSON data'],
    ['[,1]', 'missing value before comma on line 1 in JSON data'],
    ['"\\x"', "unknown escape code '\\x' on line 1 in JSON data"],
    ['"\\u00zz"', 'expected hex digit on line 1 in JSON data'],
    ['"a\tb"', 'unescaped whitespace on line 1 in JSON data'],
    ['"a\nb"', 'unescaped whitespace on line 2 in JSON data'],
    ['"a\u0001b"', 'unknown byte (0x01) on line 1 in JSON data'],
    ['['.repeat(2000), 'nested too deeply on line 1 in JSON data'],
  ]
  for (const [text, message] of refused) {
    it(`says ${message.slice(0, 90)} (${JSON.stringify(text).slice(0, 40)})`, () => {
      assert.throws(() => read(text), { name: 'ElftoolError', message })
    })
  }

  it('shows the name of the document without what a terminal acts on', () => {
    assert.throws(() => readElftoolSource(bytesOf('[]'), 'a\u001b'), { message: /^a\\u001b:1: / })
  })

  it('throws nothing else, whatever the bytes are', () => {
    const piece = fc.constantFrom(...'{}[],:"\\u-.e019'.split(''), '"devices"', '"name"', 'null', '\n', ' ', '\u0000')
    const text = fc.oneof(
      fc.array(piece).map((parts) => bytesOf(parts.join(''))),
      fc.uint8Array({ maxLength: 64 }),
      fc.json().map(bytesOf),
    )
    fc.assert(
      fc.property(text, (bytes) => {
        try {
          readElftoolSource(bytes, 'm')
        } catch (error) {
          assert.equal((error as Error).name, 'ElftoolError')
          assert.match((error as Error).message, /^[\x20-\x7e\u00a1-\uffff]*$/)
        }
      }),
    )
  })

  it('reads what JSON.stringify() writes', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[A-Za-z0-9]{1,67}$/), { maxLength: 63 }), (names) => {
        const devices = names.map((name, i) => ({ type: i % 2 === 0 ? 'NET_BASIC' : 'BLOCK_BASIC', name }))
        const text = JSON.stringify({ version: 1, devices, type: 'solo5.manifest' }, undefined, names.length % 3)
        assert.deepEqual(
          read(text).map(({ name }) => name),
          names,
        )
      }),
    )
  })
})

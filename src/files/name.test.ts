import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { byteLength, bytesOf, compareNames, isUtf8, nameOf, problemOfName, sortNames } from './name.ts'

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
  // Pieces of sequences, where a reader of UTF-8 goes wrong.
  fc
    .array(fc.constantFrom(0x41, 0x80, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x9f, 0x90, 0xff))
    .map((each) => Uint8Array.from(each)),
)

describe('nameOf()', () => {
  it('leaves UTF-8 as it is', () =>
    assert.equal(nameOf(new TextEncoder().encode('Grüße \u{1f6a2}')), 'Grüße \u{1f6a2}'))

  it('keeps a mark of byte order, which is a character of the name', () => {
    assert.equal(nameOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa')
  })

  const cases: [why: string, bytes: number[], name: string][] = [
    ['a byte that is never UTF-8', [0x61, 0xff, 0x62], 'a\udcffb'],
    ['the begin of a sequence at the end', [0x61, 0xc3], 'a\udcc3'],
    ['an overlong slash', [0xc0, 0xaf], '\udcc0\udcaf'],
    ['an overlong form of three bytes', [0xe0, 0x80, 0xaf], '\udce0\udc80\udcaf'],
    ['a surrogate', [0xed, 0xb2, 0x80], '\udced\udcb2\udc80'],
    ['a number beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
    ['a sequence cut by another', [0xe2, 0x82, 0xc3, 0xa9], '\udce2\udc82é'],
  ]
  for (const [why, bytes, name] of cases) {
    it(`escapes ${why}`, () => {
      assert.equal(nameOf(Uint8Array.from(bytes)), name)
      assert.equal(isUtf8(name), false)
    })
  }

  it('is undone by bytesOf(), whatever the bytes', () => {
    fc.assert(fc.property(anyBytes, (bytes) => assert.deepEqual([...bytesOf(nameOf(bytes))], [...bytes])))
  })

  it('gives a name whose length in bytes is known', () => {
    fc.assert(fc.property(anyBytes, (bytes) => assert.equal(byteLength(nameOf(bytes)), bytes.length)))
  })
})

describe('compareNames()', () => {
  it('is the order of the bytes', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        assert.equal(Math.sign(compareNames(nameOf(a), nameOf(b))), Math.sign(Buffer.compare(a, b)))
      }),
    )
  })
})

describe('sortNames()', () => {
  it('sorts by bytes, whatever the names', () => {
    const anyNames = fc.array(anyBytes.map((bytes) => nameOf(bytes)))
    fc.assert(
      fc.property(anyNames, (names) => {
        const expected = names.map((name) => Buffer.from(bytesOf(name))).sort(Buffer.compare)
        assert.deepEqual(
          sortNames([...names]).map((name) => Buffer.from(bytesOf(name))),
          expected,
        )
      }),
    )
  })
})

describe('problemOfName()', () => {
  it('has nothing against what Linux takes', () => {
    for (const name of ['a', '...', ' ', '\n', 'x'.repeat(255), '\udcff']) assert.equal(problemOfName(name), undefined)
  })
  for (const name of ['', '.', '..', 'a/b', 'a\0', 'x'.repeat(256), 'é'.repeat(128)]) {
    it(`refuses ${JSON.stringify(name.slice(0, 9))}`, () => assert.ok(problemOfName(name)))
  }
})

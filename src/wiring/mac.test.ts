import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { deriveMac, macBytes, parseMac } from './mac.ts'

describe('parseMac()', () => {
  it('takes six pairs of hexadecimal digits, and writes them small', () => {
    assert.equal(parseMac('02:00:5E:10:00:aF', 'x'), '02:00:5e:10:00:af')
  })

  const refused: [why: string, text: string][] = [
    ['five pairs', '02:00:00:00:00'],
    ['seven pairs', '02:00:00:00:00:01:02'],
    ['dashes', '02-00-00-00-00-01'],
    ['single digits', '2:0:0:0:0:1'],
    ['a letter that is no digit', '02:00:00:00:00:0g'],
    ['nothing', ''],
    ['a line feed behind it', '02:00:00:00:00:01\n'],
    ['all zeroes', '00:00:00:00:00:00'],
    ['the address of everybody', 'ff:ff:ff:ff:ff:ff'],
    ['the address of a group', '01:00:5e:00:00:01'],
  ]
  for (const [why, text] of refused) {
    it(`refuses ${why}`, () => assert.throws(() => parseMac(text, 'x'), { name: 'UsageError', code: 'BAD_ARGUMENT' }))
  }

  it('takes every address of one station, as macBytes() takes it apart', () => {
    const station = fc
      .uint8Array({ minLength: 6, maxLength: 6 })
      .map((bytes) => bytes.with(0, (bytes[0] as number) & 0xfe))
      .filter((bytes) => bytes.some((byte) => byte !== 0))
    fc.assert(
      fc.property(station, (bytes) => {
        const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
        assert.deepEqual(macBytes(parseMac(text.toUpperCase(), 'x')), bytes)
      }),
    )
  })
})

describe('deriveMac()', () => {
  it('gives what it has always given: an instance keeps its address', () => {
    assert.deepEqual(
      [deriveMac('web-1', 'service'), deriveMac('web-2', 'service'), deriveMac('', '')],
      ['de:78:03:a4:ed:8d', '32:52:c7:63:a4:d2', 'be:4c:86:01:18:bc'],
    )
  })

  it('gives an address of one station that no card has, whatever the names', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (instance, device) => {
        const mac = deriveMac(instance, device)
        assert.equal(parseMac(mac, 'x'), mac)
        assert.equal((macBytes(mac)[0] as number) & 0x03, 0x02)
        assert.equal(mac, deriveMac(instance, device))
      }),
    )
  })

  it('gives different ones to many instances with many devices', () => {
    const all = new Set<string>()
    for (let i = 0; i < 1000; i++) for (let k = 0; k < 63; k++) all.add(deriveMac(`instance-${i}`, `service${k}`))
    assert.equal(all.size, 63_000)
  })

  it('knows where the name of the instance ends', () => {
    assert.notEqual(deriveMac('ab', 'c'), deriveMac('a', 'bc'))
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { nearest } from './nearest.ts'

describe('nearest()', () => {
  const known = ['service', 'storage', 'management']
  const cases: [why: string, name: string, wanted: string | undefined][] = [
    ['a letter left out', 'servce', 'service'],
    ['a letter too many', 'storrage', 'storage'],
    ['a wrong letter', 'storege', 'storage'],
    ['two neighbours swapped', 'managmeent', 'management'],
    ['other capitals', 'Service', 'service'],
    ['the name itself', 'storage', 'storage'],
    ['nothing for a name that is far from all', 'network', undefined],
    ['nothing for an empty name', '', undefined],
  ]
  for (const [why, name, wanted] of cases) {
    it(`finds ${why}`, () => assert.equal(nearest(name, known), wanted))
  }

  it('counts a swap as one edit, so that three letters are enough', () => {
    assert.equal(nearest('ent', ['net']), 'net')
    assert.equal(nearest('tne', ['net']), undefined)
  })

  it('takes the first of equals', () => assert.equal(nearest('net1', ['net0', 'net2']), 'net0'))

  it('does not look at very long names', () => {
    assert.equal(nearest('a'.repeat(65), ['a'.repeat(65)]), undefined)
    assert.equal(nearest('a'.repeat(64), ['a'.repeat(65), 'a'.repeat(64)]), 'a'.repeat(64))
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { namesIn, tapInterfaces } from './listings.ts'

describe('namesIn()', () => {
  it('lists what people could mean, and no name that would be more than one line', () => {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-listings-'))
    try {
      for (const name of ['b.img', 'a b', '.hidden', 'two\nlines', '\u001b[2J', '\u009b2J'])
        writeFileSync(join(directory, name), '')
      mkdirSync(join(directory, 'c'))
      assert.deepEqual(namesIn(directory), ['a b', 'b.img', 'c/'])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
  it('is empty for what is no directory', () => assert.deepEqual(namesIn('/does/not/exist'), []))
})

describe('tapInterfaces()', () => {
  it('does not take other interfaces for TAPs', () => assert.ok(!tapInterfaces().includes('lo')))
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Requirement } from '../artefact/identification.ts'
import { starterFinder } from './starters.ts'

const NO_PROGRAM = 'slipway-has-no-such-program'
const look = (requires: Requirement): string[] => {
  const { here, missing } = starterFinder()({ name: 'starter', how: 'FILE', requires })
  return [here, missing ?? '']
}

describe('starterFinder()', () => {
  it('says yes where nothing is asked for', () => assert.deepEqual(look({}), ['yes', '']))

  it('says nothing about what is elsewhere', () => {
    assert.deepEqual(look({ elsewhere: true, command: NO_PROGRAM }), ['unknown', ''])
  })

  it('misses a program that PATH does not lead to', () => {
    assert.deepEqual(look({ command: NO_PROGRAM }), ['no', `no ${NO_PROGRAM} in PATH`])
  })

  it('misses a Linux that is new enough, on the right processor', () => {
    const other = process.arch === 'x64' ? 'arm64' : 'x64'
    const [here, missing] = look({ linux: { machine: process.arch, atLeast: [0, 0] } })
    assert.equal(here, process.platform === 'linux' ? 'yes' : 'no', missing)
    assert.equal(look({ linux: { machine: other, atLeast: [0, 0] } })[0], 'no')
    assert.equal(look({ linux: { machine: process.arch, atLeast: [999, 0] } })[0], 'no')
  })
})

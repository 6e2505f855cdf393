// The captain's store: what the guest finds in an archive on its disk. What both say of themselves is in their expected.txt.

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { guestPath, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { archive, entry } from '../support/tar-blocks.ts'
import { makeScratch, writeDisk } from './_site.ts'

function storeOf(bytes: Uint8Array, sector = 512): string | undefined {
  const scratch = makeScratch()
  try {
    const disk = writeDisk(scratch.at('store.tar'), bytes)
    const wire = `store=${disk},sector=${sector},ro`
    const { status, stdout } = slipway(['run', '--mem', '2M', '--block', wire, guestPath('captain'), '--', 'aye'])
    assert.deepEqual([status, stdout.startsWith('I am the captain.\nword: aye\n')], [0, true], stdout)
    return /\n(store.*)\nSUCCESS\n$/.exec(stdout)?.[1]
  } finally {
    scratch.remove()
  }
}

describe('a crew in one artefact', needs({ host: ['linux', 'x86-64'] }), () => {
  it('has each of them run by its name, and the captain with what is baked in', () => {
    const scratch = makeScratch()
    try {
      const [hold, both] = [
        writeDisk(scratch.at('hold.tar'), archive(entry({ name: 'list', content: 'rum\n' }))),
        scratch.at('crew.spt'),
      ]
      const cook = `cook=${guestPath('cook')}`
      assert.equal(slipway(['bake', guestPath('captain'), '-R', hold, '--add', cook, '-o', both]).status, 0)
      const run = (...args: string[]): string => slipway(['run', ...args]).stdout
      assert.equal(run(both, '--', 'aye'), 'I am the captain.\nword: aye\nstore: rum\nSUCCESS\n')
      assert.equal(run('--set', 'rc.cook.argv=["cook","soup"]', both), 'I am the cook.\nword: soup\nSUCCESS\n')
    } finally {
      scratch.remove()
    }
  })
})

describe('the captain', needs({ host: ['linux', 'x86-64'] }), () => {
  const folder = entry({ name: 'hold/', type: '5' })
  const first = entry({ name: 'hold/list', content: '100 barrels\nand a parrot\n' })

  it('reads the first line of the first file, whatever the size of blocks is', () => {
    for (const sector of [512, 4096, 32_768])
      assert.equal(storeOf(archive(folder, first), sector), 'store: 100 barrels')
  })

  it('takes what is no line for one, and shows nothing that a terminal would obey', () => {
    assert.equal(storeOf(archive(entry({ name: 'empty' }), first)), 'store: ')
    assert.equal(storeOf(archive(entry({ name: 'x', content: 'no end' }))), 'store: no end')
    assert.equal(storeOf(archive(entry({ name: 'x', content: '\x1b[31mred\x9b\n' }))), 'store: ?[31mred??')
    assert.equal(storeOf(archive(entry({ name: 'x', content: 'y'.repeat(1000) }))), `store: ${'y'.repeat(120)}`)
  })

  it('says where there is no file', () => {
    assert.equal(storeOf(archive(folder)), 'store has no files')
  })
})

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { findCommand } from './commands.ts'

const directory = mkdtempSync(join(tmpdir(), 'slipway-commands-'))
afterAll(() => rmSync(directory, { recursive: true }))

function program(folder: string, name: string, mode: number): string {
  mkdirSync(join(directory, folder), { recursive: true })
  const path = join(directory, folder, name)
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, mode)
  return path
}

describe('findCommand()', () => {
  const first = program('first', 'tool', 0o755)
  program('second', 'tool', 0o755)
  program('plain', 'tool', 0o644)
  mkdirSync(join(directory, 'folder/tool'), { recursive: true })
  const path = (...folders: string[]): string => folders.map((folder) => join(directory, folder)).join(delimiter)

  it('returns the first that may be executed', () => {
    assert.equal(findCommand('tool', path('missing', 'plain', 'folder', 'first', 'second')), first)
  })

  it('returns nothing for what is no program', () => {
    assert.equal(findCommand('tool', path('plain', 'folder')), undefined)
    assert.equal(findCommand('other', path('first')), undefined)
    assert.equal(findCommand('tool', ''), undefined)
  })

  it('takes nothing from the working directory, which an empty entry would mean', () => {
    const before = process.cwd()
    process.chdir(join(directory, 'first'))
    try {
      assert.equal(findCommand('tool', `${delimiter}${delimiter}`), undefined)
    } finally {
      process.chdir(before)
    }
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sourceDigest } from './sources.mjs'

let guests = ''
const write = (path: string, text: string) => writeFileSync(join(guests, path), text)

beforeAll(() => {
  guests = mkdtempSync(join(tmpdir(), 'slipway-sources-'))
  for (const folder of ['runtime', 'tools', 'one', 'other']) mkdirSync(join(guests, folder))
  for (const path of ['runtime/guest.h', 'tools/compile.mjs', 'tools/manifest-note.mjs', 'one/manifest.json'])
    write(path, '')
  write('one/main.c', '#include "guest.h"\n#include "own.h"\n#include "../other/part.c"\n')
  write('one/own.h', '')
  write('other/part.c', '#include "part.h"\n')
  write('other/part.h', '#include "part.c"\n')
  write('other/main.c', '')
})
afterAll(() => rmSync(guests, { recursive: true }))

const changed = (path: string): boolean => {
  const before = sourceDigest('one', guests)
  write(path, `${path} is another one\n`)
  return sourceDigest('one', guests) !== before
}

describe('sourceDigest()', () => {
  it('stays where nothing of the guest has changed', () => {
    assert.equal(sourceDigest('one', guests), sourceDigest('one', guests))
    assert.equal(changed('other/main.c'), false)
  })

  for (const path of [
    'other/part.h',
    'other/part.c',
    'one/own.h',
    'one/manifest.json',
    'runtime/guest.h',
    'tools/compile.mjs',
  ]) {
    it(`sees a change of ${path}`, () => assert.ok(changed(path)))
  }
})

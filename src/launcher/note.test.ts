import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../base/errors.ts'
import { ByteReader } from '../base/reader.ts'
import { decodeLauncherNote, LAUNCHER_NOTE_NAME, LAUNCHER_NOTE_SIZE, launcherNote } from './note.ts'

const NOTE = { kind: 'spt', table: 0x2000_0000_1234, records: 99 } as const

describe('decodeLauncherNote()', () => {
  const sample = () => launcherNote(NOTE).descriptor.slice()

  it('reads what launcherNote() writes', () => {
    assert.deepEqual(decodeLauncherNote(new ByteReader(sample())), NOTE)
    assert.equal(sample().length, LAUNCHER_NOTE_SIZE)
    assert.equal(`${launcherNote(NOTE).name}\0`, LAUNCHER_NOTE_NAME)
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, edit: (view: DataView) => void][] = [
    ['another version', 'UNSUPPORTED', 0, (v) => v.setUint32(0, 2, true)],
    ['no kind', 'UNSUPPORTED', 4, (v) => v.setUint32(4, 0, true)],
    ['an unknown kind', 'UNSUPPORTED', 4, (v) => v.setUint32(4, 2, true)],
    ['a table above 2^53', 'BAD_VALUE', 8, (v) => v.setBigUint64(8, 2n ** 53n, true)],
    ['more records than can be counted', 'BAD_VALUE', 16, (v) => v.setBigUint64(16, 2n ** 64n - 1n, true)],
  ]
  for (const [why, code, offset, edit] of cases) {
    it(`rejects ${why}`, () => {
      const bytes = sample()
      edit(new DataView(bytes.buffer))
      assert.throws(() => decodeLauncherNote(new ByteReader(bytes)), { name: 'FormatError', code, offset })
    })
  }

  it('rejects a descriptor that ends early', () => {
    const short = new ByteReader(sample().subarray(0, 20))
    assert.throws(() => decodeLauncherNote(short), { name: 'FormatError', code: 'TRUNCATED', offset: 16 })
  })
})

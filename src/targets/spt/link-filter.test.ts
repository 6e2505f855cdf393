import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { simulate } from '../../launcher/bpf.ts'
import { ByteWriter } from '../../base/writer.ts'
import { compileLinkFilter } from './link-filter.ts'

const [NEW_LINK, DELETE_LINK] = [16, 17]

/** A netlink message about an interface, as the kernel begins it; turned around by words, since the simulator loads as seccomp does. */
function message(type: number, name: string, attribute = 3): DataView {
  const bytes = new ByteWriter(64)
    .u16(4, type)
    .u16(32, 4 + name.length + 1)
    .u16(34, attribute)
    .put(36, new TextEncoder().encode(name)).bytes
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse()
  return new DataView(bytes.buffer)
}

describe('compileLinkFilter()', () => {
  for (const name of ['t', 'tap', 'tap0', 'tap100', 'a-name-of-15-by']) {
    const passes = (data: DataView) => simulate(compileLinkFilter(name), data) !== 0
    it(`lets through that ${name} is deleted, and nothing else`, () => {
      assert.equal(passes(message(DELETE_LINK, name)), true)
      assert.equal(passes(message(NEW_LINK, name)), false)
      assert.equal(passes(message(DELETE_LINK, name, 4)), false)
      for (const other of [`${name}0`, name.slice(0, -1), `x${name.slice(1)}`, `${name.slice(0, -1)}x`]) {
        assert.equal(passes(message(DELETE_LINK, other)), false, other)
      }
    })
  }
})

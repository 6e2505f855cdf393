import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { effectiveConfig } from './effective.ts'
import { keyInfo, proposeKeys } from './key-info.ts'
import { splitKey } from './key.ts'
import { layerOf } from './layer.ts'
import { SAMPLE } from './sample.ts'

describe('keyInfo()', () => {
  it('knows every key of a document', () => {
    for (const key of effectiveConfig([layerOf(SAMPLE, { layer: 'program' })]).settings.keys()) {
      const path = splitKey(key, key).steps.filter((step) => typeof step !== 'symbol')
      assert.match(keyInfo(path)?.brief ?? '', /\.$/, key)
    }
  })
  it('says when it is read', () => {
    assert.equal(keyInfo(['rc', 0, 'argv', 1])?.read, 'start')
    assert.equal(keyInfo(['net', 'dns', 'search', 0])?.read, 'network')
    assert.equal(keyInfo(['mount', '/data', 'options', 'readOnly'])?.read, 'boot')
  })
  it('knows no other', () => {
    for (const path of [['envv'], ['hostname', 'x'], ['constructor'], ['net', '__proto__'], ['mount', '/a', 'size']]) {
      assert.equal(keyInfo(path), undefined, path.join('.'))
    }
  })
})

describe('proposeKeys()', () => {
  const cases: readonly (readonly [partial: string, keys: readonly string[]])[] = [
    ['net', ['net.', 'netbsd.']],
    ['net.', ['net.interfaces.', 'net.gateways', 'net.dns.', 'net.mount.']],
    ['net.dns.n', ['net.dns.nameservers']],
    ['net.interfaces.service.', ['net.interfaces.service.create', 'net.interfaces.service.addrs']],
    ['net.interfaces.service.addrs[0].a', ['net.interfaces.service.addrs[0].addr']],
    ['rc[0].wo', ['rc[0].workdir']],
    ['mount./data.s', ['mount./data.source']],
    [
      'mount./data.options.',
      ['mount./data.options.fstype', 'mount./data.options.readOnly', 'mount./data.options.size'],
    ],
    ['env.', []],
    ['hostname.', []],
    ['x', []],
  ]
  for (const [partial, keys] of cases) {
    it(`offers ${keys.join(' ') || 'nothing'} for ${partial}`, () => {
      assert.deepEqual(
        proposeKeys(partial).map(({ key }) => key),
        keys,
      )
    })
  }
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { arbitraryOf } from '../../test/support/arbitrary-config.ts'
import { ConfigError } from '../base/errors.ts'
import { CONFIG_SHAPE } from './keys.ts'
import { type ConfigLayer, layerOf, parseConfig } from './layer.ts'
import { mergeLayers } from './merge.ts'
import { type Leaf, toJson, walk } from './tree.ts'

const layer = (value: unknown, name: string) => parseConfig(JSON.stringify(value), name)
const merged = (...values: readonly unknown[]) => mergeLayers(values.map((value, i) => layer(value, `${i}.json`)))
const plain = ({ root }: ConfigLayer): unknown => JSON.parse(JSON.stringify(toJson(root)))

describe('mergeLayers()', () => {
  const cases: readonly (readonly [rule: string, layers: readonly unknown[], result: unknown])[] = [
    ['replaces a value', [{ hostname: 'a' }, { hostname: 'b' }], { hostname: 'b' }],
    ['merges variables by name', [{ env: { A: '1', B: '2' } }, { env: { B: '3' } }], { env: { A: '1', B: '3' } }],
    [
      'replaces a list',
      [{ net: { dns: { search: ['a', 'b'] } } }, { net: { dns: { search: ['c'] } } }],
      { net: { dns: { search: ['c'] } } },
    ],
    [
      'appends levels',
      [{ mirage: { logs: ['info'] } }, { mirage: { logs: ['debug'] } }],
      { mirage: { logs: ['info', 'debug'] } },
    ],
    [
      'merges programs by name, and adds new ones at the end',
      [
        { rc: [{ bin: 'a', argv: ['a', 'x'], runmode: '&' }, { bin: 'b' }] },
        { rc: [{ bin: 'c' }, { bin: 'a', argv: ['a', 'y'] }] },
      ],
      { rc: [{ bin: 'a', argv: ['a', 'y'], runmode: '&' }, { bin: 'b' }, { bin: 'c' }] },
    ],
    [
      'merges gateways by family, which their address says where they do not',
      [
        { net: { gateways: [{ addr: '10.0.0.1' }, { addr: 'fd00::1' }] } },
        { net: { gateways: [{ type: 'inet', addr: '10.0.0.9' }] } },
      ],
      { net: { gateways: [{ addr: '10.0.0.9', type: 'inet' }, { addr: 'fd00::1' }] } },
    ],
    [
      'takes a mount whole, without options of another',
      [
        { mount: { '/d': { source: 'tmpfs', options: { size: '1M' } } } },
        { mount: { '/d': { source: 'blk', path: '/dev/x' } } },
      ],
      { mount: { '/d': { source: 'blk', path: '/dev/x' } } },
    ],
    [
      'takes a mount of the network whole',
      [
        { net: { mount: { '/h': { source: 'nfs', server: 'a', path: '/', order: 5 } } } },
        { net: { mount: { '/h': { source: 'nfs', server: 'b', path: '/' } } } },
      ],
      { net: { mount: { '/h': { source: 'nfs', server: 'b', path: '/' } } } },
    ],
    ['removes a value', [{ hostname: 'a', memory: '1M' }, { hostname: null }], { memory: '1M' }],
    ['removes a name', [{ env: { A: '1', B: '2' } }, { env: { A: null } }], { env: { B: '2' } }],
    ['removes all of an object', [{ env: { A: '1' } }, { env: null }], {}],
    ['removes a mount', [{ mount: { '/d': { source: 'kernfs' } } }, { mount: { '/d': null } }], { mount: {} }],
    ['removes a list', [{ rc: [{ bin: 'a' }] }, { rc: null }], {}],
    ['says again what was removed', [{ env: { A: '1' } }, { env: null }, { env: { B: '2' } }], { env: { B: '2' } }],
    [
      'keeps an object that has nothing in it',
      [{ net: { interfaces: { a: {} } } }, {}],
      { net: { interfaces: { a: {} } } },
    ],
  ]
  for (const [rule, layers, result] of cases) {
    it(rule, () => assert.deepEqual(plain(merged(...layers)), result))
  }

  it('keeps what loses, the one that came closest to winning first', () => {
    const { root } = merged({ hostname: 'a' }, { hostname: 'b' }, { hostname: null }, { hostname: 'c' })
    const [host] = leavesOf(root)
    assert.deepEqual([host?.value, host?.losing.map(({ value }) => value)], ['c', [null, 'b', 'a']])
    assert.deepEqual(host?.losing[1]?.origin, { layer: 'file', file: '1.json', line: 1, column: 13 })
  })

  it('remembers the losing elements of a list that is replaced', () => {
    const { root } = merged({ net: { dns: { search: ['a', 'b'] } } }, { net: { dns: { search: ['c'] } } })
    assert.deepEqual(
      leavesOf(root).map(({ value, losing }) => [value, losing[0]?.value]),
      [['c', 'a']],
    )
  })

  it('refuses to guess which of two equally named programs is meant, and names both places', () => {
    assert.throws(() => merged({ rc: [{ bin: 'a' }, { bin: 'a' }] }, { rc: [{ bin: 'a', workdir: '/' }] }), {
      name: 'ConfigError',
      code: 'CONFLICT',
      file: '1.json',
      line: 1,
      column: 8,
      path: ['rc', 0],
      message: /"0\.json":1 has more than once/,
    })
    assert.throws(() => merged({ rc: [{ bin: 'a' }] }, { rc: [{ bin: 'a' }, { bin: 'a' }] }), { code: 'CONFLICT' })
    assert.deepEqual(plain(merged({ rc: [{ bin: 'a' }, { bin: 'a' }] }, { rc: [{ bin: 'b' }] })), {
      rc: [{ bin: 'a' }, { bin: 'a' }, { bin: 'b' }],
    })
  })

  it('is associative where no layers conflict', () => {
    const some = arbitraryOf(CONFIG_SHAPE, true).map((value) => layerOf(value ?? {}, { layer: 'program' }))
    let together = 0
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const left = attempt(() => mergeLayers([mergeLayers([a, b]), c]))
        const right = attempt(() => mergeLayers([a, mergeLayers([b, c])]))
        if (left === undefined || right === undefined) return
        assert.deepEqual(plain(left), plain(right))
        assert.deepEqual(plain(mergeLayers([a, b, c])), plain(left))
        together++
      }),
      { numRuns: 500 },
    )
    assert.ok(together > 150, `${together} of 500`)
  })

  it('changes nothing where a layer says nothing', () => {
    const empty = layerOf({}, { layer: 'program' })
    fc.assert(
      fc.property(arbitraryOf(CONFIG_SHAPE, true), (value) => {
        const some = layerOf(value ?? {}, { layer: 'program' })
        assert.deepEqual(plain(mergeLayers([empty, some])), plain(some))
        assert.deepEqual(plain(mergeLayers([some, empty])), plain(some))
      }),
      { numRuns: 300 },
    )
  })
})

function leavesOf(root: ConfigLayer['root']): readonly Leaf[] {
  const leaves: Leaf[] = []
  walk(root, (_, node) => {
    if (node.kind === 'leaf') leaves.push(node)
  })
  return leaves
}

function attempt(merge: () => ConfigLayer): ConfigLayer | undefined {
  try {
    return merge()
  } catch (error) {
    assert.ok(error instanceof ConfigError && error.code === 'CONFLICT', String(error))
    return undefined
  }
}

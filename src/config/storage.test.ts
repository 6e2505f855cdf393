import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { BlockDevice, Mount } from './document.ts'
import { inMountOrder, parentsOf, storageSteps } from './storage.ts'

const disk = (path: string): Mount => ({ source: 'blk', path, fstype: undefined, readOnly: false })
const steps = (blk: Record<string, BlockDevice>, mount: Record<string, Mount>) => {
  const maps = { blk: new Map(Object.entries(blk)), mount: new Map(Object.entries(mount)) }
  const { steps: found, circle } = storageSteps(maps)
  return [found.map((step) => (step.kind === 'attach' ? step.device : step.mountPoint)), circle]
}

describe('parentsOf()', () => {
  it('lists what lies on the way', () => {
    assert.deepEqual(parentsOf('/a/b/c'), ['/', '/a', '/a/b'])
    assert.deepEqual(parentsOf('/a'), ['/'])
    assert.deepEqual(parentsOf('/'), [])
  })
})

describe('inMountOrder()', () => {
  const orderOf = (orders: Record<string, number>) => (mountPoint: string) => orders[mountPoint] ?? 0
  const sorted = (mountPoints: readonly string[], orders: Record<string, number> = {}) => [
    ...inMountOrder(new Map(mountPoints.map((it) => [it, 0])), orderOf(orders)).keys(),
  ]
  it('keeps what is written where nothing else is said', () => assert.deepEqual(sorted(['/b', '/a']), ['/b', '/a']))
  it('puts parents first', () => assert.deepEqual(sorted(['/a/b/c', '/x', '/a', '/']), ['/', '/a', '/a/b/c', '/x']))
  it('heeds what is said', () =>
    assert.deepEqual(sorted(['/b', '/a', '/c'], { '/c': -1, '/b': 2 }), ['/c', '/a', '/b']))
  it('puts parents first whatever is said', () => assert.deepEqual(sorted(['/a/b', '/a'], { '/a': 9 }), ['/a', '/a/b']))

  it('loses nothing and hides nothing', () => {
    const mountPoint = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }).map((names) => `/${names.join('/')}`)
    fc.assert(
      fc.property(fc.uniqueArray(mountPoint), fc.array(fc.integer({ min: -2, max: 2 })), (given, orders) => {
        const order = [
          ...inMountOrder(new Map(given.map((it) => [it, it])), (it) => orders[given.indexOf(it)] ?? 0).keys(),
        ]
        assert.deepEqual(order.toSorted(), given.toSorted())
        for (const [i, it] of order.entries()) assert.ok(!order.slice(i).some((later) => parentsOf(it).includes(later)))
      }),
    )
  })
})

describe('storageSteps()', () => {
  it('attaches disks first, and a file once the file system is there that it lies on', () => {
    const blk: Record<string, BlockDevice> = {
      vnd0: { type: 'vnd', path: '/data/a.iso' },
      xbd0: { type: 'etfs', path: 'blkfront:xvda' },
    }
    assert.deepEqual(steps(blk, { '/img': disk('/dev/vnd0d'), '/data': disk('/dev/xbd0') }), [
      ['xbd0', '/data', 'vnd0', '/img'],
      [],
    ])
  })
  it('attaches a file of the root file system at once', () => {
    assert.deepEqual(steps({ vnd0: { type: 'vnd', path: 'images/a.iso' } }, { '/images': disk('/dev/vnd0a') }), [
      ['vnd0', '/images'],
      [],
    ])
  })
  it('mounts a disk that nobody has to attach', () => {
    assert.deepEqual(steps({}, { '/data': disk('/dev/ld0a') }), [['/data'], []])
  })
  it('finds a circle', () => {
    const blk: Record<string, BlockDevice> = {
      vnd0: { type: 'vnd', path: '/a/x' },
      vnd1: { type: 'vnd', path: '/b/x' },
    }
    assert.deepEqual(steps(blk, { '/a': disk('/dev/vnd1a'), '/b': disk('/dev/vnd0a') }), [[], ['vnd0', 'vnd1']])
  })
  it('waits for the parent of a mount', () => {
    const blk: Record<string, BlockDevice> = { vnd0: { type: 'vnd', path: '/data/x' } }
    const mount = {
      '/data': disk('/dev/ld0a'),
      '/data/in': disk('/dev/vnd0a'),
      '/data/in/deep': { source: 'kernfs' } as const,
    }
    assert.deepEqual(steps(blk, mount), [['/data', 'vnd0', '/data/in', '/data/in/deep'], []])
  })
})

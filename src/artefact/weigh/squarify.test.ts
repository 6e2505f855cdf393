import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Rect, squarify } from './squarify.ts'

const AREA: Rect = { x: 10, y: 20, width: 600, height: 400 }
const close = (a: number, b: number, scale: number): boolean => Math.abs(a - b) <= scale * 1e-9

const side = fc.integer({ min: 1, max: 4000 })
const anyRect = fc.record({
  x: fc.integer({ min: -500, max: 500 }),
  y: fc.integer({ min: -500, max: 500 }),
  width: side,
  height: side,
})
const anySizes = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 40 })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((sizes) => sizes.sort((a, b) => b - a))

describe('squarify()', () => {
  it('lays the sizes of the paper out as its figures do', () => {
    const rects = squarify([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 })
    const rounded = rects.map(({ x, y, width, height }) => [x, y, width, height].map((n) => Math.round(n * 100) / 100))
    assert.deepEqual(rounded.slice(0, 4), [
      [0, 0, 3, 2],
      [0, 2, 3, 2],
      [3, 0, 1.71, 2.33],
      [4.71, 0, 1.29, 2.33],
    ])
  })

  it('gives areas in the proportion of the sizes, inside, and over all of the rectangle', () => {
    fc.assert(
      fc.property(anySizes, anyRect, (sizes, rect) => {
        const rects = squarify(sizes, rect)
        assert.equal(rects.length, sizes.length)
        const whole = rect.width * rect.height
        const sum = sizes.reduce((total, size) => total + size, 0)
        for (const [i, { x, y, width, height }] of rects.entries()) {
          assert.ok(close(width * height, (whole * (sizes[i] as number)) / sum, whole), `area of ${i}`)
          assert.ok(x >= rect.x - 1e-6 && y >= rect.y - 1e-6)
          assert.ok(x + width <= rect.x + rect.width + 1e-6 && y + height <= rect.y + rect.height + 1e-6)
        }
      }),
    )
  })

  it('lets none lie on another', () => {
    fc.assert(
      fc.property(anySizes, anyRect, (sizes, rect) => {
        const rects = squarify(sizes, rect)
        rects.forEach((a, i) => {
          for (const b of rects.slice(i + 1)) {
            const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
            const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
            assert.ok(width <= 1e-6 || height <= 1e-6, JSON.stringify([a, b]))
          }
        })
      }),
    )
  })

  it('makes no slivers of equal sizes', () => {
    const ratios = squarify(
      Array.from({ length: 30 }, () => 1),
      AREA,
    ).map(({ width, height }) => Math.max(width / height, height / width))
    assert.ok(Math.max(...ratios) < 2, `${Math.max(...ratios)}`)
  })

  it('gives nothing for nothing, and flat ones in a rectangle without area', () => {
    assert.deepEqual(squarify([], AREA), [])
    const flat = squarify([2, 1], { ...AREA, width: 0 })
    assert.deepEqual(
      flat.map(({ width }) => width),
      [0, 0],
    )
  })
})

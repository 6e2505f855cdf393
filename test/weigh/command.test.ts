// slipway weigh as people call it: what it prints, writes and refuses.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { drawSvg } from '../../src/artefact/weigh/svg.ts'
import { HOSTILE_WEIGHED } from '../../src/artefact/weigh/sample.ts'
import type { WeighReport } from '../../src/artefact/weigh/report.ts'
import { bake } from '../../src/run/bake.ts'
import { composeToFile } from '../../src/run/compose.ts'
import { guestPath, ROOT, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const scratch = mkdtempSync(join(tmpdir(), 'slipway-weigh-'))
const at = (name: string): string => join(scratch, name)
afterAll(() => rmSync(scratch, { recursive: true }))

const schema = (name: string) => JSON.parse(readFileSync(join(ROOT, `schema/${name}.schema.json`), 'utf8'))
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
const isWeigh = ajv.compile(schema('weigh'))
const isDiff = ajv.compile(schema('weigh-diff'))

beforeAll(async () => {
  mkdirSync(at('site/css'), { recursive: true })
  writeFileSync(at('site/index.html'), '<p>hello'.repeat(1000))
  writeFileSync(at('site/css/plain.css'), 'p { margin: 0 }'.repeat(300))
  await bake(guestPath('blk'), at('shop.spt'), { sources: [at('site')], format: 'squashfs' })
  writeFileSync(at('site/index.html'), '<p>hello, world'.repeat(1000))
  await bake(guestPath('blk'), at('shop-2.spt'), { sources: [at('site')], format: 'tar' })
})

function succeed(...args: string[]): string {
  const { status, stdout, stderr } = slipway(['weigh', ...args])
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

function refuse(...args: string[]): string {
  const { status, stdout, stderr } = slipway(['weigh', ...args])
  assert.deepEqual([status, stdout], [125, ''])
  return stderr
}

describe('slipway weigh', () => {
  it('shows a tree with sizes and shares', () => {
    const text = succeed(at('shop.spt'))
    assert.match(text, /^".*shop\.spt": 28 KiB, Solo5 unikernel\n {2}/)
    assert.match(text, /\n +[\d.]+ KiB +[\d.]+ % {2}█.* ├ baked in\n/)
    assert.match(text, / css\/\n/)
    assert.match(succeed('--depth', '1', at('shop.spt')), /^(?!.*css).*$/s)
    assert.match(succeed('--all', at('shop.spt')), /note Solo5 MFT1/)
  })

  it('prints a document that follows its schema and sums up', () => {
    const report = JSON.parse(succeed('--json', at('shop.spt'))) as WeighReport
    assert.ok(isWeigh(report), JSON.stringify(isWeigh.errors))
    assert.equal(report.tree.bytes, report.size)
    assert.deepEqual(report.images, [{ name: 'storage', format: 'squashfs', weighedBy: 'stored', files: 2 }])
    const short = JSON.parse(succeed('--json', '--depth', '1', at('shop.spt'))) as WeighReport
    assert.ok(short.tree.children?.every(({ children }) => children === undefined))
  })

  it('weighs launchers, images, kernels’ file formats and anything else', () => {
    composeToFile(guestPath('hello'), at('hello'), {})
    writeFileSync(at('text'), 'no such thing\n')
    for (const file of ['hello', 'text']) {
      const report = JSON.parse(succeed('--json', at(file))) as WeighReport
      assert.ok(isWeigh(report))
      assert.equal(report.size, readFileSync(at(file)).length)
    }
    assert.equal((JSON.parse(succeed('--json', at('hello'))) as WeighReport).family, 'launcher')
    assert.match(succeed(at('text')), /100\.0 % {2}█{12} {2}└ unknown: a text that begins with "no such thing"\n/)
  })

  it('shows what grew and what shrank', () => {
    const text = succeed('--diff', at('shop.spt'), at('shop-2.spt'))
    assert.match(text, /shop\.spt" -> ".*shop-2\.spt": 28 KiB -> 56 KiB, \+28 KiB\n/)
    assert.match(text, /\n +\+[\d.]+ KiB {2}.* index\.html\n/)
    const report = JSON.parse(succeed('--diff', at('shop.spt'), '--json', at('shop-2.spt')))
    assert.ok(isDiff(report), JSON.stringify(isDiff.errors))
    assert.match(succeed('--diff', at('shop.spt'), at('shop.spt')), /nothing in it has another size\n/)
  })

  it('writes pictures and pages by the end of their names, whole and over what is there', () => {
    writeFileSync(at('old.svg'), 'old')
    assert.equal(succeed('-o', at('old.svg'), at('shop.spt')), '')
    assert.match(readFileSync(at('old.svg'), 'utf8'), /^<\?xml /)
    assert.equal(succeed('-o', at('new.HTM'), '--svg', at('picture'), at('shop.spt')), '')
    assert.match(readFileSync(at('new.HTM'), 'utf8'), /^<!doctype html>/)
    assert.equal(readFileSync(at('picture'), 'utf8'), readFileSync(at('old.svg'), 'utf8'))
    assert.match(succeed('-o', '-', at('shop.spt')), /^<!doctype html>/)
    assert.match(succeed('--svg', '-', at('shop.spt')), /^<\?xml /)
    assert.match(succeed('--html', '-', '--json', at('shop.spt')), /^\{/)
  })

  it('makes the same bytes each time', () => {
    for (const form of ['--svg', '--html', '--json']) {
      const words = form === '--json' ? [form, at('shop.spt')] : [form, '-', at('shop.spt')]
      assert.equal(succeed(...words), succeed(...words))
    }
  })

  it('refuses what makes no sense, and says what would', () => {
    assert.match(
      refuse('-o', at('picture.png'), at('shop.spt')),
      /ends neither in \.svg nor in \.html\n {2}give it one/,
    )
    assert.match(refuse('--diff', at('shop.spt'), '-o', at('x.svg'), at('shop-2.spt')), /--diff makes no picture/)
    assert.match(refuse('--depth', '0', at('shop.spt')), /--depth is "0", not a number of levels/)
    assert.match(refuse(at('none')), /cannot open ".*none"/)
    assert.match(refuse(at('site')), /is a directory/)
    copyFileSync(at('shop.spt'), at('shop.svg'))
    assert.match(refuse('-o', at('shop.svg'), at('shop.svg')), /would be written over itself/)
    assert.ok(readFileSync(at('shop.svg')).equals(readFileSync(at('shop.spt'))))
  })

  it('refuses a damaged file with the place of the damage, and writes nothing', () => {
    writeFileSync(at('cut.spt'), readFileSync(at('shop.spt')).subarray(0, -4096))
    assert.match(refuse('-o', at('cut.svg'), at('cut.spt')), /cut\.spt": .* at offset \d+/)
    assert.ok(!existsSync(at('cut.svg')))
    assert.match(refuse('--diff', at('shop.spt'), at('cut.spt')), /cut\.spt": /)
  })

  it('ends quietly where nobody reads on', () => {
    const words = `${process.execPath} ${join(ROOT, 'bin/slipway')} weigh --html - ${at('shop.spt')} | head -c 1`
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', words], { encoding: 'utf8' })
    assert.deepEqual([stdout, stderr], ['<', ''])
  })
})

describe('the picture', () => {
  const hostile = at('hostile.svg')
  beforeAll(() => writeFileSync(hostile, drawSvg(HOSTILE_WEIGHED)))

  it('is XML to xmllint', needs({ commands: ['xmllint'] }), () => {
    succeed('-o', at('plain.svg'), at('shop.spt'))
    for (const file of [at('plain.svg'), hostile]) execFileSync('xmllint', ['--noout', '--nonet', file])
  })

  it('is XML to expat, with every name in it as it is', needs({ commands: ['python3'] }), () => {
    const program = `
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(len(list(root.iter('{http://www.w3.org/2000/svg}rect'))))
print('\\n'.join(title.text for title in root.iter('{http://www.w3.org/2000/svg}title')))
`
    const [boxes, ...titles] = execFileSync('python3', ['-c', program, hostile], { encoding: 'utf8' }).split('\n')
    assert.ok(Number(boxes) > 50)
    assert.ok(
      titles.some((title) => title.endsWith('<img src=x onerror=alert(1)>')),
      titles.join('\n'),
    )
    assert.ok(titles.some((title) => title.includes('</script><script>alert(1)</script>')))
  })
})

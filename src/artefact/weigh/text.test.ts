import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { gather, leastFor } from './gather.ts'
import { labelOf } from './label.ts'
import { HOSTILE_WEIGHED, SAMPLE_TREE, SAMPLE_WEIGHED } from './sample.ts'
import { renderWeighed } from './text.ts'
import { branch, everyWeight, leaf, totalOf } from './weight.ts'

/** Nothing but letters, signs and what trees are drawn with. */
const HARMLESS = /^[\n\x20-\x7e\xa1-\xac\xae-\xff…│├└█▏▎▍▌▋▊▉\ufffe\uffff]*$/

describe('renderWeighed()', () => {
  it('shows what is large as a tree, with size, share and a bar', () => {
    assert.equal(
      renderWeighed(SAMPLE_WEIGHED),
      `"shop.spt": 23.8 KiB, Solo5 unikernel
  files 14.6 KiB, code 7.5 KiB, headers 1.1 KiB, free 500 B, settings 120 B
  in memory 4 KiB more, which begin as zeros

  15.7 KiB   66.0 %  ███████▉      ├ baked in
  15.6 KiB   65.5 %  ███████▉      │ ├ files storage
  14.6 KiB   61.4 %  ███████▍      │ │ ├ site/
   8.8 KiB   36.9 %  ████▍         │ │ │ ├ logo.png
   5.9 KiB   24.6 %  ███           │ │ │ └ index.html
    1000 B    4.1 %  ▌             │ │ └ (tar headers and padding)
     120 B    0.5 %                │ └ config
   7.6 KiB   31.7 %  ███▊          ├ segment LOAD r-x
   7.5 KiB   31.5 %  ███▊          │ ├ .text
   3.9 KiB   16.4 %  ██            │ │ ├ main
   3.4 KiB   14.3 %  █▊            │ │ ├ net.c
     2 KiB    8.2 %  █             │ │ │ ├ send
   1.5 KiB    6.1 %  ▊             │ │ │ └ receive
      10 B  < 0.1 %                │ │ ├ small0
     190 B    0.8 %  ▏             │ │ └ (19 others)
      36 B    0.1 %                │ └ note Solo5 ABI1
     500 B    2.0 %  ▎             ├ (padding)
      64 B    0.3 %                └ ELF header
`,
    )
  })

  it('puts together what is less than a hundredth of the whole', () => {
    const small = branch('directory', 'small', [
      ...Array.from({ length: 3 }, (_, i) => leaf('file', `two${i}`, 'files', 20)),
      ...Array.from({ length: 4 }, (_, i) => leaf('file', `half${i}`, 'files', 5)),
    ])
    const tree = branch('whole', 'w', [small, leaf('padding', 'padding', 'free', 1000 - small.bytes)])
    const text = renderWeighed({ ...SAMPLE_WEIGHED, tree })
    assert.match(text, /two0\n.*two1\n.*two2\n.*\(4 others\)\n/)
  })

  it('goes as deep as it is told', () => {
    const lines = renderWeighed(SAMPLE_WEIGHED, { depth: 1 }).split('\n').slice(4)
    assert.deepEqual(
      lines.map((line) => line.slice(35)),
      ['├ baked in', '├ segment LOAD r-x', '├ (padding)', '└ ELF header', ''],
    )
  })

  it('shows what is small as well where somebody asks for it', () => {
    assert.match(renderWeighed(SAMPLE_WEIGHED, { all: true }), / small19\n/)
    assert.doesNotMatch(renderWeighed(SAMPLE_WEIGHED, { all: true }), /others/)
  })

  it('fits its lines into a terminal', () => {
    const head = renderWeighed(SAMPLE_WEIGHED, { width: 40 }).split('\n').slice(1, 3)
    assert.deepEqual(head, ['  files 14.6 KiB, code 7.5 KiB,', '  headers 1.1 KiB, free 500 B,'])
    const lines = renderWeighed(HOSTILE_WEIGHED, { all: true, width: 80 }).split('\n').slice(4)
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    )
    assert.ok(lines.some((line) => line.includes('…')))
  })

  it('shows nothing that a terminal acts on, whatever names say', () => {
    const text = renderWeighed(HOSTILE_WEIGHED, { all: true })
    assert.match(text, HARMLESS)
    assert.match(text, /"\\u202etxt\.exe/)
  })

  it('says where an image was shared out by sizes, and what could not be looked at', () => {
    const text = renderWeighed({ ...HOSTILE_WEIGHED, remarks: ['symbols cannot be read'] })
    assert.match(text, /\n {2}storage: what files take in it cannot be told; it is shared out by their sizes\n/)
    assert.match(text, /\n {2}symbols cannot be read\n$/)
  })

  it('has something to say about a file of nothing', () => {
    const tree = branch('whole', 'empty', [])
    assert.equal(
      renderWeighed({ ...SAMPLE_WEIGHED, file: 'empty', summary: 'unknown', tree, images: [], memoryOnly: undefined }),
      '"empty": 0 B, unknown\n\n',
    )
  })
})

describe('gather()', () => {
  const many = branch(
    'whole',
    'many',
    Array.from({ length: 100 }, (_, i) => leaf('symbol', `s${i}`, 'code', i + 1)),
  )

  it('keeps the sums', () => {
    for (const least of [0, 10, 50, 1000]) {
      const picture = gather(many, { depth: 9, least, most: 20 })
      assert.equal(totalOf(picture.children), many.bytes)
      assert.ok(picture.children.length <= 21)
    }
  })

  it('puts together so many that so many are left', () => {
    for (const most of [1, 2, 50, 101]) {
      const picture = gather(many, { depth: 9, least: leastFor(many, most), most: Number.POSITIVE_INFINITY })
      const left = [...everyWeight(picture)].filter(({ kind }) => kind !== 'others')
      assert.ok(left.length <= Math.max(most, 1), `${left.length} of ${most}`)
    }
    assert.equal(leastFor(many, 101), 0)
  })

  it('does not put one together', () => {
    const [, , only] = gather(SAMPLE_TREE, { depth: 1, least: 400, most: 9 }).children
    assert.equal(only?.name, 'padding')
    assert.equal(gather(SAMPLE_TREE, { depth: 1, least: 400, most: 9 }).children.at(-1)?.name, 'ELF header')
  })
})

describe('labelOf()', () => {
  it('says what cannot be seen by the name', () => {
    const labels = [...everyWeight(SAMPLE_TREE)].map(labelOf)
    for (const label of [
      'segment LOAD r-x',
      'note Solo5 ABI1',
      'site/',
      '(padding)',
      'main',
      '(tar headers and padding)',
    ])
      assert.ok(labels.includes(label), label)
    assert.equal(labelOf({ kind: 'overlap', name: 'LOAD r-x, .text' }), '(claimed by LOAD r-x, .text)')
    assert.equal(labelOf({ kind: 'file', name: ' a' }), '" a"')
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { writeJson } from '../../base/json-text.ts'
import { FORMAT_NAMES } from '../../files/detect.ts'
import { FAMILIES } from '../identification.ts'
import { diffWeighed, type WeighDiffReport } from './diff.ts'
import { renderWeighDiff } from './diff-text.ts'
import { describeWeighed, MAX_REPORTED, type ReportedWeight } from './report.ts'
import { HOSTILE_WEIGHED, SAMPLE_TREE, SAMPLE_WEIGHED } from './sample.ts'
import { branch, leaf, USES, type Weight, WEIGHT_KINDS } from './weight.ts'

const schemaOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../schema/${name}.schema.json`, import.meta.url), 'utf8'))
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
const validWeigh = ajv.compile(schemaOf('weigh'))
const validDiff = ajv.compile(schemaOf('weigh-diff'))

function requireValid(validate: typeof validWeigh, document: unknown): void {
  assert.ok(validate(JSON.parse(writeJson(document))), JSON.stringify(validate.errors))
}

function sumsUp({ bytes, children }: ReportedWeight): boolean {
  if (children === undefined) return true
  return children.reduce((sum, child) => sum + child.bytes, 0) === bytes && children.every(sumsUp)
}

describe('describeWeighed()', () => {
  it('follows schema/weigh.schema.json', () => {
    requireValid(validWeigh, describeWeighed(SAMPLE_WEIGHED))
    requireValid(validWeigh, describeWeighed(HOSTILE_WEIGHED))
    requireValid(
      validWeigh,
      describeWeighed({ ...SAMPLE_WEIGHED, tree: branch('whole', '', []), memoryOnly: undefined }),
    )
    assert.ok(!validWeigh({ ...describeWeighed(SAMPLE_WEIGHED), more: 1 }))
  })

  it('has every kind, use, family and format in the schema', () => {
    const { properties, $defs } = schemaOf('weigh')
    assert.deepEqual($defs.weight.properties.kind.enum, WEIGHT_KINDS)
    assert.deepEqual(schemaOf('weigh-diff').$defs.change.properties.kind.enum, WEIGHT_KINDS)
    assert.deepEqual($defs.use.enum, USES)
    assert.deepEqual(properties.family.enum, FAMILIES)
    assert.deepEqual(properties.images.items.properties.format.enum, FORMAT_NAMES)
  })

  it('tells all of it, or as many levels as are asked for', () => {
    const report = describeWeighed(SAMPLE_WEIGHED)
    assert.ok(sumsUp(report.tree))
    assert.equal(report.size, SAMPLE_TREE.bytes)
    assert.equal(
      report.uses.reduce((sum, { bytes }) => sum + bytes, 0),
      report.size,
    )
    const { tree } = describeWeighed(SAMPLE_WEIGHED, 1)
    assert.deepEqual(
      tree.children?.map(({ name, children }) => [name, children]),
      [
        ['baked in', undefined],
        ['LOAD r-x', undefined],
        ['padding', undefined],
        ['ELF header', undefined],
      ],
    )
  })

  it('puts the smallest together where there are too many', () => {
    const many = Array.from({ length: MAX_REPORTED + 5000 }, (_, i) => leaf('symbol', `s${i}`, 'code', i + 1))
    const { tree } = describeWeighed({ ...SAMPLE_WEIGHED, tree: branch('whole', 'many', many) })
    assert.ok(sumsUp(tree))
    assert.ok((tree.children?.length ?? 0) <= MAX_REPORTED + 1)
    assert.match(tree.children?.at(-1)?.name ?? '', /^\d+ others$/)
  })
})

describe('diffWeighed()', () => {
  const file = (name: string, bytes: number): Weight => leaf('file', name, 'files', bytes)
  const side = (name: string, ...children: Weight[]) => {
    return { file: name, tree: branch('whole', name, children), remarks: ['the same remark'] }
  }
  const before = side(
    'old.spt',
    branch('directory', 'etc', [file('hosts', 100), file('gone', 50), file('same', 7)]),
    branch('directory', 'moved', [file('a', 10), file('b', 20)]),
    file('twice', 5),
    file('twice', 3),
  )
  const after = side(
    'new.spt',
    branch('directory', 'etc', [file('hosts', 300), file('same', 7)]),
    branch('directory', 'moved', [file('a', 20), file('b', 10)]),
    branch('section', 'etc', [file('x', 40)]),
    file('twice', 5),
  )
  const report = diffWeighed(before, after)

  it('follows schema/weigh-diff.schema.json', () => {
    requireValid(validDiff, report)
    requireValid(validDiff, diffWeighed(HOSTILE_WEIGHED, SAMPLE_WEIGHED))
    assert.ok(!validDiff({ ...report, more: 1 }))
  })

  it('lays things of one kind and name on each other, and leaves out what has not changed', () => {
    const rows = (change: WeighDiffReport['tree'], prefix = ''): string[] =>
      (change.children ?? []).flatMap((child) => [
        `${prefix}${child.name} ${child.old} ${child.new}`,
        ...rows(child, `${prefix}${child.name}/`),
      ])
    assert.deepEqual(rows(report.tree), [
      'etc 157 307',
      'etc/hosts 100 300',
      'etc/gone 50 0',
      'etc 0 40',
      'etc/x 0 40',
      'twice 3 0',
      'moved 30 30',
      'moved/a 10 20',
      'moved/b 20 10',
    ])
    assert.deepEqual([report.oldSize, report.newSize, report.remarks], [195, 382, ['the same remark']])
  })

  it('goes as deep as it is told', () => {
    const { tree } = diffWeighed(before, after, 1)
    assert.deepEqual(tree.children?.[0], { name: 'etc', kind: 'directory', old: 157, new: 307 })
  })

  it('is told to people, the largest change first', () => {
    assert.equal(
      renderWeighDiff(report, { width: 80 }),
      `"old.spt" -> "new.spt": 195 B -> 382 B, +187 B

     +150 B  157 B -> 307 B          ├ etc/
     +200 B  100 B -> 300 B          │ ├ hosts
      -50 B  gone, 50 B              │ └ gone
      +40 B  new, 40 B               ├ etc
       -3 B  gone, 3 B               ├ twice
        0 B  30 B -> 30 B            └ moved/
      +10 B  10 B -> 20 B              ├ a
      -10 B  20 B -> 10 B              └ b

  the same remark
`,
    )
  })

  it('says where nothing has changed', () => {
    const text = renderWeighDiff(diffWeighed(SAMPLE_WEIGHED, SAMPLE_WEIGHED))
    assert.equal(
      text,
      '"shop.spt" -> "shop.spt": 23.8 KiB -> 23.8 KiB, the same size\n\n  nothing in it has another size\n',
    )
  })

  it('shows nothing that a terminal acts on', () => {
    const text = renderWeighDiff(diffWeighed(SAMPLE_WEIGHED, HOSTILE_WEIGHED), { all: true })
    assert.doesNotMatch(text, /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
  })
})

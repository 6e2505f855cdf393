import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { app } from './app.ts'
import { propose } from './complete.ts'
import { unquote } from './complete-values.ts'

const valuesOf = async (index: number, ...words: readonly string[]) => {
  const proposals = await propose(app, words, index)
  return proposals === 'files' ? proposals : proposals.map(({ value }) => value)
}

describe('propose()', () => {
  it('goes down into verbs of verbs', async () => {
    assert.deepEqual(await valuesOf(1, 'manifest', 'sh'), ['show'])
    assert.deepEqual(await valuesOf(2, 'help', 'manifest', 'sh'), ['show'])
  })
  it('knows short flags, whose values it completes as well', async () => {
    assert.equal(await valuesOf(2, 'compose', '-o', ''), 'files')
  })
  it('counts what stands for an argument, and not what stands for a value', async () => {
    assert.deepEqual(await valuesOf(1, 'completion', 'b'), ['bash'])
    assert.deepEqual(await valuesOf(2, 'completion', 'bash', 'b'), [])
    assert.equal(await valuesOf(2, 'doctor', '--json', ''), 'files')
  })
  it('knows what net devices are wired to, and the options behind it', async () => {
    assert.deepEqual(await valuesOf(2, 'run', '--net', 'a=u'), ['a=user', 'a=unix:'])
    assert.deepEqual(await valuesOf(2, 'run', '--net', 'a=user,no-'), ['a=user,no-internet', 'a=user,no-host'])
    assert.deepEqual(await valuesOf(2, 'plan', '--net', 'a=user,mtu=9000,ra'), ['a=user,mtu=9000,rate='])
    assert.deepEqual(await valuesOf(2, 'run', '--net', 'a=tap:t,'), ['a=tap:t,mac=', 'a=tap:t,mtu=', 'a=tap:t,share'])
    assert.deepEqual(await valuesOf(2, 'run', '--net', 'a=user,pcap=package.j'), ['a=user,pcap=package.json'])
    assert.deepEqual(await valuesOf(2, 'run', '--net', 'a=user,rate=1'), [])
  })
  it('takes what stands behind -p for a port', async () => {
    assert.deepEqual(await valuesOf(2, 'run', '-p', '80'), [])
    assert.deepEqual(await valuesOf(3, 'run', '-p', '8080:80', '--aut'), ['--auto-wire'])
  })
  it('knows sources of images as files, and what may be lost one behind the other', async () => {
    assert.equal(await valuesOf(3, 'fs', 'create', '-R', ''), 'files')
    assert.deepEqual(await valuesOf(3, 'fs', 'create', '--allow-loss', 'owner,xa'), ['owner,xattrs'])
    assert.ok((await valuesOf(3, 'fs', 'create', '--allow-loss', 'a')).includes('all'))
  })
  it('offers --version before there is a verb, and then no more', async () => {
    assert.ok((await valuesOf(0, '--')).includes('--version'))
    assert.ok(!(await valuesOf(1, 'run', '--')).includes('--version'))
  })

  it('knows the keys of configurations, part by part', async () => {
    assert.deepEqual(await valuesOf(2, 'run', '--set', 'net.d'), ['net.dns.'])
    assert.deepEqual(await valuesOf(2, 'run', '--set', 'memo'), ['memory='])
    assert.deepEqual(await valuesOf(1, 'plan', '--set=net.dns.s'), ['--set=net.dns.search='])
    assert.deepEqual(await valuesOf(2, 'config', 'explain', 'hostn'), ['hostname'])
    assert.deepEqual(await valuesOf(2, 'run', '--for', 'unik'), ['unikraft'])
  })
  it('completes files where no key begins so', async () => {
    assert.equal(await valuesOf(2, 'config', 'explain', 'guests/'), 'files')
    assert.equal(await valuesOf(3, 'config', 'explain', 'env', ''), 'files')
    assert.equal(await valuesOf(2, 'run', '--config', 's'), 'files')
  })

  it('has proposals that begin with what is typed and fit on a line, or none, whatever is typed', async () => {
    const word = fc.oneof(
      fc.constantFrom(
        'run',
        'help',
        'compose',
        'manifest',
        '--net',
        '--net=',
        '--block',
        '--',
        '-o',
        '--console=',
        'a=unix:',
      ),
      fc.string({ maxLength: 8, unit: 'binary' }),
    )
    const line = fc.tuple(fc.array(word, { maxLength: 6 }), fc.integer({ min: -1, max: 8 }))
    await fc.assert(
      fc.asyncProperty(line, async ([words, index]) => {
        const proposals = await propose(app, words, index)
        if (proposals === 'files') return
        for (const { value, brief = '' } of proposals) {
          assert.ok(value.startsWith(words[index] ?? ''))
          assert.doesNotMatch(brief, /[\t\n]/)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('unquote()', () => {
  const cases: readonly (readonly [word: string, meant: string])[] = [
    ['plain.spt', 'plain.spt'],
    ['my\\ guest.spt', 'my guest.spt'],
    ["'my guest'.spt", 'my guest.spt'],
    ['"my \\"guest\\"".spt', 'my "guest".spt'],
    ['"unfinished one', 'unfinished one'],
    ["'as \\it is'", 'as \\it is'],
    ['$(reboot)', '$(reboot)'],
    ['~/x', `${homedir()}/x`],
  ]
  for (const [word, meant] of cases) {
    it(`takes ${word} for ${meant}`, () => assert.equal(unquote(word), meant))
  }
})

// Completion in the shells themselves: somebody types at a terminal, presses Tab, then Enter, and the words that the command would get
// are looked at.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { guestPath, ROOT, SLIPWAY, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-completion-'))
  for (const name of ['net', 'net-2if', 'blk']) copyFileSync(guestPath(name), join(directory, `${name}.spt`))
  copyFileSync(guestPath('net'), join(directory, 'my guest.spt'))
  for (const name of ['disk.img', 'wires.json', 'notes.txt']) writeFileSync(join(directory, name), '')
  mkdirSync(join(directory, 'images'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** How each shell is started without anybody's settings, and what somebody's settings would say. */
const SHELLS = [
  {
    name: 'bash',
    command: ['bash', '--norc', '--noprofile', '-i'],
    settings: `eval "$(slipway completion bash)"; slipway() { echo "GOT<$*>"; }`,
  },
  {
    name: 'zsh',
    command: ['zsh', '-f', '-i'],
    settings: `autoload -Uz compinit; compinit -D -u; eval "$(slipway completion zsh)"; slipway() { echo "GOT<$*>" }`,
  },
  {
    name: 'fish',
    command: ['fish', '--no-config', '--private', '-i'],
    settings: `slipway completion fish | source; function slipway; echo "GOT<$argv>"; end`,
  },
] as const

const LEFT = '\u001b[D'

const CASES: readonly (readonly [what: string, typed: string, words: string])[] = [
  ['a verb', 'slipway doc\t', 'doctor'],
  ['a verb behind help', 'slipway help comple\t', 'help completion'],
  ['a flag', 'slipway run --tim\t10s x', 'run --timeout 10s x'],
  ['a value', 'slipway run --console q\tx', 'run --console quoted x'],
  ['a value behind =', 'slipway run --console=q\tx', 'run --console=quoted x'],
  ['an argument with a few values', 'slipway completion fi\t', 'completion fish'],
  ['a file', 'slipway inspect net.\t', 'inspect net.spt'],
  ['a file with a space in its name', 'slipway inspect my\t', 'inspect my guest.spt'],
  ['a file behind a flag', 'slipway run --wiring wi\tx', 'run --wiring wires.json x'],
  ['a file behind = of a flag', 'slipway run --wiring=wi\tx', 'run --wiring=wires.json x'],
  ['a device of the artefact', 'slipway run net.spt --net s\tfd:3', 'run net.spt --net service=fd:3'],
  ['one of several', 'slipway run net-2if.spt --net service1\tfd:3', 'run net-2if.spt --net service1=fd:3'],
  [
    'a device of an artefact that comes later',
    `slipway run --net  net.spt${LEFT.repeat(8)}\tfd:3`,
    'run --net service=fd:3 net.spt',
  ],
  [
    'one of a file with a space in its name',
    'slipway run my\\ guest.spt --net \tfd:3',
    'run my guest.spt --net service=fd:3',
  ],
  ['what a device is wired to', 'slipway run net.spt --net service=un\t/x', 'run net.spt --net service=unix:/x'],
  ['a network of ours', 'slipway run net.spt --net service=us\t-p 80:80', 'run net.spt --net service=user -p 80:80'],
  [
    'an option of such a network',
    'slipway run net.spt --net service=user,rat\t1M',
    'run net.spt --net service=user,rate=1M',
  ],
  ['a file behind a device', 'slipway run blk.spt --block storage=di\t', 'run blk.spt --block storage=disk.img'],
  ['what is baked in', 'slipway run blk.spt --block storage=ba\t,', 'run blk.spt --block storage=baked:,'],
  ['a folder behind a device', 'slipway run blk.spt --block storage=im\tx', 'run blk.spt --block storage=images/x'],
  ['a device behind = of a flag', 'slipway run blk.spt --block=st\tx', 'run blk.spt --block=storage=x'],
]

for (const { name, command, settings } of SHELLS) {
  describe(`completion in ${name}`, needs({ host: ['linux'], commands: [name, 'python3'] }), () => {
    for (const [what, typed, words] of CASES) {
      if (name === 'fish' && typed.includes(LEFT)) continue // it does not say what stands behind the cursor
      it(`completes ${what}`, () => {
        const steps = [
          { type: `${settings}; echo STA''RTED\r`, see: 'STARTED' },
          { type: `${typed}\r`, see: `GOT<[^\r\n]*>\r?\n` },
        ]
        const env = {
          PATH: `${dirname(SLIPWAY)}:${process.env['PATH'] ?? ''}`,
          HOME: directory,
          TERM: 'xterm',
          LC_ALL: 'C.UTF-8',
        }
        const args = [join(ROOT, 'test/support/terminal.py'), JSON.stringify({ command, steps, seconds: 20 })]
        const { stdout } = spawnSync('python3', args, { encoding: 'utf8', cwd: directory, env })
        const got = [...stdout.matchAll(/GOT<([^$\r\n]*)>\r?\n/g)].at(-1)?.[1]
        assert.equal(got?.trimEnd(), words, stdout)
      })
    }
  })
}

describe('slipway __complete', () => {
  const proposed = (index: number, ...words: readonly string[]) => {
    const { stdout } = slipway(['__complete', String(index), ...words], { cwd: directory })
    return stdout.split('\n').map((line) => line.split('\t')[0])
  }

  it('describes each proposal behind a tab', () => {
    const { stdout } = slipway(['__complete', '0', 'ru'])
    assert.match(stdout, /^words\nrun\t\S.+\n$/)
  })
  it('proposes a flag once, unless it may be repeated', () => {
    assert.ok(proposed(2, 'run', '--mem', '').every((word) => word !== '--mem'))
    const flags = proposed(5, 'run', '--mem', '64M', '--net', 'a=fd:3', '--')
    assert.deepEqual(
      [flags.includes('--mem'), flags.includes('--net'), flags.includes('--raw-args')],
      [false, true, true],
    )
  })
  it('proposes nothing that is not for people', () => {
    assert.ok(proposed(0, '').every((word) => word?.startsWith('_') === false))
    assert.deepEqual(proposed(0, '__'), ['words', ''])
  })
  it('leaves the words of a guest alone', () => {
    assert.deepEqual(proposed(3, 'run', 'net.spt', '--', '-'), ['words', ''])
  })
  it('has nothing to say where there is nothing', () => {
    for (const [index, ...words] of [
      [1, 'sail', ''],
      [2, 'run', '--nope', ''],
      [2, 'run', '--mem', ''],
      [3, 'run', 'notes.txt', '--net', ''],
      [3, 'run', 'missing.spt', '--net', ''],
      [3, 'run', 'blk.spt', '--net', ''],
    ] as const) {
      assert.ok(
        [
          ['words', ''],
          ['files', ''],
        ].some((it) => it.join() === proposed(index, ...words).join()),
        words.join(' '),
      )
    }
  })
})

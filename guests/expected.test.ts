import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseExpected } from './expected.ts'

const SAMPLE = `# a comment
run: plain 'two words' "a \\"quoted\\" one" back\\\\slash ''
mem: 2M
status: 7
stdout-contains: first text
stdout-contains:  second, with a space in front

raw: "half \\
stdout:
| one
|
|  three
signal: SIGSEGV SIGSYS
run:
send: SIGTERM after it is ready
signal: SIGTERM
`

const NO_DEVICES = { blocks: [], nets: [], peer: [] }

const only = (text: string) => parseExpected(text)[0]

describe('parseExpected()', () => {
  it('returns all blocks in order, each with what it says', () => {
    assert.deepEqual(parseExpected(SAMPLE), [
      {
        line: 2,
        command: { words: ['plain', 'two words', 'a "quoted" one', 'back\\slash', ''] },
        memory: 2,
        ...NO_DEVICES,
        send: undefined,
        ending: { status: 7 },
        stdout: undefined,
        stdoutContains: ['first text', ' second, with a space in front'],
      },
      {
        line: 8,
        command: { raw: '"half \\' },
        memory: 512,
        ...NO_DEVICES,
        send: undefined,
        ending: { signals: ['SIGSEGV', 'SIGSYS'] },
        stdout: 'one\n\n three\n',
        stdoutContains: [],
      },
      {
        line: 14,
        command: { words: [] },
        memory: 512,
        ...NO_DEVICES,
        send: { signal: 'SIGTERM', after: 'it is ready' },
        ending: { signals: ['SIGTERM'] },
        stdout: undefined,
        stdoutContains: [],
      },
    ])
  })

  it('tells empty output from output that is not looked at', () => {
    assert.equal(only('run:\nstatus: 0\nstdout:\n')?.stdout, '')
    assert.equal(only('run:\nstatus: 0\n')?.stdout, undefined)
  })

  it('joins quoted and plain parts of a word', () => {
    assert.deepEqual(only(`run: a"b c"'d "e'f\nstatus: 0`)?.command, { words: ['ab cd "ef'] })
    assert.deepEqual(only(`run: 'a\\b' "c'd"   e\nstatus: 0`)?.command, { words: ['a\\b', "c'd", 'e'] })
  })

  it('takes every status that a process can end with', () => {
    assert.deepEqual(only('run:\nstatus: 255')?.ending, { status: 255 })
  })

  it('returns the devices to wire, and what the peer of the networks does', () => {
    const text = `run:
block: storage=1M,sector=4096,ro
block: disk{9..11}x=1536
net: service,mtu=9000
net: port{0..1}
peer: --ping 10.0.0.2 --count 5
status: 0
`
    const { blocks, nets, peer } = only(text) ?? NO_DEVICES
    assert.deepEqual(blocks, [
      { device: 'storage', size: 2 ** 20, options: ',sector=4096,ro' },
      { device: 'disk9x', size: 1536, options: '' },
      { device: 'disk10x', size: 1536, options: '' },
      { device: 'disk11x', size: 1536, options: '' },
    ])
    assert.deepEqual(nets, [
      { device: 'service', options: ',mtu=9000' },
      { device: 'port0', options: '' },
      { device: 'port1', options: '' },
    ])
    assert.deepEqual(peer, ['--ping', '10.0.0.2', '--count', '5'])
  })

  it('says what it did not understand', () => {
    assert.throws(() => parseExpected('run:\nstatus 0'), /neither a key nor output nor a comment: "status 0"/)
    assert.throws(() => parseExpected('run:\nsend: SIGTERM'), /written like "SIGTERM after READY", not "SIGTERM"/)
  })

  const cases: [why: string, line: number, text: string][] = [
    ['an empty file', 1, ''],
    ['a file of comments', 1, '# nothing\n'],
    ['a key before the first block', 1, 'status: 0\nrun:\n'],
    ['an unknown key', 2, 'run:\nstderr: x\nstatus: 0'],
    ['a line that is nothing', 2, 'run:\nstatus 0'],
    ['a key without a space behind it', 2, 'run:\nstatus:0'],
    ['a block without an ending', 3, '\n\nrun:\nmem: 2M\n\nrun:\nstatus: 0'],
    ['two endings', 3, 'run:\nstatus: 0\nsignal: SIGSEGV'],
    ['a repeated status', 3, 'run:\nstatus: 0\nstatus: 0'],
    ['a repeated memory size', 3, 'run:\nmem: 2M\nmem: 4M\nstatus: 0'],
    ['a repeated signal to send', 3, 'run:\nsend: SIGINT after x\nsend: SIGINT after y\nstatus: 0'],
    ['repeated output', 4, 'run:\nstdout:\nstatus: 0\nstdout:'],
    ['a memory size without a unit', 2, 'run:\nmem: 16\nstatus: 0'],
    ['no memory at all', 2, 'run:\nmem: 0M\nstatus: 0'],
    ['a status above 255', 2, 'run:\nstatus: 256'],
    ['a status that is no number', 2, 'run:\nstatus: x'],
    ['a status that is missing', 2, 'run:\nstatus:'],
    ['a signal without SIG', 2, 'run:\nsignal: TERM'],
    ['a signal to send without its moment', 2, 'run:\nsend: SIGTERM\nstatus: 0'],
    ['output on the line of its key', 2, 'run:\nstdout: x\nstatus: 0'],
    ['output without its key', 3, 'run:\nstatus: 0\n| x'],
    ['output before any block', 1, '| x\nrun:\nstatus: 0'],
    ['output after a gap', 4, 'run:\nstdout:\n\n| x\nstatus: 0'],
    ['output without a space behind the bar', 3, 'run:\nstdout:\n|x\nstatus: 0'],
    ['a disk without a size', 2, 'run:\nblock: storage\nstatus: 0'],
    ['a disk in a unit that is none', 2, 'run:\nblock: storage=1G\nstatus: 0'],
    ['a disk with a path', 2, 'run:\nblock: storage=/tmp/disk.img\nstatus: 0'],
    ['a network with a carrier', 2, 'run:\nnet: service=tap:tap0\nstatus: 0'],
    ['names that are no range', 2, 'run:\nnet: service{0.31}\nstatus: 0'],
    ['a range that ends before it begins', 2, 'run:\nblock: storage{3..2}=4K\nstatus: 0'],
    ['two peers', 4, 'run:\nnet: service\npeer: --stay\npeer: --stay\nstatus: 0'],
    ['a peer without a network', 1, 'run:\npeer: --stay\nstatus: 0'],
    ['an empty text to look for', 2, 'run:\nstdout-contains:\nstatus: 0'],
    ['a single quote that is not closed', 1, "run: 'a\nstatus: 0"],
    ['a double quote that is not closed', 1, 'run: "a\nstatus: 0'],
    ['a backslash at the end', 1, 'run: a\\\nstatus: 0'],
  ]
  for (const [why, line, text] of cases) {
    it(`rejects ${why} and names the line`, () => {
      assert.throws(() => parseExpected(text), { name: 'Error', message: new RegExp(`^line ${line}: `) })
    })
  }
})

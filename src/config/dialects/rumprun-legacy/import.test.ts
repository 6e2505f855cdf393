import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { plain } from '../plain.ts'
import { importRumprunLegacy } from './import.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function imported(text: string, programs?: readonly string[]) {
  const { document, notices } = importRumprunLegacy(bytes(text), { file: 'json.cfg', programs })
  return { document: plain(document), notices: notices.map(({ line, column, message }) => ({ line, column, message })) }
}

const rc = (...argv: string[]) => ({ bin: '*', argv })

/** Examples by the number that they had when they were tried on real guests, and what a guest makes of them. A number of notices where something is tolerated. */
const ACCEPTED: [name: string, text: string, meaning: object, notices?: number, programs?: string[]][] = [
  ['L1', '{ "cmdline": "prog a b" }', { rc: [rc('prog', 'a', 'b')] }],
  ['L2', 'hello.bin {"cmdline":"prog"}', { rc: [rc('prog')] }, 1],
  ['L3', '{, "cmdline": "prog", }, ', { rc: [rc('prog')] }, 3],
  ['L4', `{ "cmdline": "p 'a b' c" }`, { rc: [rc('p', 'a b', 'c')] }],
  ['L5', '{ "cmdline": "p \\"a b\\" c" }', { rc: [rc('p', '"a', 'b"', 'c')] }, 1],
  ['L6', '{ "cmdline": "p a\\nb" }', { rc: [rc('p', 'anb')] }, 1],
  [
    'L7',
    '{ "cmdline": "p1", "cmdline": "p2 x" }',
    {
      rc: [
        { bin: 'one', argv: ['p1'] },
        { bin: 'two', argv: ['p1'] },
      ],
    },
    1,
    ['one', 'two'],
  ],
  ['L8', '{ "rc": [ {"bin":"a","argv":["x"]} ] }', { rc: [{ bin: 'a', argv: ['a', 'x'] }] }, 1],
  [
    'L9',
    '{ "rc_TESTING": [ {"bin":"a","argv":[]}, {"bin":"b","argv":["1","2"],"runmode":"&"} ] }',
    { rc: [{ bin: 'a' }, { bin: 'b', argv: ['b', '1', '2'], runmode: '&' }] },
  ],
  [
    'L10',
    '{ "rc_TESTING": [ {"bin":"a","argv":[],"runmode":"|"}, {"bin":"b","argv":[]} ] }',
    { rc: [{ bin: 'a', runmode: '|' }, { bin: 'b' }] },
  ],
  ['L11', '{ "env":"A=B", "env":"C=D", "cmdline":"p" }', { rc: [rc('p')], env: { A: 'B', C: 'D' } }],
  ['L12', '{ "env":"X=a\\"b\\u0041", "cmdline":"p" }', { rc: [rc('p')], env: { X: 'a\\"b\\u0041' } }, 1],
  ['L13', '{ "hostname":"h1", "cmdline":"p" }', { rc: [rc('p')], hostname: 'h1' }],
  [
    'L14',
    '{ "net": {"if":"vioif0","type":"inet","method":"dhcp"}, "cmdline":"p" }',
    { rc: [rc('p')], net: { interfaces: { vioif0: { addrs: [{ type: 'inet', method: 'dhcp' }] } } } },
  ],
  [
    'L15',
    '{ "net": {"if":"vioif0","type":"inet","method":"static","addr":"10.0.2.15","mask":"24","gw":"10.0.2.2"}, "cmdline":"p" }',
    {
      rc: [rc('p')],
      net: {
        interfaces: { vioif0: { addrs: [{ type: 'inet', method: 'static', addr: '10.0.2.15/24' }] } },
        gateways: [{ type: 'inet', addr: '10.0.2.2' }],
      },
    },
  ],
  [
    'L16',
    '{ "net": {"if":"vioif0","type":"inet","method":"dhcp"}, "net": {"if":"vioif1","type":"inet","method":"static","addr":"10.9.0.15","mask":"24"}, "cmdline":"p" }',
    {
      rc: [rc('p')],
      net: {
        interfaces: {
          vioif0: { addrs: [{ type: 'inet', method: 'dhcp' }] },
          vioif1: { addrs: [{ type: 'inet', method: 'static', addr: '10.9.0.15/24' }] },
        },
      },
    },
  ],
  [
    'L17',
    '{ "net": {"if":"xenif0","cloner":"false","type":"inet","method":"dhcp"}, "cmdline":"p" }',
    { rc: [rc('p')], net: { interfaces: { xenif0: { create: true, addrs: [{ type: 'inet', method: 'dhcp' }] } } } },
    1,
  ],
  [
    'L18',
    '{ "net": {"if":"vioif0","type":"inet6","method":"static","addr":"fd00::2","mask":"64","gw":"fd00::1"}, "cmdline":"p" }',
    {
      rc: [rc('p')],
      net: {
        interfaces: { vioif0: { addrs: [{ type: 'inet6', method: 'static', addr: 'fd00::2/64' }] } },
        gateways: [{ type: 'inet6', addr: 'fd00::1' }],
      },
    },
  ],
  [
    'L19',
    '{ "blk": {"source":"dev","path":"/dev/ld0a","fstype":"blk","mountpoint":"/data/deep"}, "cmdline":"p" }',
    { rc: [rc('p')], mount: { '/data/deep': { source: 'blk', path: '/dev/ld0a' } } },
  ],
  [
    'L20',
    '{ "blk": {"source":"etfs","path":"xvda"}, "cmdline":"p" }',
    { rc: [rc('p')], blk: { xvda: { type: 'etfs', path: 'blkfront:xvda' } } },
  ],
  [
    'L21',
    '{ "blk": {"source":"vnd","path":"images/data.iso","fstype":"blk","mountpoint":"/data"}, "cmdline":"p" }',
    {
      rc: [rc('p')],
      blk: { vnd0: { type: 'vnd', path: 'images/data.iso' } },
      mount: { '/data': { source: 'blk', path: '/dev/vnd0d' } },
    },
  ],
  [
    'L22',
    '{ "blk": {"source":"dev","path":"virtual","fstype":"kernfs","mountpoint":"/kern"}, "cmdline":"p" }',
    { rc: [rc('p')], mount: { '/kern': { source: 'kernfs' } } },
  ],
  ['L23', '{ {"env":"A=1"}, {"cmdline":"p"} } {"hostname":"h"}', { rc: [rc('p')], env: { A: '1' }, hostname: 'h' }, 3],
  ['L24', '{ "cmdline" "p" "env":"A=B" }', { rc: [rc('p')], env: { A: 'B' } }, 2],
  ['L25 (c)', '{ "c":"p" }', { rc: [rc('p')] }, 1],
  ['L25 (empty)', '{ "":"p" }', { rc: [rc('p')] }, 1],
  ['L26 (empty)', '', { rc: [rc('rumprun')] }, 1],
  ['L26 (no json)', 'no json', { rc: [rc('rumprun')] }, 1],
  ['L27', '{ "cmdline":"" }', { rc: [{ bin: '*' }] }, 1],
]

const DHCP = { interfaces: { vioif0: { addrs: [{ type: 'inet', method: 'dhcp' }] } } }
const REST = ' , "cmdline":"p" }'
const rcWith = (entries: string): string => `{ "rc_TESTING":[${entries}] }`
const netWith = (members: string): string => `{ "net": {${members}}${REST}`
const blkWith = (members: string): string => `{ "blk": {${members}}${REST}`

/** More of them: what guests stop at. The column is that of the fault. */
const REFUSED: [name: string, text: string, code: string, column: number][] = [
  ['l1 {}', '{}', 'BAD_VALUE', 1],
  ['l1 hostname alone', '{"hostname":"x"}', 'BAD_VALUE', 1],
  ['l1 no entries', '{"rc_TESTING":[]}', 'BAD_VALUE', 1],
  ['l2', '{ "bogus":"x", "cmdline":"p" }', 'UNKNOWN_KEY', 3],
  ['l3 capitals', '{ "CMDLINE":"p" }', 'UNKNOWN_KEY', 3],
  ['l3 longer', '{ "cmdlinex":"p" }', 'UNKNOWN_KEY', 3],
  ['l4 number', '{ "cmdline": 5 }', 'BAD_VALUE', 14],
  ['l4 null', '{ "cmdline": null }', 'BAD_VALUE', 14],
  ['l4 true', '{ "cmdline": true }', 'BAD_VALUE', 14],
  ['l5 no quotes', '{ cmdline: "p" }', 'BAD_VALUE', 3],
  ['l5 single quotes', `{ 'cmdline': 'p' }`, 'BAD_VALUE', 3],
  ['l6 no end', '{ "cmdline":"p" ', 'SYNTAX', 1],
  ['l6 beginning alone', '{', 'SYNTAX', 1],
  ['l7', '{ "cmdline":"p\\q" }', 'SYNTAX', 15],
  ['l8', '{ "cmdline":"p" } trailing', 'BAD_VALUE', 19],
  ['l9', '[{"cmdline":"p"}]', 'SYNTAX', 17],
  ['l10 object', '{ "env": {"A":"B"}, "cmdline":"p" }', 'BAD_VALUE', 10],
  ['l10 array', '{ "env": ["A=B"], "cmdline":"p" }', 'BAD_VALUE', 10],
  ['l11 no =', '{ "env":"NOEQ", "cmdline":"p" }', 'BAD_VALUE', 9],
  ['l11 no name', '{ "env":"=v", "cmdline":"p" }', 'BAD_VALUE', 9],
  ['l12', rcWith('{"bin":"a"}'), 'BAD_VALUE', 17],
  ['l13 empty', rcWith('{"bin":"a","argv":[],"runmode":""}'), 'BAD_VALUE', 48],
  ['l13 bg', rcWith('{"bin":"a","argv":[],"runmode":"bg"}'), 'BAD_VALUE', 48],
  ['l14 only', rcWith('{"bin":"a","argv":[],"runmode":"|"}'), 'BAD_VALUE', 17],
  ['l14 last', rcWith('{"bin":"a","argv":[]},{"bin":"b","argv":[],"runmode":"|"}'), 'BAD_VALUE', 39],
  ['l15 no bin', rcWith('{"argv":[]}'), 'BAD_VALUE', 17],
  ['l15 extra key', rcWith('{"bin":"a","argv":[],"x":"y"}'), 'UNKNOWN_KEY', 38],
  ['l15 number', rcWith('{"bin":"a","argv":[1]}'), 'BAD_VALUE', 36],
  ['l16 mask', netWith('"if":"vioif0","type":"inet","method":"static","addr":"10.0.0.2","mask":24'), 'BAD_VALUE', 82],
  ['l16 cloner', netWith('"if":"vioif0","type":"inet","method":"dhcp","cloner":true'), 'BAD_VALUE', 64],
  ['l17 no mask', netWith('"if":"vioif0","type":"inet","method":"static","addr":"10.0.0.2"'), 'BAD_VALUE', 10],
  ['l17 prefix', netWith('"if":"vioif0","type":"inet","method":"static","addr":"10.0.0.2/24"'), 'BAD_VALUE', 10],
  ['l18 empty', netWith(''), 'BAD_VALUE', 10],
  ['l18 no type', netWith('"if":"vioif0","method":"dhcp"'), 'BAD_VALUE', 10],
  ['l19', netWith('"if":"vioif0","type":"inet","method":"dhcp","mtu":"1500"'), 'UNKNOWN_KEY', 55],
  ['l20', '{ "net": [{"if":"vioif0"}], "cmdline":"p" }', 'BAD_VALUE', 10],
  ['l21 inet auto', netWith('"if":"vioif0","type":"inet","method":"auto"'), 'BAD_VALUE', 48],
  ['l21 inet6 dhcp', netWith('"if":"vioif0","type":"inet6","method":"dhcp"'), 'BAD_VALUE', 49],
  ['l21 ipx', netWith('"if":"vioif0","type":"ipx","method":"dhcp"'), 'BAD_VALUE', 32],
  ['l22 no path', blkWith('"source":"dev","fstype":"blk","mountpoint":"/d"'), 'BAD_VALUE', 10],
  ['l22 kernfs without path', blkWith('"source":"dev","fstype":"kernfs","mountpoint":"/k"'), 'BAD_VALUE', 10],
  ['l22 source', blkWith('"source":"tmpfs","path":"x"'), 'BAD_VALUE', 20],
  ['l23 no fstype', blkWith('"source":"dev","path":"/dev/ld0a","mountpoint":"/data"'), 'BAD_VALUE', 10],
  ['l23 fstype', blkWith('"source":"dev","path":"virtual","fstype":"kern","mountpoint":"/k"'), 'BAD_VALUE', 52],
  ['l24', '{ "mount": {} , "cmdline":"p" }', 'UNKNOWN_KEY', 3],
]

describe('importRumprunLegacy()', () => {
  for (const [name, text, meaning, notices = 0, programs] of ACCEPTED) {
    it(`reads ${name} as guests do`, () => {
      const result = imported(text, programs)
      assert.deepEqual(result.document, meaning)
      assert.equal(result.notices.length, notices, JSON.stringify(result.notices))
    })
  }

  for (const [name, text, code, column] of REFUSED) {
    it(`refuses ${name} as guests do`, () => {
      assert.throws(() => imported(text), { name: 'ConfigError', code, file: 'json.cfg', line: 1, column })
    })
  }

  /** What the reference has no example of, or more than its examples show: the columns of what is told. */
  const tolerated: [why: string, text: string, meaning: object, columns: number[]][] = [
    ['a key without a value', '{ "cmdline":"p", {"env"} "A=1" }', { rc: [rc('p')], env: { A: '1' } }, [18, 24, 26, 32]],
    ['a colon too many', '{ "cmdline"::"p" : }', { rc: [rc('p')] }, [13, 18, 20]],
    ['things in the order of the text', '{ "c":"p", }', { rc: [rc('p')] }, [3, 12]],
    ['a doubled comma', '{ "cmdline":"p",, "env":"A=1" }', { rc: [rc('p')], env: { A: '1' } }, [17]],
    [
      'missing commas between words',
      rcWith('{"bin":"a","argv":["x" "y"]}'),
      { rc: [{ bin: 'a', argv: ['a', 'x', 'y'] }] },
      [40],
    ],
    [
      'a host name given twice',
      '{"cmdline":"p","hostname":"a","hostname":"b"}',
      { rc: [rc('p')], hostname: 'b' },
      [31],
    ],
    ['a variable set twice', '{"cmdline":"p","env":"A=1","env":"A=2"}', { rc: [rc('p')], env: { A: '2' } }, [34]],
    [
      'a member given twice',
      netWith('"if":"vioif1","if":"vioif0","type":"inet","method":"dhcp"'),
      { rc: [rc('p')], net: DHCP },
      [25],
    ],
    [
      'keys by their beginnings',
      netWith('"i":"vioif0","t":"inet","m":"dhcp"'),
      { rc: [rc('p')], net: DHCP },
      [11, 24, 35],
    ],
    [
      'an address beside DHCP',
      netWith('"if":"vioif0","type":"inet","method":"dhcp","addr":"1.2.3.4"'),
      { rc: [rc('p')], net: DHCP },
      [62],
    ],
    ['a raw control character', '{"cmdline":"p","env":"A=\u0001"}', { rc: [rc('p')], env: { A: '\u0001' } }, [22]],
    ['a block device that has no effect', blkWith('"source":"dev","path":"/dev/ld0a"'), { rc: [rc('p')] }, [10]],
    [
      'a kind of file system that has none',
      blkWith('"source":"dev","path":"/dev/ld0a","fstype":"x"'),
      { rc: [rc('p')] },
      [10, 54],
    ],
    [
      'a mount point that is relative',
      blkWith('"source":"dev","path":"/dev/ld0a","fstype":"blk","mountpoint":"a/./b/"'),
      { rc: [rc('p')], mount: { '/a/b': { source: 'blk', path: '/dev/ld0a' } } },
      [73],
    ],
    [
      'a second file system in one place',
      '{"cmdline":"p","blk":{"source":"dev","path":"/dev/ld0a","fstype":"blk","mountpoint":"/a"},"blk":{"source":"dev","path":"x","fstype":"kernfs","mountpoint":"/a"}}',
      { rc: [rc('p')], mount: { '/a': { source: 'kernfs' } } },
      [155],
    ],
    [
      'a file system below one that comes later',
      '{"cmdline":"p","blk":{"source":"dev","path":"/dev/ld0a","fstype":"blk","mountpoint":"/a/b"},"blk":{"source":"dev","path":"x","fstype":"kernfs","mountpoint":"/a"}}',
      { rc: [rc('p')], mount: { '/a': { source: 'kernfs' }, '/a/b': { source: 'blk', path: '/dev/ld0a' } } },
      [1],
    ],
    [
      'a disk of Solo5’s by a path',
      blkWith('"source":"etfs","path":"/dev/ld0a"'),
      { rc: [rc('p')], blk: { ld0a: { type: 'etfs', path: 'ld0a' } } },
      [34],
    ],
    [
      'an interface that is created twice',
      '{"cmdline":"p","net":{"if":"a0","cloner":"true","type":"inet","method":"dhcp"},"net":{"if":"a0","cloner":"true","type":"inet6","method":"auto"}}',
      {
        rc: [rc('p')],
        net: {
          interfaces: {
            a0: {
              create: true,
              addrs: [
                { type: 'inet', method: 'dhcp' },
                { type: 'inet6', method: 'auto' },
              ],
            },
          },
        },
      },
      [106],
    ],
    [
      'a mask as atoi reads it',
      netWith('"if":"vioif0","type":"inet","method":"static","addr":"10.0.0.2","mask":" 24x"'),
      {
        rc: [rc('p')],
        net: { interfaces: { vioif0: { addrs: [{ type: 'inet', method: 'static', addr: '10.0.0.2/24' }] } } },
      },
      [82],
    ],
    [
      'the directory of the Solo5 port',
      '{"cmdline":"p","cwd":"/data"}',
      { rc: [{ ...rc('p'), workdir: '/data' }] },
      [16],
    ],
    [
      'programs said in two ways',
      '{"rc_TESTING":[{"bin":"a","argv":["b"]}],"cmdline":"p"}',
      { rc: [rc('a', 'b')] },
      [52],
    ],
    ['an entry without a name', rcWith('{"bin":"","argv":["x"]}'), { rc: [rc('', 'x')] }, []],
  ]
  for (const [why, text, meaning, columns] of tolerated) {
    it(`lets ${why} pass, and tells it`, () => {
      const { document, notices } = imported(text)
      assert.deepEqual(document, meaning)
      assert.deepEqual(
        notices.map(({ column }) => column),
        columns,
        JSON.stringify(notices),
      )
    })
  }

  const refusedToo: [why: string, text: string, code: string, column: number][] = [
    [
      'a comma that is missing inside of an object',
      netWith('"if":"vioif0" "type":"inet","method":"dhcp"'),
      'SYNTAX',
      11,
    ],
    [
      'a colon that is missing inside of an object',
      netWith('"if" "vioif0","type":"inet","method":"dhcp"'),
      'SYNTAX',
      11,
    ],
    ['a colon that is missing in an entry', rcWith('{"bin" "a","argv":[]}'), 'SYNTAX', 18],
    ['a word that is not ASCII', '{ "cmdline":"p", caf\u00e9 }', 'SYNTAX', 21],
    ['a control character outside of strings', '{ \u000b"cmdline":"p" }', 'SYNTAX', 3],
    ['a brace for a bracket', '{ "rc_TESTING":[} }', 'SYNTAX', 17],
    ['a string that does not end', '{ "cmdline":"p', 'SYNTAX', 13],
    ['an escape that is cut short', '{ "cmdline":"p\\u00g0" }', 'SYNTAX', 15],
    [
      'a mask that is none',
      netWith('"if":"vioif0","type":"inet","method":"static","addr":"10.0.0.2","mask":"255.255.255.0"'),
      'BAD_VALUE',
      82,
    ],
    [
      'an empty mask',
      netWith('"if":"vioif0","type":"inet","method":"static","addr":"10.0.0.2","mask":""'),
      'BAD_VALUE',
      82,
    ],
    [
      'an address and its prefix',
      netWith('"if":"vioif0","type":"inet","method":"static","addr":"10.0.0.2/8","mask":"8"'),
      'BAD_VALUE',
      64,
    ],
    [
      'an address of the other family',
      netWith('"if":"vioif0","type":"inet6","method":"static","addr":"10.0.0.2","mask":"8"'),
      'BAD_VALUE',
      65,
    ],
    ['a name for an interface that is none', netWith('"if":"a b","type":"inet","method":"dhcp"'), 'BAD_VALUE', 16],
    [
      'an empty mount point',
      blkWith('"source":"dev","path":"/dev/ld0a","fstype":"blk","mountpoint":""'),
      'BAD_VALUE',
      73,
    ],
    ['a disk without a name', blkWith('"source":"etfs","path":"a b"'), 'BAD_VALUE', 34],
    ['a host name that is none', '{"cmdline":"p","hostname":"a_b"}', 'BAD_VALUE', 27],
    ['a variable with a control in its name', '{"cmdline":"p","env":"A\u0001=1"}', 'BAD_VALUE', 22],
    ['a second entry without a name', rcWith('{"bin":"a","argv":[]},{"bin":"","argv":[]}'), 'BAD_VALUE', 39],
    [
      'a file that is no disk',
      blkWith('"source":"dev","path":"/dev/vnd3d","fstype":"blk","mountpoint":"/a"'),
      'BAD_VALUE',
      1,
    ],
    [
      'a second gateway',
      '{"cmdline":"p","net":{"if":"a0","type":"inet","method":"static","addr":"10.0.0.2","mask":"8","gw":"10.0.0.1"},"net":{"if":"a1","type":"inet","method":"static","addr":"10.0.0.3","mask":"8","gw":"10.0.0.4"}}',
      'BAD_VALUE',
      194,
    ],
  ]
  for (const [why, text, code, column] of refusedToo) {
    it(`refuses ${why}`, () => assert.throws(() => imported(text), { name: 'ConfigError', code, line: 1, column }))
  }

  it('leaves out entries for programs that there are not', () => {
    const { document, notices } = imported(rcWith('{"bin":"a","argv":[]},{"bin":"b","argv":[]}'), ['one'])
    assert.deepEqual(document, { rc: [{ bin: 'one', argv: ['a'] }] })
    assert.deepEqual(
      notices.map(({ column }) => column),
      [39],
    )
  })

  it('knows lines', () => {
    assert.throws(() => imported('{ "cmdline":"p",\r\n "bogus":"x" }'), { line: 2, column: 2 })
  })
})

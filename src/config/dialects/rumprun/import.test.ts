import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { plain } from '../plain.ts'
import { importRumprun } from './import.ts'

const BAKED = ['hello.bin', 'httpd']

function imported(text: string) {
  const { document, notices } = importRumprun(new TextEncoder().encode(text), { file: 'config.json', programs: BAKED })
  return { document: plain(document), notices }
}

const SECTION_6_2 = `{ "blk":   { "xbd0": {"type":"etfs","path":"blkfront:xvda"},  "vnd0": {"type":"vnd","path":"images/data.iso"} },
"mount": { "/data": {"source":"blk","path":"/dev/xbd0"},  "/img": {"source":"blk","path":"/dev/vnd0d"},
           "/kern": {"source":"kernfs"},  "/tmp": {"source":"tmpfs","options":{"size":"64M"}} } }`

/** Examples by the number that they had when they were tried on real guests, and what a guest makes of them. A number of notices where something is tolerated. */
const ACCEPTED: [name: string, text: string, meaning: object, notices?: number][] = [
  ['C1 (empty)', '', {}, 1],
  ['C1 ({})', '{}', {}],
  ['C1 (rc)', '{"rc":[]}', {}],
  ['C1 (env)', '{"env":{}}', {}],
  [
    'C2',
    '{ "rc": [ {"bin":"httpd","argv":["httpd","-p","80"],"runmode":"&","workdir":"/data"}, {"bin":"hello.bin"} ] }',
    { rc: [{ bin: 'httpd', argv: ['httpd', '-p', '80'], runmode: '&', workdir: '/data' }, { bin: 'hello.bin' }] },
  ],
  ['C3', '{ "rc": [ {"bin":"*","argv":["x","y"]} ] }', { rc: [{ bin: '*', argv: ['x', 'y'] }] }],
  ['C4', '{ "rc": [ {"bin":"hello.bin","argv":[]} ] }', { rc: [{ bin: 'hello.bin' }] }],
  ['C5', '{ "rc": [ {"bin":"hello.bin"},{"bin":"hello.bin"} ] }', { rc: [{ bin: 'hello.bin' }, { bin: 'hello.bin' }] }],
  [
    'C6',
    '{ "rc":[{"bin":"hello.bin","netbsd":{"sysctl":{"rlimit.descriptors.soft":"unlimited","c":true}}}] }',
    { rc: [{ bin: 'hello.bin', netbsd: { sysctl: { 'rlimit.descriptors.soft': 'unlimited', c: true } } }] },
  ],
  ['C7', '{ "env":{"A":"1"}, "env":{"B":"2","A":"3"} }', { env: { A: '3', B: '2' } }, 1],
  [
    'C8',
    '{ "net":{"interfaces":{"vioif0":{"addrs":[{"type":"inet","method":"static","addr":"10.0.0.2/24"},{"type":"inet6","method":"auto"}]}}, "gateways":[{"type":"inet","addr":"10.0.0.1"}], "dns":{"nameservers":["1.1.1.1"],"search":["a.com","b.com"]}} }',
    {
      net: {
        interfaces: {
          vioif0: {
            addrs: [
              { type: 'inet', method: 'static', addr: '10.0.0.2/24' },
              { type: 'inet6', method: 'auto' },
            ],
          },
        },
        gateways: [{ type: 'inet', addr: '10.0.0.1' }],
        dns: { nameservers: ['1.1.1.1'], search: ['a.com', 'b.com'] },
      },
    },
  ],
  [
    'C9',
    '{ "net":{"interfaces":{"xenif0":{"create":true}}} }',
    { net: { interfaces: { xenif0: { create: true } } } },
    1,
  ],
  [
    'C10',
    SECTION_6_2,
    {
      blk: { xbd0: { type: 'etfs', path: 'blkfront:xvda' }, vnd0: { type: 'vnd', path: 'images/data.iso' } },
      mount: {
        '/data': { source: 'blk', path: '/dev/xbd0' },
        '/img': { source: 'blk', path: '/dev/vnd0d' },
        '/kern': { source: 'kernfs' },
        '/tmp': { source: 'tmpfs', options: { size: '64M' } },
      },
    },
  ],
  [
    'C11',
    '{ "mount":{"/tmp":{"source":"tmpfs"}}, "net":{"gateways":[{"type":"inet","addr":"10.0.0.1"}]}, "netbsd":{"sysctl":{"kern.hostname":"x"}}, "rc":[{"bin":"httpd"}], "env":{"A":"B"} }',
    {
      rc: [{ bin: 'httpd' }],
      env: { A: 'B' },
      hostname: 'x',
      net: { gateways: [{ type: 'inet', addr: '10.0.0.1' }] },
      mount: { '/tmp': { source: 'tmpfs' } },
    },
  ],
  ['C12 (unknown)', '{ "unknown": 1 }', {}, 1],
  ['C12 (cmdline)', '{"cmdline":"x"}', {}, 1],
  ['C12 (hostname)', '{"hostname":"x"}', {}, 1],
  ['C13', '{ "env":{"A":"B",,}, "rc":[{"bin":"httpd"}], }', { rc: [{ bin: 'httpd' }], env: { A: 'B' } }, 3],
  ['C14', '{ "env":{"A":"B"}} { "env":{"C":"D"}}', { env: { A: 'B' } }, 1],
]

const addressOf = (address: string): string => `{"net":{"interfaces":{"vioif0":{"addrs":[${address}]}}}}`

/** More of them: what guests stop at. The column is that of the fault. */
const REFUSED: [name: string, text: string, code: string, column: number][] = [
  ['c1', '{ "rc":[{"bin":"nope"}] }', 'BAD_VALUE', 16],
  ['c2', '{ "rc":[{"bin":"hello.bin","args":["x"]}] }', 'UNKNOWN_KEY', 28],
  ['c3 rc', '{ "rc":{} }', 'BAD_VALUE', 8],
  ['c3 env', '{ "env":["A=B"] }', 'BAD_VALUE', 9],
  ['c3 value', '{ "env":{"A":1} }', 'BAD_VALUE', 14],
  ['c4', '{ "env":{"A=B":"c"} }', 'BAD_VALUE', 10],
  ['c5 bg', '{"rc":[{"bin":"httpd","runmode":"bg"}]}', 'BAD_VALUE', 33],
  ['c5 last', '{"rc":[{"bin":"httpd"},{"bin":"hello.bin","runmode":"|"}]}', 'BAD_VALUE', 24],
  ['c6 no slash', addressOf('{"type":"inet","method":"static","addr":"10.0.0.2"}'), 'BAD_VALUE', 82],
  ['c6 no addr', addressOf('{"type":"inet","method":"static"}'), 'BAD_VALUE', 42],
  ['c7 inet auto', addressOf('{"type":"inet","method":"auto"}'), 'BAD_VALUE', 66],
  ['c7 inet6 dhcp', addressOf('{"type":"inet6","method":"dhcp"}'), 'BAD_VALUE', 67],
  ['c7 create', '{"net":{"interfaces":{"xenif0":{"create":"true"}}}}', 'BAD_VALUE', 42],
  ['c7 interfaces', '{"net":{"interfaces":[]}}', 'BAD_VALUE', 22],
  ['c8 servers', '{"net":{"dns":{"nameservers":["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]}}}', 'LIMIT', 30],
  ['c8 domains', '{"net":{"dns":{"search":["a","b","c","d","e","f","g"]}}}', 'LIMIT', 25],
  ['c9 no addr', '{"net":{"gateways":[{"type":"inet"}]}}', 'BAD_VALUE', 21],
  ['c9 ipx', '{"net":{"gateways":[{"type":"ipx","addr":"10.0.0.1"}]}}', 'BAD_VALUE', 29],
  ['c10 name', '{"blk":{"foo":{"type":"vnd","path":"x"}}}', 'BAD_VALUE', 15],
  ['c10 no path', '{"blk":{"xbd0":{"type":"etfs"}}}', 'BAD_VALUE', 16],
  ['c10 type', '{"blk":{"xbd0":{"type":"ram","path":"x"}}}', 'BAD_VALUE', 24],
  ['c11 nfs', '{"mount":{"/a":{"source":"nfs"}}}', 'BAD_VALUE', 26],
  ['c11 none', '{"mount":{"/a":{}}}', 'BAD_VALUE', 16],
  ['c11 no path', '{"mount":{"/a":{"source":"blk"}}}', 'BAD_VALUE', 16],
  ['c11 1T', '{"mount":{"/a":{"source":"tmpfs","options":{"size":"1T"}}}}', 'BAD_VALUE', 52],
  ['c11 number', '{"mount":{"/a":{"source":"tmpfs","options":{"size":1 }}}}', 'BAD_VALUE', 52],
  ['c11 option', '{"mount":{"/a":{"source":"tmpfs","options":{"mode":"755"}}}}', 'UNKNOWN_KEY', 45],
  ['c12', '{"netbsd":{"sysctl":{"x":null}}}', 'BAD_VALUE', 26],
  ['c13', '{, "env":{"A":"B"} }', 'SYNTAX', 2],
  ['c14', '{ "env":{"A":"é"} }', 'SYNTAX', 15],
  ['c15', '{"unknown":1}', 'SYNTAX', 12],
  ['c16 key', '{ env: {} }', 'SYNTAX', 3],
  ['c16 tab', '{"env":{"A":"\t"}}', 'SYNTAX', 14],
  ['c16 zero', '{"unknown":01 }', 'SYNTAX', 12],
  ['c16 dots', '{"unknown":1.2.3 }', 'SYNTAX', 12],
]

describe('importRumprun()', () => {
  for (const [name, text, meaning, notices = 0] of ACCEPTED) {
    it(`reads ${name} as guests do`, () => {
      const result = imported(text)
      assert.deepEqual(result.document, meaning)
      assert.equal(result.notices.length, notices, JSON.stringify(result.notices))
    })
  }

  for (const [name, text, code, column] of REFUSED) {
    it(`refuses ${name} as guests do`, () => {
      assert.throws(() => imported(text), { name: 'ConfigError', code, file: 'config.json', line: 1, column })
    })
  }

  const net = (members: string): string => `{"net":{${members}}}\n`
  const mount = (settings: string): string => `{"mount":{"/a":${settings}}}\n`

  /** What the reference has no example of: the columns of what is told. */
  const tolerated: [why: string, text: string, meaning: object, columns: number[]][] = [
    ['a name in front', 'hello.bin {"env":{"A":"1"}}', { env: { A: '1' } }, [1]],
    ['missing commas', '{"env":{"A":"1" "B":"2"} "rc":[]}', { env: { A: '1', B: '2' } }, [17, 26]],
    ['doubled commas', '{"env":{"A":"1",,,"B":"2"}}', { env: { A: '1', B: '2' } }, [17]],
    ['a key given twice', '{"rc":[{"bin":"hello.bin","bin":"httpd"}]}', { rc: [{ bin: 'httpd' }] }, [27]],
    ['an unknown key in the network', net('"nat":1 '), {}, [9]],
    [
      'an unknown key in an address',
      addressOf('{"type":"inet","method":"dhcp","mtu":1 }'),
      { net: { interfaces: { vioif0: { addrs: [{ type: 'inet', method: 'dhcp' }] } } } },
      [73],
    ],
    [
      'an unknown key in a gateway',
      net('"gateways":[{"type":"inet","addr":"1.2.3.4","x":1 }]'),
      { net: { gateways: [{ type: 'inet', addr: '1.2.3.4' }] } },
      [53],
    ],
    ['an unknown key in the resolver', net('"dns":{"server":1 }'), {}, [16]],
    [
      'an address beside DHCP',
      addressOf('{"type":"inet","method":"dhcp","addr":"x"}'),
      { net: { interfaces: { vioif0: { addrs: [{ type: 'inet', method: 'dhcp' }] } } } },
      [80],
    ],
    [
      'a resolver given twice',
      net('"dns":{"search":["a"]}},"net":{"dns":{"search":["b"]}'),
      { net: { dns: { search: ['b'] } } },
      [46],
    ],
    [
      'a path that has no effect',
      mount('{"source":"kernfs","path":"x"}'),
      { mount: { '/a': { source: 'kernfs' } } },
      [42],
    ],
    [
      'a disk given twice',
      '{"blk":{"xbd0":{"type":"etfs","path":"blkfront:xvda"}}, "blk":{"xbd0":{"type":"etfs","path":"blkfront:sdb1"}}}',
      { blk: { xbd0: { type: 'etfs', path: 'blkfront:sdb1' } } },
      [64],
    ],
    ['a node set twice', '{"netbsd":{"sysctl":{"a":"1","a":2 }}}', { netbsd: { sysctl: { a: 2 } } }, [30]],
    [
      'a mount point with a slash too many',
      '{"mount":{"/a//b/":{"source":"kernfs"}}}',
      { mount: { '/a/b': { source: 'kernfs' } } },
      [11],
    ],
    ['half of a character twice', '{"env":{"A":"\\ud83d\\udea2"}}', { env: { A: '\u{1f6a2}' } }, [13]],
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

  const understood: [why: string, text: string, meaning: object][] = [
    [
      'numbers as they are written',
      '{"netbsd":{"sysctl":{"a":1.50,"b":-7,"c":12345678901234567890,"d":1e3 }}}',
      { netbsd: { sysctl: { a: '1.50', b: -7, c: '12345678901234567890', d: '1e3' } } },
    ],
    [
      'a host name that a document cannot have, as a node',
      '{"netbsd":{"sysctl":{"kern.hostname":"a_b"}}}',
      { netbsd: { sysctl: { 'kern.hostname': 'a_b' } } },
    ],
    [
      'sizes in all units',
      '{"mount":{"/b":{"source":"tmpfs","options":{"size":"7b"}},"/k":{"source":"tmpfs","options":{"size":"7K"}},"/m":{"source":"tmpfs","options":{"size":"007m"}},"/g":{"source":"tmpfs","options":{"size":"7G"}},"/n":{"source":"tmpfs","options":{}}}}',
      {
        mount: {
          '/b': { source: 'tmpfs', options: { size: '7' } },
          '/k': { source: 'tmpfs', options: { size: '7K' } },
          '/m': { source: 'tmpfs', options: { size: '7M' } },
          '/g': { source: 'tmpfs', options: { size: '7G' } },
          '/n': { source: 'tmpfs' },
        },
      },
    ],
    ['escapes', '{"env":{"A":"\\u00e9\\n\\/\\"\\u007f"}}', { env: { A: 'é\n/"\u007f' } }],
    ['as much nesting as there may be', `{"x":${'['.repeat(63)}${']'.repeat(63)} }`, {}],
  ]
  for (const [why, text, meaning] of understood) {
    it(`reads ${why}`, () => assert.deepEqual(imported(text).document, meaning))
  }

  const refusedToo: [why: string, text: string, code: string, column: number][] = [
    ['a missing colon', '{"env" {}}', 'SYNTAX', 8],
    ['text that ends too early', '{"env":{"A":"1"', 'SYNTAX', 8],
    ['a string that ends too early', '{"env":{"A":"1', 'SYNTAX', 13],
    ['an escape that JSON does not have', '{"env":{"A":"\\x"}}', 'SYNTAX', 14],
    ['half of a character', '{"env":{"A":"\\ud83d"}}', 'SYNTAX', 13],
    ['a NUL in a string', '{"env":{"A":"\\u0000"}}', 'SYNTAX', 13],
    ['a word that JSON does not have', '{"env":nil }', 'SYNTAX', 8],
    ['a plus sign', '{"env":+1 }', 'SYNTAX', 8],
    ['more nesting than makes sense', `{"x":${'['.repeat(64)}${']'.repeat(64)} }`, 'LIMIT', 69],
    ['a comma in front of an element', '{"rc":[,{"bin":"httpd"}]}', 'SYNTAX', 8],
    ['an interface that is none', net('"interfaces":{"a b":{}}'), 'BAD_VALUE', 23],
    ['an address without a method', addressOf('{"type":"inet"}'), 'BAD_VALUE', 42],
    ['an address without a type', addressOf('{"method":"dhcp"}'), 'BAD_VALUE', 42],
    [
      'an address of the other family',
      addressOf('{"type":"inet6","method":"static","addr":"10.0.0.2/24"}'),
      'BAD_VALUE',
      83,
    ],
    [
      'a second gateway',
      net('"gateways":[{"type":"inet","addr":"1.2.3.4"},{"type":"inet","addr":"1.2.3.5"}]'),
      'BAD_VALUE',
      54,
    ],
    ['a gateway of the other family', net('"gateways":[{"type":"inet6","addr":"1.2.3.4"}]'), 'BAD_VALUE', 44],
    ['a server by its name', net('"dns":{"nameservers":["host"]}'), 'BAD_VALUE', 31],
    [
      'names that are too long together',
      net(
        `"dns":{"search":[${Array.from({ length: 6 }, () => `"${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}"`).join(',')}]}`,
      ),
      'LIMIT',
      15,
    ],
    ['a disk that is none of Xen’s', '{"blk":{"xbd0":{"type":"etfs","path":"blkfront:vda"}}}', 'BAD_VALUE', 38],
    [
      'an unknown key of a disk',
      '{"blk":{"xbd0":{"type":"etfs","path":"blkfront:xvda","ro":true}}}',
      'UNKNOWN_KEY',
      54,
    ],
    ['options of what has none', mount('{"source":"kernfs","options":{}}'), 'BAD_VALUE', 45],
    ['an unknown key of a mount', mount('{"source":"kernfs","mode":"1"}'), 'UNKNOWN_KEY', 35],
    ['no size at all', mount('{"source":"tmpfs","options":{"size":"0"}}'), 'BAD_VALUE', 52],
    ['a size that nobody has', mount('{"source":"tmpfs","options":{"size":"99999999g"}}'), 'BAD_VALUE', 52],
    ['an unknown key of a node’s', '{"netbsd":{"x":1 }}', 'UNKNOWN_KEY', 12],
    ['a node that is a list', '{"netbsd":{"sysctl":{"x":[]}}}', 'BAD_VALUE', 26],
    ['a node without a name', '{"netbsd":{"sysctl":{"":"1"}}}', 'BAD_VALUE', 22],
    ['a program without a name', '{"rc":[{"bin":""}]}', 'BAD_VALUE', 15],
    ['an entry without a program', '{"rc":[{"argv":[]}]}', 'BAD_VALUE', 8],
    ['a directory that is empty', '{"rc":[{"bin":"httpd","workdir":""}]}', 'BAD_VALUE', 33],
    ['an unknown key of a program’s kernel', '{"rc":[{"bin":"httpd","netbsd":{"x":1 }}]}', 'UNKNOWN_KEY', 33],
    ['a mount of a file that is no disk', '{"mount":{"/a":{"source":"blk","path":"/dev/vnd0d"}}}', 'BAD_VALUE', 1],
  ]
  for (const [why, text, code, column] of refusedToo) {
    it(`refuses ${why}`, () => assert.throws(() => imported(text), { name: 'ConfigError', code, line: 1, column }))
  }
})

// The documents of rumprun's specification in its last state, each with what a guest of it does (C1 to C14, c1 to c16 in the project's reference),
// read by the strict reader. Where it is stricter than such guests are, that is said; `config import` reads them as they do.

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import { effectiveConfig } from './effective.ts'
import { parseConfig } from './layer.ts'
import { requirePrograms } from './programs.ts'
import { storageSteps } from './storage.ts'
import { configToJson } from './write-document.ts'

const PROGRAMS = ['hello.bin', 'httpd']

function read(text: string) {
  const config = effectiveConfig([parseConfig(text, 'c.json')])
  requirePrograms(config, PROGRAMS)
  return config.document
}

/** Without the lines that every document of ours has. */
function meaning(text: string): unknown {
  const { schema: _schema, schemaVersion: _version, ...rest } = configToJson(read(text))
  return JSON.parse(JSON.stringify(rest))
}

describe('documents that guests accept, and so do we', () => {
  const accepted: readonly (readonly [name: string, text: string, meaning: unknown])[] = [
    ['C1', '{}', {}],
    ['C1', '{"rc":[]}', {}],
    ['C1', '{"env":{}}', {}],
    [
      'C2',
      '{ "rc": [ {"bin":"httpd","argv":["httpd","-p","80"],"runmode":"&","workdir":"/data"}, {"bin":"hello.bin"} ] }',
      { rc: [{ bin: 'httpd', argv: ['httpd', '-p', '80'], runmode: '&', workdir: '/data' }, { bin: 'hello.bin' }] },
    ],
    ['C3', '{ "rc": [ {"bin":"*","argv":["x","y"]} ] }', { rc: [{ bin: '*', argv: ['x', 'y'] }] }],
    ['C4', '{ "rc": [ {"bin":"hello.bin","argv":[]} ] }', { rc: [{ bin: 'hello.bin' }] }],
    [
      'C5',
      '{ "rc": [ {"bin":"hello.bin"},{"bin":"hello.bin"} ] }',
      { rc: [{ bin: 'hello.bin' }, { bin: 'hello.bin' }] },
    ],
    [
      'C6',
      '{ "rc":[{"bin":"hello.bin","netbsd":{"sysctl":{"rlimit.descriptors.soft":"unlimited","c":true}}}] }',
      { rc: [{ bin: 'hello.bin', netbsd: { sysctl: { 'rlimit.descriptors.soft': 'unlimited', c: true } } }] },
    ],
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
    ],
    [
      'C11',
      '{ "mount":{"/kern":{"source":"kernfs"}}, "net":{}, "netbsd":{"sysctl":{"kern.hostname":"x"}}, "rc":[{"bin":"httpd"}], "env":{"A":"B"} }',
      {
        rc: [{ bin: 'httpd' }],
        env: { A: 'B' },
        mount: { '/kern': { source: 'kernfs' } },
        netbsd: { sysctl: { 'kern.hostname': 'x' } },
      },
    ],
  ]
  for (const [name, text, result] of accepted) {
    it(`${name}: ${text.slice(0, 60)}`, () => assert.deepEqual(meaning(text), result))
  }

  it('C10: disks, then files, then what is mounted from them, and sizes in bytes', () => {
    const document = read(
      '{ "blk": { "xbd0": {"type":"etfs","path":"blkfront:xvda"}, "vnd0": {"type":"vnd","path":"images/data.iso"} }, "mount": { "/data": {"source":"blk","path":"/dev/xbd0"}, "/img": {"source":"blk","path":"/dev/vnd0d"}, "/kern": {"source":"kernfs"}, "/tmp": {"source":"tmpfs","options":{"size":"64M"}} } }',
    )
    assert.deepEqual(document.mount.get('/tmp'), { source: 'tmpfs', size: 67_108_864 })
    const { steps } = storageSteps(document)
    assert.deepEqual(
      steps.map((step) => (step.kind === 'attach' ? step.device : step.mountPoint)),
      ['xbd0', 'vnd0', '/data', '/img', '/kern', '/tmp'],
    )
  })
})

describe('documents that guests accept, and we do', () => {
  it('C12, because here a host name is a key of its own', () =>
    assert.deepEqual(meaning('{"hostname":"x"}'), { hostname: 'x' }))
  it('c14: text beyond ASCII, which such guests stop at', () => {
    assert.deepEqual(meaning('{ "env":{"A":"é"} }'), { env: { A: 'é' } })
  })
  it('c12: null takes away what earlier layers say', () => {
    assert.deepEqual(meaning('{ "netbsd":{"sysctl":{"x":null}} }'), {})
  })
})

describe('documents that we refuse', () => {
  const tolerated: readonly (readonly [name: string, code: ConfigErrorCode, text: string])[] = [
    ['C1, an empty text', 'SYNTAX', ''],
    ['C7, a key twice', 'DUPLICATE_KEY', '{ "env":{"A":"1"}, "env":{"B":"2","A":"3"} }'],
    ['C12, a key that is not known', 'UNKNOWN_KEY', '{ "unknown": 1 }'],
    ['C12, a key of older guests', 'UNKNOWN_KEY', '{"cmdline":"x"}'],
    ['C13, commas too many', 'SYNTAX', '{ "env":{"A":"B",,}, "rc":[{"bin":"httpd"}], }'],
    ['C14, a second object', 'SYNTAX', '{ "env":{"A":"B"}} { "env":{"C":"D"}}'],
  ]
  const refused: readonly (readonly [name: string, code: ConfigErrorCode, text: string])[] = [
    ['c1', 'BAD_VALUE', '{ "rc":[{"bin":"nope"}] }'],
    ['c2', 'UNKNOWN_KEY', '{ "rc":[{"bin":"hello.bin","args":["x"]}] }'],
    ['c3', 'BAD_VALUE', '{ "rc":{} }'],
    ['c3', 'BAD_VALUE', '{ "env":["A=B"] }'],
    ['c3', 'BAD_VALUE', '{ "env":{"A":1} }'],
    ['c4', 'BAD_VALUE', '{ "env":{"A=B":"c"} }'],
    ['c5', 'BAD_VALUE', '{ "rc":[{"bin":"httpd","runmode":"bg"}] }'],
    ['c5', 'BAD_VALUE', '{ "rc":[{"bin":"httpd","runmode":"|"}] }'],
    [
      'c6',
      'BAD_VALUE',
      '{ "net":{"interfaces":{"vioif0":{"addrs":[{"type":"inet","method":"static","addr":"10.0.0.2"}]}}} }',
    ],
    ['c6', 'BAD_VALUE', '{ "net":{"interfaces":{"vioif0":{"addrs":[{"type":"inet","method":"static"}]}}} }'],
    ['c7', 'BAD_VALUE', '{ "net":{"interfaces":{"vioif0":{"addrs":[{"type":"inet","method":"auto"}]}}} }'],
    ['c7', 'BAD_VALUE', '{ "net":{"interfaces":{"vioif0":{"addrs":[{"type":"inet6","method":"dhcp"}]}}} }'],
    ['c7', 'BAD_VALUE', '{ "net":{"interfaces":{"vioif0":{"create":"true"}}} }'],
    ['c7', 'BAD_VALUE', '{ "net":{"interfaces":[]} }'],
    ['c8', 'LIMIT', '{ "net":{"dns":{"nameservers":["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]}} }'],
    ['c8', 'LIMIT', '{ "net":{"dns":{"search":["a","b","c","d","e","f","g"]}} }'],
    ['c9', 'BAD_VALUE', '{ "net":{"gateways":[{"type":"inet"}]} }'],
    ['c9', 'BAD_VALUE', '{ "net":{"gateways":[{"type":"ipx","addr":"10.0.0.1"}]} }'],
    ['c10', 'BAD_VALUE', '{ "blk":{"foo":{"type":"vnd","path":"a.iso"}} }'],
    ['c10', 'BAD_VALUE', '{ "blk":{"xbd0":{"type":"etfs"}} }'],
    ['c10', 'BAD_VALUE', '{ "blk":{"xbd0":{"type":"ram","path":"x"}} }'],
    ['c11', 'BAD_VALUE', '{ "mount":{"/a":{"source":"nfs"}} }'],
    ['c11', 'BAD_VALUE', '{ "mount":{"/a":{}} }'],
    ['c11', 'BAD_VALUE', '{ "mount":{"/a":{"source":"blk"}} }'],
    ['c11', 'BAD_VALUE', '{ "mount":{"/a":{"source":"tmpfs","options":{"size":"1T"}}} }'],
    ['c11', 'BAD_VALUE', '{ "mount":{"/a":{"source":"tmpfs","options":{"size":1}}} }'],
    ['c11', 'UNKNOWN_KEY', '{ "mount":{"/a":{"source":"tmpfs","options":{"mode":"777"}}} }'],
    ['c13', 'SYNTAX', '{, "env":{"A":"B"} }'],
    ['c15', 'UNKNOWN_KEY', '{"unknown":1}'],
    ['c16', 'SYNTAX', '{ env: {} }'],
    ['c16', 'SYNTAX', '{ "env":{"A":"a\tb"} }'],
    ['c16', 'SYNTAX', '{ "netbsd":{"sysctl":{"a":01}} }'],
    ['c16', 'SYNTAX', '{ "netbsd":{"sysctl":{"a":1.2.3}} }'],
  ]
  for (const [kind, cases] of Object.entries({ 'as guests do': refused, 'although guests do not': tolerated })) {
    for (const [name, code, text] of cases) {
      it(`${kind}, ${name}: ${JSON.stringify(text.slice(0, 60))}`, () => {
        assert.throws(
          () => read(text),
          (error: unknown) => error instanceof ConfigError && error.code === code,
        )
      })
    }
  }
})

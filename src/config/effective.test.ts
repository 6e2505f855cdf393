import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { arbitraryOf } from '../../test/support/arbitrary-config.ts'
import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import { parseSet, parseVariable } from './edit.ts'
import { effectiveConfig } from './effective.ts'
import { CONFIG_SHAPE } from './keys.ts'
import { layerOf, parseConfig } from './layer.ts'
import { SAMPLE } from './sample.ts'
import { configToJson } from './write-document.ts'

const read = (value: unknown, ...sets: readonly string[]) =>
  effectiveConfig([parseConfig(JSON.stringify(value), 'shop.json')], sets.map(parseSet))
const json = (config: ReturnType<typeof read>): unknown => JSON.parse(JSON.stringify(configToJson(config.document)))

describe('effectiveConfig()', () => {
  it('has amounts in bytes, mounts in order, and what is not said filled in', () => {
    const { document } = read(SAMPLE)
    assert.deepEqual(document.rc[0], {
      bin: 'init',
      argv: ['init', '--once'],
      runmode: '|',
      workdir: undefined,
      netbsd: { sysctl: new Map() },
    })
    assert.equal(document.memory, 64 * 2 ** 20)
    assert.deepEqual(document.mount.get('/tmp'), { source: 'tmpfs', size: 64 * 2 ** 20 })
    assert.deepEqual([...document.mount.keys()], ['/data', '/img', '/tmp', '/kern', '/share'])
    assert.deepEqual(document.net.gateways, [
      { type: 'inet', addr: '10.0.0.1' },
      { type: 'inet6', addr: 'fd00::1' },
    ])
    assert.deepEqual(document.env.get('TOKEN'), { $secret: 'env:SHOP_TOKEN' })
  })

  it('is an empty document where nobody says anything', () => {
    assert.deepEqual(json(effectiveConfig([])), { schema: 'slipway.config', schemaVersion: 1 })
  })

  it('reads back what it writes, whatever the document', () => {
    let sound = 0
    fc.assert(
      fc.property(arbitraryOf(CONFIG_SHAPE, false), (value) => {
        let first
        try {
          first = read(value)
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error)) // it contradicts itself
          return
        }
        sound++
        const second = effectiveConfig([layerOf(configToJson(first.document), { layer: 'program' })])
        assert.deepEqual(second.document, first.document)
        assert.deepEqual([...second.document.mount.keys()], [...first.document.mount.keys()])
      }),
      { numRuns: 1000 },
    )
    assert.ok(sound > 50, `${sound} of 1000 documents are sound`)
  })

  const CONTRADICTIONS: readonly (readonly [why: string, code: ConfigErrorCode, key: string, document: unknown])[] = [
    ['output that nobody reads', 'BAD_VALUE', 'rc.0.runmode', { rc: [{ bin: 'a', runmode: '|' }] }],
    [
      'a static address that is none',
      'BAD_VALUE',
      'net.interfaces.a.addrs.0',
      { net: { interfaces: { a: { addrs: [{ type: 'inet', method: 'static' }] } } } },
    ],
    [
      'an address that says nothing',
      'BAD_VALUE',
      'net.interfaces.a.addrs.0',
      { net: { interfaces: { a: { addrs: [{ type: 'inet' }] } } } },
    ],
    [
      'a method of the other family',
      'BAD_VALUE',
      'net.interfaces.a.addrs.0.method',
      { net: { interfaces: { a: { addrs: [{ type: 'inet', method: 'auto' }] } } } },
    ],
    [
      'DHCP for IPv6',
      'BAD_VALUE',
      'net.interfaces.a.addrs.0.method',
      { net: { interfaces: { a: { addrs: [{ type: 'inet6', method: 'dhcp' }] } } } },
    ],
    [
      'an address that DHCP would find',
      'BAD_VALUE',
      'net.interfaces.a.addrs.0.addr',
      { net: { interfaces: { a: { addrs: [{ method: 'dhcp', addr: '10.0.0.2/8' }] } } } },
    ],
    [
      'an address of the other family',
      'BAD_VALUE',
      'net.interfaces.a.addrs.0.addr',
      { net: { interfaces: { a: { addrs: [{ type: 'inet6', addr: '10.0.0.2/8' }] } } } },
    ],
    [
      'a gateway of the other family',
      'BAD_VALUE',
      'net.gateways.0.addr',
      { net: { gateways: [{ type: 'inet6', addr: '10.0.0.1' }] } },
    ],
    [
      'two default routes',
      'BAD_VALUE',
      'net.gateways.1',
      { net: { gateways: [{ addr: '10.0.0.1' }, { addr: '10.0.0.2' }] } },
    ],
    [
      'two host names',
      'CONFLICT',
      'netbsd.sysctl.kern.hostname',
      { hostname: 'a', netbsd: { sysctl: { 'kern.hostname': 'b' } } },
    ],
    ['a file that is called as disks are', 'BAD_VALUE', 'blk.foo', { blk: { foo: { type: 'vnd', path: '/a' } } }],
    ['a disk that is called as files are', 'BAD_VALUE', 'blk.vnd0', { blk: { vnd0: { type: 'etfs', path: 'a' } } }],
    [
      'a file system on a file that nobody attaches',
      'BAD_VALUE',
      'mount./a.path',
      { mount: { '/a': { source: 'blk', path: '/dev/vnd0d' } } },
    ],
    [
      'a file that lies on what is mounted from it',
      'BAD_VALUE',
      'blk.vnd0.path',
      { blk: { vnd0: { type: 'vnd', path: '/a/x' } }, mount: { '/a': { source: 'blk', path: '/dev/vnd0a' } } },
    ],
    [
      'a mount that the network would hide',
      'BAD_VALUE',
      'mount./a/b',
      { mount: { '/a/b': { source: 'kernfs' } }, net: { mount: { '/a': { source: 'nfs', server: 'b', path: '/' } } } },
    ],
    [
      'a file that the network brings too late',
      'BAD_VALUE',
      'blk.vnd0.path',
      {
        blk: { vnd0: { type: 'vnd', path: '/a/x' } },
        net: { mount: { '/a': { source: 'nfs', server: 'b', path: '/' } } },
      },
    ],
  ]
  for (const [why, code, key, document] of CONTRADICTIONS) {
    it(`refuses ${why}, at its place`, () => {
      try {
        read(document)
        assert.fail('was accepted')
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error))
        assert.deepEqual([error.code, error.path.join('.'), error.file, error.line], [code, key, 'shop.json', 1])
      }
    })
  }
})

describe('parseSet() and effectiveConfig()', () => {
  const cases: readonly (readonly [sets: readonly string[], result: Record<string, unknown>])[] = [
    [['hostname=shop'], { hostname: 'shop' }],
    [['hostname="shop"'], { hostname: 'shop' }],
    [['env.A={"b":1}'], { env: { A: '{"b":1}' } }],
    [['env.A=null', 'env.B="null"'], { env: { B: 'null' } }],
    [['env.A='], { env: { A: '' } }],
    [['env.A={"$secret":"env:B"}'], { env: { A: { $secret: 'env:B' } } }],
    [['netbsd.sysctl.kern.somaxconn=128'], { netbsd: { sysctl: { 'kern.somaxconn': 128 } } }],
    [['netbsd.sysctl.kern.name=x'], { netbsd: { sysctl: { 'kern.name': 'x' } } }],
    [
      ['net.interfaces.service.addrs[0].addr=10.0.0.2/24'],
      { net: { interfaces: { service: { addrs: [{ type: 'inet', method: 'static', addr: '10.0.0.2/24' }] } } } },
    ],
    [['net.interfaces.xenif0.create=true'], { net: { interfaces: { xenif0: { create: true } } } }],
    [['net.dns.search=["a"]', 'net.dns.search[]=b'], { net: { dns: { search: ['a', 'b'] } } }],
    [['net.gateways.inet6.addr=fd00::1'], { net: { gateways: [{ type: 'inet6', addr: 'fd00::1' }] } }],
    [
      ['rc.a.b.argv=["x"]', 'rc[0].workdir=/'].slice(0, 0).concat('rc["a.b"].argv=["x"]'),
      { rc: [{ bin: 'a.b', argv: ['x'] }] },
    ],
    [['rc.shop={"workdir":"/w"}'], { rc: [{ bin: 'shop', workdir: '/w' }] }],
    [
      ['mount./a.source=tmpfs', 'mount./a.options.size=2M'],
      { mount: { '/a': { source: 'tmpfs', options: { size: '2M' } } } },
    ],
    [['memory=64M'], { memory: '64M' }],
  ]
  for (const [sets, result] of cases) {
    it(`understands ${sets.join(' ')}`, () => {
      assert.deepEqual(json(read({}, ...sets)), { schema: 'slipway.config', schemaVersion: 1, ...result })
    })
  }

  it('reaches into what the layers below say', () => {
    const config = read(
      SAMPLE,
      'net.interfaces.service.addrs[0].addr=10.9.0.2/16',
      'rc.shop.argv=["shop","x"]',
      'rc[0]=null',
      'env.LANG=null',
    )
    assert.deepEqual(config.document.net.interfaces.get('service')?.addrs[0], {
      type: 'inet',
      method: 'static',
      addr: '10.9.0.2/16',
    })
    assert.deepEqual(
      config.document.rc.map(({ bin, argv, workdir }) => [bin, argv, workdir]),
      [['shop', ['shop', 'x'], '/data']],
    )
    assert.equal(config.document.env.has('LANG'), false)
    const setting = config.settings.get('net.interfaces.service.addrs[0].addr')
    assert.deepEqual(setting?.origin, { layer: 'command line', flag: '--set net.interfaces.service.addrs[0].addr' })
    assert.deepEqual(
      setting?.losing.map(({ value }) => value),
      ['10.0.0.2/24'],
    )
    assert.deepEqual(config.removed.get('env.LANG')?.origin, { layer: 'command line', flag: '--set env.LANG' })
  })

  it('finds a program whose name has dots in it', () => {
    assert.deepEqual(read({ rc: [{ bin: 'hello.bin' }] }, 'rc.hello.bin.workdir=/w').document.rc[0]?.workdir, '/w')
    assert.deepEqual(read({ rc: [{ bin: 'hello.bin' }] }, 'rc.hello.bin={"workdir":"/w"}').document.rc.length, 1)
  })

  const REFUSED: readonly (readonly [set: string, code: ConfigErrorCode, advice?: string | RegExp])[] = [
    ['envv.A=1', 'UNKNOWN_KEY', 'did you mean env?'],
    ['rc.shop.args=[]', 'UNKNOWN_KEY', 'did you mean argv?'],
    ['hostname.x=1', 'BAD_VALUE'],
    ['net[0]=1', 'BAD_VALUE'],
    ['env[0]=1', 'BAD_VALUE'],
    ['env["a=b"]=1', 'BAD_VALUE'],
    ['net.dns.search.a=1', 'BAD_VALUE', 'write for example [0]'],
    ['net.dns.search[1]=a', 'BAD_VALUE'],
    ['net.dns.search=a', 'SYNTAX', 'write for example ["a", "b"]'],
    ['net.interfaces.a.create=yes', 'SYNTAX', 'write for example true'],
    ['net.dns=5', 'BAD_VALUE'],
    ['mount./a.path=/dev/x', 'BAD_VALUE'],
    ['mount./a.paht=/dev/x', 'UNKNOWN_KEY', 'did you mean path?'],
    ['dialect=mirag', 'BAD_VALUE', 'did you mean mirage?'],
    ['__proto__.a=1', 'UNKNOWN_KEY'],
    ['net.constructor=1', 'UNKNOWN_KEY'],
  ]
  for (const [set, code, advice] of REFUSED) {
    it(`refuses ${set}`, () => {
      assert.throws(() => read({}, set), {
        name: 'ConfigError',
        code,
        line: 0,
        ...(advice === undefined ? {} : { advice }),
      })
    })
  }

  it('refuses words that are no KEY=VALUE', () => {
    for (const text of ['env.A', 'env.A b=c', '=b', ''])
      assert.throws(() => parseSet(text), { name: 'ConfigError', code: 'BAD_VALUE' })
  })

  it('refuses a key that is said twice', () => {
    assert.throws(() => read({}, 'env.A=1', 'env.A=2'), { name: 'ConfigError', code: 'CONFLICT', path: ['env', 'A'] })
    assert.throws(() => read({ rc: [{ bin: 'a' }, { bin: 'a' }] }, 'rc.a.workdir=/'), {
      code: 'CONFLICT',
      advice: 'say which by its index: rc[0]',
    })
  })

  it('never repeats what a value could give away', () => {
    const error = (() => {
      try {
        return read({}, 'env.A="s3cr3t', 'memory=s3cr3t')
      } catch (cause) {
        return cause
      }
    })()
    assert.ok(error instanceof ConfigError && error.file === '--set memory')
  })

  it('takes -e for a variable, and one without a value for the operator’s own', () => {
    const config = effectiveConfig([], [parseVariable('A=b=c'), parseVariable('TOKEN')])
    assert.deepEqual(
      [...config.document.env],
      [
        ['A', 'b=c'],
        ['TOKEN', { $secret: 'env:TOKEN' }],
      ],
    )
    assert.deepEqual(config.settings.get('env.TOKEN')?.origin, { layer: 'command line', flag: '-e TOKEN' })
    assert.throws(() => effectiveConfig([], [parseVariable('=x')]), { code: 'BAD_VALUE' })
    assert.throws(() => effectiveConfig([], [parseVariable('a\nb')]), { code: 'BAD_VALUE' })
  })

  it('throws ConfigError, and nothing else, for any words', () => {
    const part = fc.constantFrom(
      'rc',
      'env',
      'net',
      'mount',
      'interfaces',
      'addrs',
      'service',
      '.',
      '[0]',
      '[]',
      '["a"]',
      '=',
      '{',
      '}',
      'null',
      '5',
      '/a',
      'source',
      'bin',
      '"',
    )
    const below = parseConfig(JSON.stringify(SAMPLE), 'shop.json')
    fc.assert(
      fc.property(
        fc.array(
          fc.array(part, { maxLength: 9 }).map((parts) => parts.join('')),
          { maxLength: 3 },
        ),
        (texts) => {
          try {
            effectiveConfig([below], texts.map(parseSet))
          } catch (error) {
            assert.ok(error instanceof ConfigError, String(error))
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})

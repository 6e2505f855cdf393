import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { DIALECTS, type DialectName } from '../document.ts'
import { effectiveConfig } from '../effective.ts'
import { splitKey } from '../key.ts'
import { parseConfig } from '../layer.ts'
import { ROOMS } from './carriers.ts'
import type { Guest } from './dialect.ts'
import { FEATURE_NAMES, type FeatureName, firstUse } from './features.ts'
import { DIALECT_WRITERS, renderConfig, type RenderOptions } from './render.ts'

const GUEST = { name: 'app' }

function render(dialect: DialectName, document: object, options: Partial<RenderOptions> = {}) {
  const config = effectiveConfig([parseConfig(JSON.stringify(document), 'app.json')])
  return renderConfig(dialect, config, { guest: GUEST, ...options })
}

const interfaces = (addrs: object[], more: object = {}) => ({ interfaces: { service: { ...more, addrs } } })
const OLD = ['ipv4_addr', 'ipv4_gw_addr', 'ipv4_subnet_mask', 'rootfs'].map((name) => ({ name, count: 1 }))
const STATIC = interfaces([{ addr: '10.0.0.2/24' }])

/** A document that uses each feature, and what of it has to be in the text. */
const SAMPLES: Readonly<Record<FeatureName, { readonly document: object; readonly told: readonly string[] }>> = {
  argv: { document: { rc: [{ bin: '*', argv: ['app', 'one', 'two=2'] }] }, told: ['one', 'two=2'] },
  programs: { document: { rc: [{ bin: 'first' }, { bin: 'second' }] }, told: ['first', 'second'] },
  runmode: { document: { rc: [{ bin: '*', argv: ['p'], runmode: '&' }] }, told: ['&'] },
  workdir: { document: { rc: [{ bin: '*', workdir: '/srv' }] }, told: ['/srv'] },
  processSysctl: {
    document: { rc: [{ bin: '*', netbsd: { sysctl: { 'rlimit.stacksize.soft': 'unlimited' } } }] },
    told: ['rlimit.stacksize.soft', 'unlimited'],
  },
  env: { document: { env: { LANG: 'C', EMPTY: '' } }, told: ['LANG', 'C', 'EMPTY'] },
  hostname: { document: { hostname: 'web', net: STATIC }, told: ['web'] },
  interfaces: {
    document: {
      net: {
        interfaces: { service: { addrs: [{ addr: '10.0.0.2/24' }] }, inner: { addrs: [{ addr: '10.9.0.2/24' }] } },
      },
    },
    told: ['10.0.0.2', '10.9.0.2'],
  },
  create: { document: { net: interfaces([{ addr: '10.0.0.2/24' }], { create: true }) }, told: ['true'] },
  static4: { document: { net: STATIC }, told: ['10.0.0.2'] },
  dhcp: { document: { net: interfaces([{ type: 'inet', method: 'dhcp' }]) }, told: ['dhcp'] },
  static6: { document: { net: interfaces([{ addr: 'fd00::2/64' }]) }, told: ['fd00::2'] },
  auto6: { document: { net: interfaces([{ type: 'inet6', method: 'auto' }]) }, told: ['auto'] },
  gateway4: { document: { net: { ...STATIC, gateways: [{ addr: '10.0.0.1' }] } }, told: ['10.0.0.1'] },
  gateway6: {
    document: { net: { ...interfaces([{ addr: 'fd00::2/64' }]), gateways: [{ addr: 'fd00::1' }] } },
    told: ['fd00::1'],
  },
  nameservers: {
    document: { net: { ...STATIC, dns: { nameservers: ['10.0.0.3', '10.0.0.4'] } } },
    told: ['10.0.0.3', '10.0.0.4'],
  },
  search: { document: { net: { ...STATIC, dns: { search: ['example.org'] } } }, told: ['example.org'] },
  nfs: {
    document: { net: { ...STATIC, mount: { '/': { source: 'nfs', server: '10.0.0.5', path: '/export' } } } },
    told: ['10.0.0.5', '/export'],
  },
  etfs: { document: { blk: { xvda: { type: 'etfs', path: 'blkfront:xvda' } } }, told: ['xvda'] },
  vnd: { document: { blk: { vnd0: { type: 'vnd', path: 'images/a.iso' } } }, told: ['images/a.iso'] },
  blk: { document: { mount: { '/': { source: 'blk', path: '/dev/ld0a' } } }, told: ['/dev/ld0a'] },
  fstype: {
    document: { mount: { '/': { source: 'blk', path: '/dev/ld0a', options: { fstype: 'ext4' } } } },
    told: ['ext4'],
  },
  readOnly: {
    document: { mount: { '/': { source: 'blk', path: '/dev/ld0a', options: { readOnly: true } } } },
    told: ['ro'],
  },
  tmpfs: { document: { mount: { '/tmp': { source: 'tmpfs' } } }, told: ['/tmp'] },
  tmpfsSize: { document: { mount: { '/tmp': { source: 'tmpfs', options: { size: '1M' } } } }, told: ['1048576'] },
  kernfs: { document: { mount: { '/kern': { source: 'kernfs' } } }, told: ['/kern'] },
  devfs: { document: { mount: { '/dev': { source: 'devfs' } } }, told: ['/dev'] },
  '9pfs': { document: { mount: { '/': { source: '9pfs', path: 'fs0' } } }, told: ['fs0'] },
  virtiofs: { document: { mount: { '/': { source: 'virtiofs', path: 'fs0' } } }, told: ['fs0'] },
  initrd: { document: { mount: { '/': { source: 'initrd' } } }, told: ['initrd'] },
  sysctl: { document: { netbsd: { sysctl: { 'kern.maxfiles': 100 } } }, told: ['kern.maxfiles', '100'] },
  logs: { document: { mirage: { logs: ['*:info', 'tcp:debug'] } }, told: ['*:info', 'tcp:debug'] },
  prefixes: { document: { net: STATIC, mirage: { prefixes: { service: 'inner' } } }, told: ['--inner-ipv4'] },
  linux: { document: { linux: { parameters: ['console=ttyS0', 'quiet'] } }, told: ['console=ttyS0', 'quiet'] },
  unikraft: { document: { unikraft: { parameters: ['uk.x=1'] } }, told: ['uk.x=1'] },
}

/** Where a dialect says a feature without the words of the sample, or not in the way in which the sample has it. */
const EXCEPTIONS: Readonly<
  Record<DialectName, Partial<Record<FeatureName, { readonly reason: string; readonly refused: boolean }>>>
> = {
  solo5: {},
  mirage: {
    interfaces: { reason: 'several need prefixes', refused: true },
    dhcp: { reason: 'a guest without an address asks for one', refused: false },
    auto6: { reason: 'a guest without an address listens for one', refused: false },
  },
  rumprun: {},
  'rumprun-legacy': {
    tmpfs: { reason: 'a guest has one on /tmp by itself', refused: false },
    tmpfsSize: { reason: 'that one has 1M', refused: false },
  },
  unikraft: { dhcp: { reason: 'a guest without an address asks for one', refused: false } },
  linux: { initrd: { reason: 'a kernel takes its archive for / by itself', refused: false } },
}

describe('SAMPLES', () => {
  for (const feature of FEATURE_NAMES) {
    it(`${feature} is what its sample uses`, () => {
      const { document } = effectiveConfig([parseConfig(JSON.stringify(SAMPLES[feature].document), 'app.json')])
      assert.notEqual(firstUse(feature, document), undefined)
    })
  }
})

for (const dialect of DIALECTS) {
  const { name, expresses } = DIALECT_WRITERS[dialect]
  const exceptions = EXCEPTIONS[dialect]
  const whyOf = (feature: FeatureName): string => {
    const reason = exceptions[feature]?.reason
    return reason === undefined ? '' : `: ${reason}`
  }

  describe(`the ${dialect} dialect`, () => {
    it('is called so', () => assert.equal(name, dialect))

    it('has something to say about nothing', () => {
      const { text, shown, secrets } = render(dialect, {})
      assert.equal(text, shown)
      assert.deepEqual(secrets, [])
    })

    const said = FEATURE_NAMES.filter((feature) => expresses[feature] !== false)
    const silent = said.filter((feature) => exceptions[feature]?.refused === false)
    const otherwise = said.filter((feature) => exceptions[feature]?.refused === true)

    for (const feature of [...FEATURE_NAMES.filter((each) => expresses[each] === false), ...otherwise]) {
      it(`refuses ${feature} where it was said${whyOf(feature)}`, () => {
        const refused = { name: 'ConfigError', code: 'INEXPRESSIBLE', file: 'app.json', line: 1 }
        assert.throws(() => render(dialect, SAMPLES[feature].document), refused)
      })
    }
    for (const feature of silent) {
      it(`says ${feature} without words${whyOf(feature)}`, () => {
        assert.doesNotThrow(() => render(dialect, SAMPLES[feature].document))
      })
    }
    for (const feature of said.filter((each) => exceptions[each] === undefined)) {
      it(`says ${feature}`, () => {
        const { document, told } = SAMPLES[feature]
        const { text } = render(dialect, document)
        for (const words of told) assert.ok(text.includes(words), `${words} is not in ${text}`)
      })
    }

    it('ends with a line feed in memory and in files only', () => {
      for (const { platform, carrier } of ROOMS.filter((room) => room.dialect === dialect)) {
        const { text } = render(dialect, {}, { guest: { ...GUEST, platform }, carrier })
        const document = dialect.startsWith('rumprun')
        assert.equal(text.endsWith('\n'), document && (carrier === 'module' || carrier === 'file'), carrier)
        assert.doesNotMatch(text.slice(0, -1), /\p{Cc}/u)
      }
    })

    it('fills its carriers to the last byte, and says what would take more', () => {
      for (const { platform, carrier, most } of ROOMS.filter((room) => room.dialect === dialect)) {
        const options = { guest: { ...GUEST, platform }, carrier }
        const word = (length: number) => ({ rc: [{ bin: '*', argv: ['app', 'x'.repeat(length)] }] })
        const room = most - new TextEncoder().encode(render(dialect, word(1), options).text).length + 1
        assert.equal(new TextEncoder().encode(render(dialect, word(room), options).text).length, most)
        assert.throws(() => render(dialect, word(room + 1), options), { code: 'LIMIT' })
      }
    })

    it('refuses a way that does not lead to such guests', () => {
      const all = ['module', 'xenstore'] as const
      for (const carrier of all) {
        if (ROOMS.some((room) => room.dialect === dialect && room.carrier === carrier)) continue
        assert.throws(() => render(dialect, {}, { carrier }), { name: 'UsageError', code: 'BAD_ARGUMENT' })
      }
    })

    it('puts secrets into the text and not into what is shown, nor into a refusal', () => {
      const document = { rc: [{ bin: '*', argv: ['app', { $secret: 'env:TOKEN' }] }] }
      const secrets = new Map([['env:TOKEN', 's3cr3t']])
      const rendering = render(dialect, document, { secrets })
      assert.ok(rendering.text.includes('s3cr3t'))
      assert.ok(!rendering.shown.includes('s3cr3t'))
      assert.ok(rendering.shown.includes('<secret:env:TOKEN>'))
      assert.deepEqual(rendering.secrets, ['env:TOKEN'])
      assert.equal(render(dialect, document).text, rendering.shown)
      for (const value of ['', 'a "b', "a 'b", 'a\u0001b', 'a\\b', '\u{1f6a2} x', 'x'.repeat(70_000)]) {
        try {
          render(dialect, document, { secrets: new Map([['env:TOKEN', `s3cr3t${value}`]]) })
        } catch (error) {
          assert.ok(!String(error).includes('s3cr3t'), String(error))
        }
      }
      assert.throws(() => render(dialect, document, { secrets: new Map() }), { code: 'NO_SECRET', line: 1 })
    })
  })
}

describe('renderConfig()', () => {
  const words = { rc: [{ bin: '*', argv: ['app', 'x'.repeat(4000)] }] }

  it('counts the path that QEMU puts in front of a multiboot command line', () => {
    const bytes = render('rumprun-legacy', words, { carrier: 'cmdline' }).text.length
    const path = 'k'.repeat(4095 - bytes - 1)
    assert.doesNotThrow(() => render('rumprun-legacy', words, { carrier: 'cmdline', kernelPath: path }))
    const refused = {
      name: 'ConfigError',
      code: 'LIMIT',
      message: /1 too many: cmdline holds 4095/,
      advice: /module or file/,
    }
    assert.throws(() => render('rumprun-legacy', words, { carrier: 'cmdline', kernelPath: `${path}k` }), refused)
    assert.doesNotThrow(() => render('rumprun-legacy', words, { carrier: 'module', kernelPath: `${path}k` }))
  })

  it('has the limits at which released rumprun guests halt (l25)', () => {
    const sized = (bytes: number) => ({ rc: [{ bin: '*', argv: ['x'.repeat(bytes - '{"cmdline":""}'.length)] }] })
    const line = { carrier: 'cmdline', kernelPath: 'hello.bin' } as const
    assert.equal(render('rumprun-legacy', sized(4085), line).text.length, 4085)
    assert.throws(() => render('rumprun-legacy', sized(4086), line), { code: 'LIMIT' })
    assert.equal(render('rumprun-legacy', sized(4093)).text.length, 4094) // a line feed ends it
    assert.throws(() => render('rumprun-legacy', sized(4094)), { code: 'LIMIT' })
  })

  it('advises only what would hold the text', () => {
    const long = { rc: [{ bin: '*', argv: ['x'.repeat(5000)] }] }
    assert.throws(() => render('rumprun', long), { code: 'LIMIT', advice: 'use the carrier file' })
    const larger = { rc: [{ bin: '*', argv: ['x'.repeat(65_536)] }] }
    assert.throws(() => render('rumprun', larger), { advice: 'put long settings into a file that the guest reads' })
  })

  it('refuses a path in which a guest would begin to read', () => {
    assert.throws(() => render('rumprun', {}, { carrier: 'cmdline', kernelPath: 'a{b' }), { name: 'UsageError' })
    assert.doesNotThrow(() => render('rumprun', {}, { carrier: 'module', kernelPath: 'a{b' }))
  })

  it('refuses a platform on which there are no such guests', () => {
    const guest = { ...GUEST, platform: 'solo5' } as const
    assert.throws(() => render('rumprun', {}, { guest }), { name: 'UsageError', advice: 'known are pc, xen' })
  })

  it('names the dialects that can say what one cannot', () => {
    assert.throws(() => render('solo5', { env: { A: '1' } }), {
      path: ['env', 'A'],
      advice: 'rumprun, rumprun-legacy, unikraft, linux can say it',
    })
  })

  /** What the shared samples do not reach: a dialect, a document, the key that is refused, and the code where it is another one. */
  const refused: [
    why: string,
    dialect: DialectName,
    document: object,
    key: string,
    code?: string,
    guest?: Partial<Guest>,
  ][] = [
    ['an empty word', 'solo5', { rc: [{ bin: '*', argv: ['a', ''] }] }, 'rc[0].argv[1]'],
    ['a word with a blank', 'solo5', { rc: [{ bin: '*', argv: ['a', 'b c'] }] }, 'rc[0].argv[1]'],
    ['an empty word', 'mirage', { rc: [{ bin: '*', argv: ['a', ''] }] }, 'rc[0].argv[1]'],
    [
      'an option given twice',
      'mirage',
      { hostname: 'h', rc: [{ bin: '*', argv: ['a', '--name=b'] }] },
      'rc[0].argv[1]',
      'CONFLICT',
    ],
    [
      'a flag given twice',
      'mirage',
      { mirage: { logs: ['info'] }, rc: [{ bin: '*', argv: ['a', '-l', 'debug'] }] },
      'rc[0].argv[1]',
      'CONFLICT',
    ],
    ['a prefix without its interface', 'mirage', { mirage: { prefixes: { a: 'b' } } }, 'mirage.prefixes.a'],
    [
      'a second address of a family',
      'mirage',
      { net: interfaces([{ addr: '10.0.0.2/24' }, { addr: '10.0.0.3/24' }]) },
      'net.interfaces.service.addrs[1]',
    ],
    ['a gateway in no network', 'mirage', { net: { ...STATIC, gateways: [{ addr: '10.0.1.1' }] } }, 'net.gateways[0]'],
    [
      'a program in the wrong place',
      'rumprun-legacy',
      { rc: [{ bin: 'b' }] },
      'rc[0].bin',
      'INEXPRESSIBLE',
      { programs: ['a', 'b'] },
    ],
    [
      'a program too many',
      'rumprun-legacy',
      { rc: [{ bin: 'a' }, { bin: 'b' }] },
      'rc[1].bin',
      'INEXPRESSIBLE',
      { programs: ['a'] },
    ],
    ['the first program in the second place', 'rumprun-legacy', { rc: [{ bin: 'a' }, { bin: '*' }] }, 'rc[1].bin'],
    ['a double quote', 'rumprun-legacy', { env: { A: '"' } }, 'env.A'],
    ['a backslash', 'rumprun-legacy', { env: { A: '\\' } }, 'env.A'],
    ['a line feed', 'rumprun-legacy', { env: { A: '\n' } }, 'env.A'],
    [
      'a single quote beside a double one',
      'rumprun-legacy',
      { rc: [{ bin: '*', argv: ['a', `'"`] }] },
      'rc[0].argv[1]',
    ],
    ['an interface without an address', 'rumprun-legacy', { net: interfaces([]) }, 'net.interfaces.service'],
    [
      'a disk by another name',
      'rumprun-legacy',
      { blk: { xbd0: { type: 'etfs', path: 'blkfront:xvda' } } },
      'blk.xbd0',
    ],
    [
      'a disk of Xen’s on a PC',
      'rumprun',
      { blk: { xvda: { type: 'etfs', path: 'blkfront:xvda' } } },
      'blk.xvda',
      'INEXPRESSIBLE',
      { platform: 'pc' },
    ],
    [
      'a disk of Xen’s on a PC',
      'rumprun-legacy',
      { blk: { xvda: { type: 'etfs', path: 'blkfront:xvda' } } },
      'blk.xvda',
      'INEXPRESSIBLE',
      { platform: 'pc' },
    ],
    ['a file out of order', 'rumprun-legacy', { blk: { vnd1: { type: 'vnd', path: 'a' } } }, 'blk.vnd1'],
    ['a tmpfs elsewhere', 'rumprun-legacy', { mount: { '/x': { source: 'tmpfs' } } }, 'mount["/x"]'],
    [
      'a larger tmpfs',
      'rumprun-legacy',
      { mount: { '/tmp': { source: 'tmpfs', options: { size: '2M' } } } },
      'mount["/tmp"]',
    ],
    ['a program that there is not', 'rumprun', { rc: [{ bin: 'b' }] }, 'rc[0].bin', 'BAD_VALUE', { programs: ['a'] }],
    ['a character beyond U+FFFF', 'rumprun', { env: { A: '\u{1f6a2}' } }, 'env.A'],
    [
      'a disk that is none of Xen’s',
      'rumprun',
      { blk: { rootfs: { type: 'etfs', path: 'rootfs' } } },
      'blk.rootfs.path',
    ],
    [
      'a file on a mounted disk',
      'rumprun',
      { blk: { vnd0: { type: 'vnd', path: '/data/x' } }, mount: { '/data': { source: 'blk', path: '/dev/ld0a' } } },
      'blk.vnd0.path',
    ],
    [
      'more about names than there is room for',
      'rumprun',
      {
        net: {
          dns: { search: Array.from({ length: 6 }, () => `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}`) },
        },
      },
      'net.dns',
      'LIMIT',
    ],
    ['help as a name', 'unikraft', { rc: [{ bin: '*', argv: ['help'] }] }, 'rc[0].argv[0]'],
    ['a name with a dot', 'unikraft', { rc: [{ bin: 'a.bin' }] }, 'rc[0].bin'],
    ['an empty word', 'unikraft', { rc: [{ bin: '*', argv: ['a', ''] }] }, 'rc[0].argv[1]'],
    [
      'a parameter that is none',
      'unikraft',
      { unikraft: { parameters: ['quiet'] } },
      'unikraft.parameters[0]',
      'BAD_VALUE',
    ],
    [
      'a parameter that is a list',
      'unikraft',
      { unikraft: { parameters: ['a.b=[ c ]'] } },
      'unikraft.parameters[0]',
      'BAD_VALUE',
    ],
    [
      'a parameter that the image does not have',
      'unikraft',
      { unikraft: { parameters: ['a.b=1'] } },
      'unikraft.parameters[0]',
      'INEXPRESSIBLE',
      { parameters: [] },
    ],
    [
      'a parameter beside its setting',
      'unikraft',
      { net: STATIC, unikraft: { parameters: ['netdev.ip=10.0.0.9/24'] } },
      'unikraft.parameters[0]',
      'CONFLICT',
    ],
    [
      'an address for an image without one',
      'unikraft',
      { net: STATIC },
      'net.interfaces.service',
      'INEXPRESSIBLE',
      { parameters: [] },
    ],
    [
      'variables for an image without them',
      'unikraft',
      { env: { A: '1' } },
      'env.A',
      'INEXPRESSIBLE',
      { parameters: [] },
    ],
    [
      'more variables than there is room for',
      'unikraft',
      { env: { A: '1', B: '2' } },
      'env.A',
      'LIMIT',
      { parameters: [{ name: 'env.vars', count: 1 }] },
    ],
    [
      'a parameter for which settings leave no room',
      'unikraft',
      { env: { A: '1' }, unikraft: { parameters: ['env.vars=B=2'] } },
      'unikraft.parameters[0]',
      'LIMIT',
      { parameters: [{ name: 'env.vars', count: 1 }] },
    ],
    [
      'a parameter twice where there is room for one',
      'unikraft',
      { unikraft: { parameters: ['a.b=1', 'a.b=2'] } },
      'unikraft.parameters[1]',
      'LIMIT',
      { parameters: [{ name: 'a.b', count: 1 }] },
    ],
    [
      'mounts for an image without them',
      'unikraft',
      { mount: { '/': { source: 'initrd' } } },
      'mount["/"]',
      'INEXPRESSIBLE',
      { parameters: [] },
    ],
    [
      'a second archive',
      'unikraft',
      { mount: { '/': { source: 'initrd' }, '/a': { source: 'initrd' } } },
      'mount["/a"]',
    ],
    ['a colon in a mount point', 'unikraft', { mount: { '/a:b': { source: 'tmpfs' } } }, 'mount["/a:b"]'],
    ['a bracket in a tag', 'unikraft', { mount: { '/a': { source: '9pfs', path: 'a]' } } }, 'mount["/a"].path'],
    ['a host name without an address', 'unikraft', { hostname: 'h' }, 'hostname'],
    ['a server without an address', 'unikraft', { net: { dns: { nameservers: ['10.0.0.1'] } } }, 'net.dns.nameservers'],
    [
      'a third server',
      'unikraft',
      { net: { ...STATIC, dns: { nameservers: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] } } },
      'net.dns.nameservers[2]',
    ],
    [
      'a server of IPv6',
      'unikraft',
      { net: { ...STATIC, dns: { nameservers: ['fd00::1'] } } },
      'net.dns.nameservers[0]',
    ],
    ['a second domain', 'unikraft', { net: { ...STATIC, dns: { search: ['a', 'b'] } } }, 'net.dns.search[1]'],
    [
      'an address behind none',
      'unikraft',
      {
        net: {
          interfaces: { a: { addrs: [{ method: 'dhcp', type: 'inet' }] }, b: { addrs: [{ addr: '10.0.0.2/24' }] } },
        },
      },
      'net.interfaces.b',
    ],
    [
      'a second address',
      'unikraft',
      { net: interfaces([{ addr: '10.0.0.2/24' }, { addr: '10.0.0.3/24' }]) },
      'net.interfaces.service.addrs[1]',
    ],
    ['no address', 'unikraft', { net: interfaces([]) }, 'net.interfaces.service'],
    [
      'a host name for an old image',
      'unikraft',
      { hostname: 'h', net: STATIC },
      'hostname',
      'INEXPRESSIBLE',
      { parameters: OLD },
    ],
    [
      'another mount for an old image',
      'unikraft',
      { mount: { '/a': { source: 'tmpfs' } } },
      'mount["/a"]',
      'INEXPRESSIBLE',
      { parameters: OLD },
    ],
    [
      'devfs for an old image',
      'unikraft',
      { mount: { '/': { source: 'devfs' } } },
      'mount["/"]',
      'INEXPRESSIBLE',
      { parameters: OLD },
    ],
    ['a double quote', 'linux', { rc: [{ bin: '*', argv: ['a', '"'] }] }, 'rc[0].argv[1]'],
    ['a second end of the parameters', 'linux', { rc: [{ bin: '*', argv: ['a', '--', 'b'] }] }, 'rc[0].argv[1]'],
    ['a name in small letters', 'linux', { env: { quiet: '1' } }, 'env.quiet'],
    ['init by another name', 'linux', { rc: [{ bin: '/a', argv: ['b'] }] }, 'rc[0].argv[0]'],
    ['init by no path', 'linux', { rc: [{ bin: 'a' }] }, 'rc[0].bin'],
    ['another mount', 'linux', { mount: { '/a': { source: 'initrd' } } }, 'mount["/a"]'],
    [
      'another mount through the network',
      'linux',
      { net: { ...STATIC, mount: { '/a': { source: 'nfs', server: '10.0.0.1', path: '/' } } } },
      'net.mount["/a"]',
    ],
    [
      'a server by its name',
      'linux',
      { net: { ...STATIC, mount: { '/': { source: 'nfs', server: 'host', path: '/' } } } },
      'net.mount["/"].server',
    ],
    [
      'a server without an interface',
      'linux',
      { net: { mount: { '/': { source: 'nfs', server: '10.0.0.1', path: '/' } } } },
      'net.mount["/"]',
    ],
    [
      'a second address',
      'linux',
      { net: interfaces([{ addr: '10.0.0.2/24' }, { addr: '10.0.0.3/24' }]) },
      'net.interfaces.service.addrs[1]',
    ],
    ['no address', 'linux', { net: interfaces([]) }, 'net.interfaces.service'],
    [
      'a third server',
      'linux',
      { net: { ...STATIC, dns: { nameservers: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] } } },
      'net.dns.nameservers[2]',
    ],
    ['a server of IPv6', 'linux', { net: { ...STATIC, dns: { nameservers: ['fd00::1'] } } }, 'net.dns.nameservers[0]'],
    ['servers without an interface', 'linux', { net: { dns: { nameservers: ['10.0.0.1'] } } }, 'net.dns.nameservers'],
    ['the end of the parameters among them', 'linux', { linux: { parameters: ['--'] } }, 'linux.parameters[0]'],
    [
      'a parameter beside its setting',
      'linux',
      { net: STATIC, linux: { parameters: ['ip=dhcp'] } },
      'linux.parameters[0]',
      'CONFLICT',
    ],
    [
      'more words than a kernel keeps',
      'linux',
      { rc: [{ bin: '*', argv: ['a', ...Array<string>(32).fill('b')] }] },
      'rc[0].argv',
    ],
    [
      'more variables than a kernel keeps',
      'linux',
      { env: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`A${i}`, '1'])) },
      'env',
    ],
  ]
  for (const [why, dialect, document, key, code = 'INEXPRESSIBLE', guest] of refused) {
    it(`refuses ${why} for ${dialect}`, () => {
      const { steps } = splitKey(key, 'key')
      const options = { guest: { ...GUEST, ...guest } }
      assert.throws(() => render(dialect, document, options), { name: 'ConfigError', code, path: steps })
    })
  }

  it('puts a legacy program into rc where a command line could not say it', () => {
    assert.equal(
      render('rumprun-legacy', { rc: [{ bin: '*', argv: ['p', "it's"] }] }).text,
      '{"rc_TESTING":[{"bin":"p","argv":["it\'s"]}]}\n',
    )
    const several = { guest: { ...GUEST, programs: ['a', 'b'] } }
    assert.equal(
      render('rumprun-legacy', { rc: [{ bin: '*' }] }, several).text,
      '{"rc_TESTING":[{"bin":"a","argv":[]}]}\n',
    )
  })

  it('tells that a legacy guest takes its programs by number, unless their names are known', () => {
    const document = { rc: [{ bin: 'shop' }] }
    assert.equal(render('rumprun-legacy', document).notes.length, 1)
    assert.equal(render('rumprun-legacy', document, { guest: { ...GUEST, programs: ['shop'] } }).notes.length, 0)
    assert.equal(render('rumprun-legacy', { rc: [{ bin: '*' }] }).notes.length, 0)
  })

  it('takes parameters of an old image by their names without a prefix', () => {
    const document = { unikraft: { parameters: ['vfs.rootfs=ramfs'] } }
    assert.equal(render('unikraft', document, { guest: { ...GUEST, parameters: OLD } }).text, 'app vfs.rootfs=ramfs --')
  })

  it('tells that a Unikraft image’s list is not known', () => {
    assert.equal(render('unikraft', {}).notes.length, 1)
    assert.equal(render('unikraft', {}, { guest: { ...GUEST, parameters: [] } }).notes.length, 0)
  })

  it('calls a Unikraft guest by a name that is none of a parameter', () => {
    assert.equal(render('unikraft', {}, { guest: { name: 'a.b c' } }).text, 'a-b-c --')
    assert.equal(render('unikraft', {}, { guest: { name: 'help' } }).text, 'guest --')
    assert.equal(render('unikraft', {}, { guest: { name: '--' } }).text, 'guest --')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { DIALECTS, type DialectName } from '../document.ts'
import { effectiveConfig } from '../effective.ts'
import { parseConfig } from '../layer.ts'
import { ROOMS } from './carriers.ts'
import { FEATURE_NAMES, type FeatureName, firstUse } from './features.ts'
import { DIALECT_WRITERS, renderConfig, type RenderOptions } from './render.ts'

const GUEST = { name: 'app' }

function render(dialect: DialectName, document: object, options: Partial<RenderOptions> = {}) {
  const config = effectiveConfig([parseConfig(JSON.stringify(document), 'app.json')])
  return renderConfig(dialect, config, { guest: GUEST, ...options })
}

const interfaces = (addrs: object[], more: object = {}) => ({ interfaces: { service: { ...more, addrs } } })
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
  nfs: { document: { net: { mount: { '/n': { source: 'nfs', server: '10.0.0.5', path: '/export' } } } }, told: [] },
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

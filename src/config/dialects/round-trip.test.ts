// What is written and read back is the same document, for everything that a dialect can say; and readers of other grammars find in the text what was put
// in.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { readUnikraft, splitMirage } from '../../../test/support/guest-readers.ts'
import type { DialectName } from '../document.ts'
import { effectiveConfig } from '../effective.ts'
import { parseConfig } from '../layer.ts'
import { importConfig, type ImportFormat } from './import.ts'
import { plain } from './plain.ts'
import { renderConfig } from './render.ts'

const RUNS = { numRuns: 100 }

const read = (document: object) => effectiveConfig([parseConfig(JSON.stringify(document), 'app.json')])
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

function render(dialect: DialectName, document: object, carrier?: 'file'): string {
  return renderConfig(dialect, read(document), { guest: { name: 'app' }, carrier }).text
}

function imported(text: string, from: ImportFormat): unknown {
  const { document } = importConfig(bytesOf(text), from, { file: 'text' })
  return plain(read(document).document)
}

/** Gateways of different families say the same in either order. */
function sorted(document: unknown): unknown {
  const { net, ...rest } = document as { net?: { gateways?: { type: string }[] } }
  if (net?.gateways === undefined) return document
  return { ...rest, net: { ...net, gateways: net.gateways.toSorted((a, b) => a.type.localeCompare(b.type)) } }
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const label = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
const variable = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/)
/** Beyond ASCII too, but nothing that JSON escapes. */
const rawText = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !/["\\]|\p{Cc}/u.test(text))
/** All that a string for the specification's guests holds. */
const bmpText = fc.string({
  unit: fc
    .oneof(fc.integer({ min: 1, max: 0x7f }), fc.integer({ min: 1, max: 0xd7ff }))
    .map((code) => String.fromCharCode(code)),
  maxLength: 8,
})

const inet = fc
  .record({ ip: fc.ipV4(), prefix: fc.integer({ min: 1, max: 32 }) })
  .map(({ ip, prefix }) => `${ip}/${prefix}`)
const inet6 = fc
  .record({ ip: fc.ipV6(), prefix: fc.integer({ min: 1, max: 128 }) })
  .map(({ ip, prefix }) => `${ip}/${prefix}`)
const fixed = (addr: string) => ({ type: addr.includes(':') ? 'inet6' : 'inet', method: 'static', addr })
const address = fc.oneof(
  inet.map(fixed),
  inet6.map(fixed),
  fc.constant({ type: 'inet', method: 'dhcp' }),
  fc.constant({ type: 'inet6', method: 'auto' }),
)

/** Gateways that lie in the network of an address: the address itself will do. */
function gatewaysFor(addresses: readonly object[], wanted: boolean): object[] {
  const found = new Map<string, object>()
  for (const each of addresses as { type: string; addr?: string }[]) {
    if (each.addr !== undefined) found.set(each.type, { type: each.type, addr: each.addr.replace(/\/.*/, '') })
  }
  return wanted ? [...found.values()] : []
}

const network = (base: string, create: boolean | undefined) =>
  fc
    .record({
      addrs: fc.array(fc.array(address, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
      made: create === undefined ? fc.boolean() : fc.constant(create),
      routed: fc.boolean(),
    })
    .map(({ addrs, made, routed }) => ({
      interfaces: Object.fromEntries(
        addrs.map((own, i) => [`${base}${i}`, { ...(made ? { create: true } : {}), addrs: own }]),
      ),
      gateways: gatewaysFor(addrs.flat(), routed),
    }))

/** Runmodes of programs; the last has nobody to write to. */
const runmodes = (programs: readonly object[]) =>
  fc
    .array(fc.constantFrom(undefined, '&', '|'), { minLength: programs.length, maxLength: programs.length })
    .map((modes) =>
      programs.map((program, i) => {
        const mode = i === programs.length - 1 && modes[i] === '|' ? '&' : modes[i]
        return mode === undefined ? program : { ...program, runmode: mode }
      }),
    )

const mountsOf = (devices: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom('/data', '/data/deep', '/img', '/srv/a b'), { maxLength: 4 }).chain((points) =>
    fc.array(fc.constantFrom(...devices), { minLength: points.length, maxLength: points.length }).map((from) => {
      const entries = points.map((point, i) => [
        point,
        from[i] === 'kernfs' ? { source: 'kernfs' } : { source: 'blk', path: from[i] },
      ])
      return Object.fromEntries(entries) as object
    }),
  )

const VND = { vnd0: { type: 'vnd', path: 'images/a.iso' }, vnd1: { type: 'vnd', path: 'images/b.iso' } }
const DEVICES = ['/dev/ld0a', '/dev/vnd0d', '/dev/vnd1d', 'kernfs']

const words = (text: fc.Arbitrary<string>) => fc.array(text, { minLength: 1, maxLength: 4 })
const named = <T>(name: fc.Arbitrary<string>, value: fc.Arbitrary<T>) =>
  fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true })

describe('a legacy rumprun document', () => {
  const line = words(rawText.filter((text) => !text.includes("'") && text !== '*')).map((argv) => [{ bin: '*', argv }])
  const list = fc
    .uniqueArray(label, { minLength: 1, maxLength: 3 })
    .chain((names) =>
      fc.tuple(
        ...names.map((bin) =>
          maybe(words(rawText)).map((argv) => (argv === undefined ? { bin } : { bin, argv: [bin, ...argv] })),
        ),
      ),
    )
    .chain(runmodes)
  const disks = { xvda: { type: 'etfs', path: 'blkfront:xvda' }, rootfs: { type: 'etfs', path: 'rootfs' }, ...VND }
  const document = fc.record({
    rc: fc.oneof(line, list),
    env: named(variable, rawText),
    hostname: maybe(label),
    net: network('vioif', undefined),
    blk: fc.constant(disks),
    mount: mountsOf([...DEVICES, '/dev/xvda', '/dev/rootfs']),
  })

  it('reads back as what it was written from', () => {
    fc.assert(
      fc.property(document, (given) => {
        const text = render('rumprun-legacy', given, 'file')
        assert.deepEqual(sorted(imported(text, 'rumprun-legacy')), sorted(plain(read(given).document)))
      }),
      RUNS,
    )
  })

  it('is strict JSON, where nothing but the keys of the format is repeated', () => {
    fc.assert(
      fc.property(document, (given) => {
        const text = render('rumprun-legacy', given, 'file')
        const { notices } = importConfig(bytesOf(text), 'rumprun-legacy', { file: 'text' })
        assert.deepEqual(
          notices.filter(({ message }) => !/escape|created a second time/.test(message)),
          [],
        )
        assert.doesNotThrow(() => JSON.parse(text) as unknown)
      }),
      RUNS,
    )
  })
})

describe('a document of rumprun’s specification', () => {
  const sysctl = named(
    fc.stringMatching(/^[a-z]{1,4}(\.[a-z0-9]{1,4}){0,2}$/),
    fc.oneof(bmpText, fc.maxSafeInteger(), fc.boolean()),
  )
  const program = fc
    .record({
      bin: fc.oneof(label, fc.constant('*')),
      argv: maybe(words(bmpText)),
      workdir: maybe(fc.constantFrom('/', '/srv')),
      nodes: sysctl,
    })
    .map(({ nodes, ...rest }) => ({ ...rest, netbsd: { sysctl: nodes } }))
  const document = fc.record({
    rc: fc.array(program, { maxLength: 3 }).chain(runmodes),
    env: named(variable, bmpText),
    hostname: maybe(label),
    net: fc
      .record({
        local: network('vioif', undefined),
        nameservers: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
        search: fc.array(label, { maxLength: 6 }),
      })
      .map(({ local, ...dns }) => ({ ...local, dns })),
    blk: fc.constant({ xbd0: { type: 'etfs', path: 'blkfront:hda1' }, ...VND }),
    mount: fc
      .record({ disks: mountsOf([...DEVICES, '/dev/xbd0']), size: maybe(fc.integer({ min: 1, max: 2 ** 40 })) })
      .map(({ disks, size }) => ({
        ...disks,
        '/tmp': { source: 'tmpfs', ...(size === undefined ? {} : { options: { size: String(size) } }) },
      })),
    netbsd: fc.record({ sysctl }),
  })

  it('reads back as what it was written from, and nothing had to be tolerated', () => {
    fc.assert(
      fc.property(document, (given) => {
        const text = render('rumprun', given, 'file')
        assert.deepEqual(imported(text, 'rumprun'), plain(read(given).document))
        assert.deepEqual(importConfig(bytesOf(text), 'rumprun', { file: 'text' }).notices, [])
        assert.match(text, /^[\x20-\x7e]+\n$/)
      }),
      RUNS,
    )
  })
})

/** A word for a shell. */
const shell = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

describe('a command line of rumprun’s script', () => {
  const plainWord = fc.stringMatching(/^[A-Za-z0-9=.,/+_-]{1,8}$/)
  const common = {
    argv: words(plainWord).filter(([first]) => !first?.startsWith('-')),
    env: named(variable, rawText),
    hostname: maybe(label),
    memory: maybe(fc.integer({ min: 1, max: 2 ** 20 })),
    mounts: fc.uniqueArray(fc.constantFrom('', '/data', '/img', '/srv/a b'), { maxLength: 4 }),
  }

  function write(platform: 'kvm' | 'xen', base: string, given: Given): string {
    const options = Object.entries(given.env).map(([name, value]) => `-e ${shell(`${name}=${value}`)}`)
    if (given.hostname !== undefined) options.push(`-N ${given.hostname}`)
    if (given.memory !== undefined) options.push(`-M ${given.memory}`)
    for (const point of given.mounts) options.push(`-b ${shell(point === '' ? 'x.img' : `a,b.img,${point}`)}`)
    const gateways = new Map(given.net.gateways.map((gateway) => [gateway.type, `,${gateway.addr}`]))
    for (const [i, { addrs }] of Object.values(given.net.interfaces).entries()) {
      options.push(`-I tag${i},${base}`)
      for (const { type, method, addr } of addrs) {
        const spec = addr === undefined ? method : `static,${addr}${gateways.get(type) ?? ''}`
        if (addr !== undefined) gateways.delete(type)
        options.push(`-W tag${i},${type},${spec}`)
      }
    }
    return `rumprun ${platform} ${options.join(' ')} -- ${given.argv.map(shell).join(' ')}\n`
  }

  interface Given {
    readonly argv: readonly string[]
    readonly env: Readonly<Record<string, string>>
    readonly hostname: string | undefined
    readonly memory: number | undefined
    readonly mounts: readonly string[]
    readonly net: {
      readonly interfaces: Readonly<
        Record<string, { readonly addrs: readonly { type: string; method: string; addr?: string }[] }>
      >
      readonly gateways: readonly { type: string; addr: string }[]
    }
  }

  const documentOf = ({ argv, env, hostname, memory, net }: Given, blk: object, mount: object) => {
    return {
      rc: [{ bin: '*', argv }],
      env,
      hostname,
      net,
      blk,
      mount,
      memory: memory === undefined ? undefined : `${memory}M`,
    }
  }
  const mounted = (points: readonly string[], device: (index: number) => string) =>
    Object.fromEntries(
      points.flatMap((point, i) => (point === '' ? [] : [[point, { source: 'blk', path: device(i) }]])),
    )

  it('reads as what it says, for QEMU', () => {
    fc.assert(
      fc.property(fc.record({ ...common, net: network('vioif', false) }), (record) => {
        const given = record as unknown as Given
        const mount = mounted(given.mounts, (i) => `/dev/ld${i}a`)
        const document = documentOf(given, {}, mount)
        assert.deepEqual(
          sorted(imported(write('kvm', 'vioif', given), 'rumprun-command')),
          sorted(plain(read(document).document)),
        )
      }),
      RUNS,
    )
  })

  it('reads as what it says, for Xen', () => {
    fc.assert(
      fc.property(fc.record({ ...common, net: network('xenif', true) }), (record) => {
        const given = record as unknown as Given
        const names = given.mounts.map((_, i) => `xvd${'abcd'[i]}`)
        const blk = Object.fromEntries(names.map((name) => [name, { type: 'etfs', path: `blkfront:${name}` }]))
        const mount = { ...mounted(given.mounts, (i) => `/dev/${names[i]}`), '/kern': { source: 'kernfs' } }
        const document = documentOf(given, blk, mount)
        assert.deepEqual(
          sorted(imported(write('xen', 'xenif', given), 'rumprun-command')),
          sorted(plain(read(document).document)),
        )
      }),
      RUNS,
    )
  })
})

describe('an xl.cfg', () => {
  const write = (extra: string, memory: number): string =>
    `name = "x"\nkernel = '/x'\nmemory = ${memory}\nextra = "${extra.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')}"\n`
  const memory = fc.integer({ min: 1, max: 2 ** 20 })

  it('reads back the words of MirageOS', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .filter((text) => !text.startsWith('-') && !text.includes('\0'))
    const document = fc
      .record({
        argv: fc.array(word, { maxLength: 4 }),
        hostname: maybe(label),
        addrs: fc.tuple(maybe(inet), maybe(inet6)),
        routed: fc.boolean(),
        name: fc.constantFrom('service', 'inner'),
        logs: fc.array(fc.constantFrom('*:info', 'tcp:debug', 'error'), { maxLength: 3 }),
        nameservers: fc.array(fc.ipV4(), { maxLength: 3 }),
        memory,
      })
      .map(({ argv, hostname, addrs, routed, name, logs, nameservers, ...rest }) => {
        const own = addrs.flatMap((addr) => (addr === undefined ? [] : [fixed(addr)]))
        const there = own.length > 0
        return {
          document: {
            rc: argv.length === 0 ? [] : [{ bin: '*', argv: ['mirage', ...argv] }],
            hostname,
            net: {
              interfaces: there ? { [name]: { addrs: own } } : {},
              gateways: gatewaysFor(own, routed),
              dns: { nameservers },
            },
            mirage: { logs, prefixes: there && name === 'inner' ? { inner: 'inner' } : {} },
            memory: `${rest.memory}M`,
          },
          memory: rest.memory,
        }
      })
    fc.assert(
      fc.property(document, (given) => {
        const extra = render('mirage', given.document)
        // A guest of rumprun's, or of Linux's, would be taken for that.
        const { document: back } = importConfig(bytesOf(write(extra, given.memory)), 'xl', {
          file: 'x.xl',
          guest: 'mirage',
        })
        assert.deepEqual(sorted(plain(read(back).document)), sorted(plain(read(given.document).document)))
      }),
      RUNS,
    )
  })

  it('reads back the line of a Linux', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .filter((text) => !/["\p{Cc}]/u.test(text) && text !== '--')
    const document = fc
      .record({
        bin: fc.constantFrom('*', '/bin/app', '/sbin/init'),
        argv: fc.array(word, { maxLength: 4 }),
        env: named(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,6}$/), word),
        hostname: maybe(label),
        addr: maybe(fc.oneof(inet.map(fixed), fc.constant({ type: 'inet', method: 'dhcp' }))),
        routed: fc.boolean(),
        nameservers: fc.array(fc.ipV4(), { maxLength: 2 }),
        root: fc.constantFrom(
          { source: 'initrd' },
          { source: 'nfs', server: '10.0.0.5', path: '/export/a b' },
          { source: '9pfs', path: 'fs0' },
          { source: 'virtiofs', path: 'fs0' },
          { source: 'blk', path: '/dev/vda' },
          { source: 'blk', path: '/dev/vda', options: { fstype: 'ext4', readOnly: true } },
        ),
        parameters: fc.array(fc.constantFrom('quiet', 'console=hvc0', 'foo.bar="x', 'panic=-1'), { maxLength: 2 }),
        memory,
      })
      .map(({ bin, argv, env, hostname, addr, routed, nameservers, root, parameters, ...rest }) => {
        const first = bin === '*' ? 'init' : bin
        const program = argv.length === 0 ? { bin } : { bin, argv: [first, ...argv] }
        // That an archive is the root is said with the name of init alone.
        const silent = root.source === 'initrd' && bin === '*'
        const remote = root.source === 'nfs'
        return {
          document: {
            rc: bin === '*' && argv.length === 0 ? [] : [program],
            env,
            hostname,
            net:
              addr === undefined
                ? {}
                : {
                    interfaces: { eth0: { addrs: [addr] } },
                    gateways: gatewaysFor([addr], routed),
                    dns: { nameservers },
                    mount: remote ? { '/': root } : {},
                  },
            mount: silent || remote ? {} : { '/': root },
            linux: { parameters: parameters.filter((each) => !each.includes('"')) },
            memory: `${rest.memory}M`,
          },
          memory: rest.memory,
        }
      })
    fc.assert(
      fc.property(document, (given) => {
        const text = write(render('linux', given.document), given.memory)
        const { document: back } = importConfig(bytesOf(text), 'xl', { file: 'x.xl', guest: 'linux' })
        assert.deepEqual(plain(read(back).document), plain(read(given.document).document))
      }),
      RUNS,
    )
  })
})

describe('the words that a guest finds', () => {
  const any = fc.string({
    unit: fc.oneof(
      fc.constantFrom(' ', '\\', '"', "'", '[', ']', '=', '\n', '\t', '-'),
      fc.constantFrom('a', 'é', '\u{1f6a2}'),
    ),
    minLength: 1,
    maxLength: 8,
  })

  it('are those of the document, for MirageOS', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), (argv) => {
        assert.deepEqual(splitMirage(render('mirage', { rc: [{ bin: '*', argv: ['app', ...argv] }] })), argv)
      }),
      RUNS,
    )
  })

  it('are those of the document, for Unikraft, and so are variables and mounts', () => {
    fc.assert(
      fc.property(
        fc.array(any, { maxLength: 5 }),
        named(variable, any),
        fc.constantFrom('a', 'a b', "a'b"),
        (argv, env, tag) => {
          const mount = { '/': { source: 'initrd' }, '/m': { source: '9pfs', path: tag }, '/tmp': { source: 'tmpfs' } }
          const line = readUnikraft(render('unikraft', { rc: [{ bin: '*', argv: ['app', ...argv] }], env, mount }))
          assert.equal(line.name, 'app')
          assert.deepEqual(line.words, argv)
          const values = Object.entries(env).map(([name, value]) => `${name}=${value}`)
          assert.deepEqual((line.parameters['env.vars'] ?? []).toSorted(), values.toSorted())
          assert.deepEqual(line.parameters['vfs.fstab'], [
            'initrd0:/:extract::ramfs=1:',
            `${tag}:/m:9pfs:::mkmp`,
            ':/tmp:ramfs:::mkmp',
          ])
        },
      ),
      RUNS,
    )
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { UsageError } from '../base/errors.ts'
import { netOptions, parseBlockFlag, parseNetFlag } from './flag.ts'
import { PLAIN_USER_LINE } from './user-line.ts'
import { MAX_MTU, MIN_MTU, SECTOR_SIZES } from './wire.ts'

const ORIGIN = { layer: 'command line' } as const
const net = (text: string) => parseNetFlag(text, ORIGIN)
const block = (text: string) => {
  const wire = parseBlockFlag(text, ORIGIN)
  assert.ok(wire.medium === 'disk', 'a disk')
  return wire
}

type Refused = readonly [why: string, text: string, message: RegExp]

function refuses(parse: (text: string) => unknown, cases: readonly Refused[]): void {
  for (const [why, text, message] of cases) {
    it(`refuses ${why}`, () => {
      assert.throws(() => parse(text), { name: 'UsageError', code: 'BAD_ARGUMENT', message })
    })
  }
}

describe('parseNetFlag()', () => {
  it('reads a TAP interface', () => {
    const wire = { type: 'net', device: 'service', mac: undefined, mtu: undefined, share: false, origin: ORIGIN }
    assert.deepEqual(net('service=tap:tap0'), { ...wire, carrier: { kind: 'tap', interface: 'tap0' } })
  })

  it('reads a descriptor and a socket', () => {
    assert.deepEqual(net('a=fd:3').carrier, { kind: 'descriptor', descriptor: 3 })
    assert.deepEqual(net('a=fd:1023').carrier, { kind: 'descriptor', descriptor: 1023 })
    assert.deepEqual(net('a=unix:/run/a=b:c.sock').carrier, { kind: 'unix', path: '/run/a=b:c.sock' })
  })

  it('reads every option, in any order', () => {
    const { mac, mtu, share } = net('a=unix:x,share,mtu=9000,mac=02:00:00:00:00:0A')
    assert.deepEqual([mac, mtu, share], ['02:00:00:00:00:0a', 9000, true])
  })

  it('takes two commas as one that belongs to the path', () => {
    assert.deepEqual(net('a=unix:x,,y,,,mtu=100').carrier, { kind: 'unix', path: 'x,y,' })
  })

  refuses(net, [
    ['a flag without a wire', 'service', /"service": nothing is wired/],
    ['a flag without a device', '=tap:tap0', /letters and digits/],
    ['a name that no manifest has', 'a-b=tap:tap0', /letters and digits/],
    ['a name with an escape sequence in it', 'a\u001b=tap:tap0', /"a\\u001b"/],
    ['no carrier', 'a=', /neither user nor tap/],
    ['a carrier without its colon', 'a=tap', /neither user nor tap/],
    ['an unknown carrier', 'a=bridge', /"bridge" is neither user/],
    ['a network of ours with a colon', 'a=user:', /"user:" is neither user/],
    ['an interface without a name', 'a=tap:', /name of an interface/],
    ['an interface of 16 characters', 'a=tap:abcdefghijklmnop', /name of an interface/],
    ['an interface with a slash', 'a=tap:../x', /name of an interface/],
    ['an interface that would number itself', 'a=tap:tap%d', /name of an interface/],
    ['a standard stream', 'a=fd:2', /"fd:2" is no descriptor/],
    ['a descriptor beyond what processes have', 'a=fd:1024', /"fd:1024" is no descriptor/],
    ['a descriptor that is no number', 'a=fd:0x5', /is no descriptor/],
    ['a socket without a path', 'a=unix:', /the path is empty/],
    ['a socket path that the kernel would cut', `a=unix:/${'x'.repeat(107)}`, /at most 107/],
    ['a socket path of many bytes and few letters', `a=unix:/${'ö'.repeat(54)}`, /at most 107/],
    ['a MAC address of a group', 'a=tap:t,mac=01:00:00:00:00:00', /group/],
    ['an MTU that IPv4 does not allow', 'a=tap:t,mtu=67', /from 68 to 65535/],
    ['an MTU that does not fit its field', 'a=tap:t,mtu=65536', /from 68 to 65535/],
    ['an MTU that is no number', 'a=tap:t,mtu=1e3', /from 68/],
    ['an option that is given twice', 'a=tap:t,mtu=100,mtu=200', /mtu is given twice/],
    ['an option without its value', 'a=tap:t,mtu', /mtu needs a value/],
    ['a switch with a value', 'a=tap:t,share=yes', /share takes no value/],
    ['an option of blocks', 'a=tap:t,ro', /no option "ro"/],
    ['an empty option', 'a=tap:t,', /no option ""/],
  ])

  it('names the option that was probably meant', () => {
    assert.throws(() => net('a=tap:t,mtx=100'), { advice: 'did you mean mtu?' })
    assert.throws(() => net('a=user,no-internett'), { advice: 'did you mean no-internet?' })
    assert.throws(() => net('a=usre'), { advice: 'did you mean user?' })
    assert.throws(() => net('a=bridge'), { advice: /^write --net NAME=user,/ })
  })

  it('reads a network of Slipway’s own, whose defaults ask for nothing', () => {
    const wire = { type: 'net', device: 'service', mac: undefined, mtu: undefined, share: false, origin: ORIGIN }
    assert.deepEqual(net('service=user'), { ...wire, carrier: PLAIN_USER_LINE })
  })

  it('reads every option of such a network', () => {
    const text =
      'a=user,subnet=10.1.0.0/16,allow=169.254.169.254,allow=10.2.0.0/24,allow-host-loopback,no-internet,no-host,' +
      'mtu=576,mac=02:00:00:00:00:0a,pcap=a,,b.pcap,rate=1.5M,delay=20ms,loss=0.5%'
    const { carrier, mac, mtu } = net(text)
    assert.deepEqual([mac, mtu], ['02:00:00:00:00:0a', 576])
    assert.deepEqual(carrier, {
      kind: 'user',
      subnet: { address: 0x0a010000, prefix: 16 },
      allow: [
        { address: 0xa9fea9fe, prefix: 32 },
        { address: 0x0a020000, prefix: 24 },
      ],
      allowHostLoopback: true,
      internet: false,
      host: false,
      pcap: 'a,b.pcap',
      rate: 1_500_000,
      delay: 20,
      loss: 0.005,
      publish: [],
    })
  })

  refuses(net, [
    ['a subnet that is none', 'a=user,subnet=10.0/16', /"a": subnet "10.0\/16" is no IPv4 network/],
    ['a subnet with bits behind its prefix', 'a=user,subnet=10.0.2.15/24', /bits behind its prefix/],
    ['a subnet that is too large', 'a=user,subnet=10.0.0.0/8', /not between a \/29 and a \/16/],
    ['a subnet of loopback addresses', 'a=user,subnet=127.0.1.0/24', /no network that hosts can have/],
    ['two subnets', 'a=user,subnet=10.1.0.0/24,subnet=10.2.0.0/24', /subnet is given twice/],
    ['something that is no network to allow', 'a=user,allow=example.org', /allow "example.org" is no IPv4/],
    ['more than can be allowed', `a=user${',allow=10.0.0.1'.repeat(65)}`, /allow is given 65 times/],
    ['a switch with a value', 'a=user,no-internet=yes', /no-internet takes no value/],
    ['a rate without a value', 'a=user,rate', /rate needs a value/],
    ['a rate that is none', 'a=user,rate=fast', /rate "fast" is no number of bits/],
    ['a delay without a unit', 'a=user,delay=20', /delay "20" is not between/],
    ['a loss without its sign', 'a=user,loss=1', /loss "1" is not between/],
    ['a file without a name', 'a=user,pcap=', /the path of pcap is empty/],
    ['an MTU that no lease fits into', 'a=user,mtu=575', /from 576 to 65535/],
    ['sharing', 'a=user,share', /share is an option of sockets/],
    [
      'an option of user networks on another wire',
      'a=tap:t,no-internet',
      /no-internet is an option of a network of Sl/,
    ],
  ])
})

describe('netOptions()', () => {
  it('are all options that a wire takes', () => {
    assert.deepEqual(netOptions('tap:tap0'), ['mac=', 'mtu=', 'share'])
    const values = { mac: '02:00:00:00:00:01', mtu: '1500', subnet: '10.1.0.0/24', allow: '10.2.0.0/24', pcap: 'x' }
    const more: Record<string, string> = { ...values, rate: '10M', delay: '20ms', loss: '1%' }
    const options = netOptions('user').map((option) =>
      option.endsWith('=') ? `${option}${more[option.slice(0, -1)]}` : option,
    )
    assert.equal(net(['a=user', ...options].join(',')).mtu, 1500)
    assert.equal(options.length, 11)
  })
})

describe('parseBlockFlag()', () => {
  it('reads a path', () => {
    assert.deepEqual(block('storage=/srv/disk.img'), {
      type: 'block',
      medium: 'disk',
      device: 'storage',
      path: '/srv/disk.img',
      copiesBaked: false,
      sectorSize: 512,
      readOnly: false,
      share: false,
      origin: ORIGIN,
    })
  })

  it('reads every option, in any order', () => {
    const { sectorSize, readOnly, share } = block('a=x,share,ro,sector=4096')
    assert.deepEqual([sectorSize, readOnly, share], [4096, true, true])
  })

  it('reads what is baked in, and a copy of it', () => {
    const baked = { type: 'block', medium: 'baked', device: 'a', sectorSize: 4096, origin: ORIGIN }
    assert.deepEqual(parseBlockFlag('a=baked:,sector=4096', ORIGIN), baked)
    assert.deepEqual(parseBlockFlag('a=baked:,ro,sector=4096', ORIGIN), baked)
    const { path, copiesBaked, share } = block('a=baked:,copy=/srv/a,,b.img,share')
    assert.deepEqual([path, copiesBaked, share], ['/srv/a,b.img', true, true])
    assert.equal(block('a=./baked:').copiesBaked, false)
  })

  it('takes whatever stands behind the first = as the path, and two commas as one', () => {
    assert.equal(block('a=b=c').path, 'b=c')
    assert.equal(block('a=x,,y').path, 'x,y')
    assert.equal(block('a=tap:tap0').path, 'tap:tap0')
  })

  refuses(block, [
    ['no path', 'a=', /the path is empty/],
    ['a path with a NUL', 'a=x\0y', /contains a NUL/],
    ['a path that was no UTF-8', 'a=x\ufffdy', /UTF-8/],
    ['a path that is too long', `a=${'x'.repeat(4096)}`, /at most 4095/],
    ['a sector that is no power of two', 'a=x,sector=1000', /is none of 512/],
    ['a sector that is too small', 'a=x,sector=256', /is none of 512/],
    ['a sector that does not fit its field', 'a=x,sector=65536', /from 1 to 65535/],
    ['an option of nets', 'a=x,mtu=1500', /no option "mtu"/],
    ['a copy of a file', 'a=x,copy=y', /copy is an option of what is baked in/],
    ['a copy without a path', 'a=baked:,copy=', /the path is empty/],
    ['sharing what is shared anyway', 'a=baked:,share', /can always be shared/],
  ])
})

const device = fc.stringMatching(/^[A-Za-z0-9]{1,67}$/)
const path = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((text) => !/[\0\ufffd]/.test(text))

describe('flags', () => {
  it('mean the same as what they were made from, whatever the path', () => {
    const wire = fc.record({
      device,
      path,
      sector: fc.constantFrom(...SECTOR_SIZES),
      ro: fc.boolean(),
      share: fc.boolean(),
    })
    fc.assert(
      fc.property(wire, ({ device: name, path: file, sector, ro, share }) => {
        const options = [`sector=${sector}`, ...(ro ? ['ro'] : []), ...(share ? ['share'] : [])]
        const found = block([`${name}=${file.replaceAll(',', ',,')}`, ...options].join(','))
        assert.deepEqual(
          [found.device, found.path, found.sectorSize, found.readOnly, found.share],
          [name, file, sector, ro, share],
        )
      }),
    )
    fc.assert(
      fc.property(device, path, fc.integer({ min: MIN_MTU, max: MAX_MTU }), (name, file, mtu) => {
        const found = net(`${name}=unix:${file.replaceAll(',', ',,')},mtu=${mtu}`)
        assert.deepEqual([found.device, found.carrier, found.mtu], [name, { kind: 'unix', path: file }, mtu])
      }),
    )
  })

  it('throw only UsageError, whatever the text', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom('a', '=', ',', ',,', 'tap:', 'fd:', 'unix:', 'mac=', 'mtu=', 'ro', 'share', '9', '\0'),
        fc.constantFrom(
          'a=user',
          ',subnet=',
          ',allow=',
          '10.0.0.0',
          '/24',
          ',rate=',
          ',delay=',
          ',loss=',
          '1',
          '%',
          'ms',
        ),
        fc.string(),
      ),
    )
    fc.assert(
      fc.property(pieces, (list) => {
        for (const parse of [net, block]) {
          try {
            parse(list.join(''))
          } catch (error) {
            assert.ok(error instanceof UsageError, String(error))
            assert.ok(!/[\0-\x1f\x7f-\x9f]/.test(error.message), error.message)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})

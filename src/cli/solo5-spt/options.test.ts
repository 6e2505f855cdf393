import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { parseDeviceOption } from './options.ts'

const [LONGEST, TOO_LONG] = ['n'.repeat(67), 'n'.repeat(68)]

describe('parseDeviceOption()', () => {
  const cases: [option: string, parsed: ReturnType<typeof parseDeviceOption>][] = [
    ['--net:service=tap100', { kind: 'net', device: 'service', target: 'tap100' }],
    ['--net:0=@3', { kind: 'net', device: '0', target: '@3' }],
    [`--net:${LONGEST}=t`, { kind: 'net', device: LONGEST, target: 't' }],
    ['--net:a=a b', { kind: 'net', device: 'a', target: 'a' }],
    ['--net:a= \t\n\v\f\rb', { kind: 'net', device: 'a', target: 'b' }],
    ['--net:a=12345678901234567890', { kind: 'net', device: 'a', target: '1234567890123456789' }],
    ['--net-mac:a=1:02:a:0B:ff:Fe', { kind: 'net-mac', device: 'a', mac: '01:02:0a:0b:ff:fe' }],
    ['--net-mac:a=1:2:3:4:5:6:7', { kind: 'net-mac', device: 'a', mac: '01:02:03:04:05:06' }],
    ['--net-mac:a=1:2:3:4:5:678', { kind: 'net-mac', device: 'a', mac: '01:02:03:04:05:67' }],
    ['--block:storage=/srv/a=b,c', { kind: 'block', device: 'storage', path: '/srv/a=b,c' }],
    ['--block:storage= a\u00a0b c', { kind: 'block', device: 'storage', path: 'a\u00a0b' }],
    [`--block:a=${'p'.repeat(5000)}`, { kind: 'block', device: 'a', path: 'p'.repeat(4096) }],
    ['--block-sector-size:a=4096', { kind: 'block-sector-size', device: 'a', size: 4096 }],
    ['--block-sector-size:a=512junk', { kind: 'block-sector-size', device: 'a', size: 512 }],
    ['--block-sector-size:a=66048', { kind: 'block-sector-size', device: 'a', size: 512 }],
    ['--block-sector-size:a=-65024', { kind: 'block-sector-size', device: 'a', size: 512 }],
    ['--block-sector-size:a=18446744073709552128', { kind: 'block-sector-size', device: 'a', size: 65535 }],
    ['--block-sector-size:a=-18446744073709552128', { kind: 'block-sector-size', device: 'a', size: 65535 }],
    ['--x-exec-heap', { kind: 'exec-heap' }],
    ['--x-exec-heaps', { kind: 'exec-heap' }],
  ]
  for (const [option, parsed] of cases) {
    it(`reads ${option.slice(0, 60)}`, () => assert.deepEqual(parseDeviceOption(option), parsed))
  }

  const others = [
    '--net:=tap0',
    '--net:a=',
    '--net:a= ',
    '--net:a',
    '--net:a-b=tap0',
    `--net:${TOO_LONG}=tap0`,
    '--net=tap0',
    '-net:a=tap0',
    '--net-mac:a=',
    '--net-mac:a=1:2:3:4:5',
    '--net-mac:a=001:2:3:4:5:6',
    '--net-mac:a=1-2-3-4-5-6',
    '--net-mac:a=g:2:3:4:5:6',
    '--block:a=',
    '--block-sector-size:a=',
    '--block-sector-size:a=x',
    '--x-exec-hea',
    '--disk=a',
    '',
  ]
  for (const option of others) {
    it(`does not know ${option.slice(0, 60)}`, () => assert.equal(parseDeviceOption(option), undefined))
  }

  it('reads back any name, and sizes as 16 bits hold them', () => {
    const name = fc.string({ unit: fc.constantFrom(...'ABCyz059'), minLength: 1, maxLength: 67 })
    fc.assert(
      fc.property(name, fc.nat(2 ** 31), (device, size) => {
        const parsed = parseDeviceOption(`--block-sector-size:${device}=${size}`)
        assert.deepEqual(parsed, { kind: 'block-sector-size', device, size: size % 65536 })
      }),
    )
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { UsageError } from '../base/errors.ts'
import { describeListener, parsePublication } from './publish.ts'

const ORIGIN = { layer: 'command line' } as const
const parse = (text: string) => parsePublication(text, '-p', ORIGIN)
const LOCAL = {
  device: undefined,
  protocol: 'tcp',
  address: '127.0.0.1',
  hostPort: 8080,
  guestPort: 80,
  origin: ORIGIN,
}

describe('parsePublication()', () => {
  it('reads two ports, and listens for this machine only', () => {
    assert.deepEqual(parse('8080:80'), LOCAL)
  })

  const cases: readonly (readonly [text: string, edit: object])[] = [
    ['8080:80/tcp', {}],
    ['8080:80/udp', { protocol: 'udp' }],
    ['0:80', { hostPort: 0 }],
    ['0.0.0.0:8080:80', { address: '0.0.0.0' }],
    ['[::]:8080:80/udp', { address: '::', protocol: 'udp' }],
    ['[FD00::1]:8080:80', { address: 'fd00::1' }],
    ['service=8080:80', { device: 'service' }],
    ['service=[::1]:8080:80', { device: 'service', address: '::1' }],
    ['65535:65535', { hostPort: 65535, guestPort: 65535 }],
  ]
  for (const [text, edit] of cases) it(`reads ${text}`, () => assert.deepEqual(parse(text), { ...LOCAL, ...edit }))

  const refused: readonly (readonly [why: string, text: string, message: RegExp, advice?: RegExp])[] = [
    ['nothing', '', /no pair of ports/],
    ['one port', '80', /no pair of ports/, /0:80/],
    ['no port of the guest', '8080:', /no pair of ports/],
    ['no port of the host', ':80', /"" where a port from 0/],
    ['port 0 of the guest', '8080:0', /"0" where a port from 1/],
    ['a port that is none', '65536:80', /"65536" where a port/],
    ['a port with a zero in front', '080:80', /"080" where a port/],
    ['a range', '8080-8090:80', /"8080-8090" where a port/],
    ['a name for an address', 'localhost:8080:80', /"localhost" where an address/],
    ['an IPv6 address without brackets', '::1:8080:80', /"::1" where an address/, /write \[::1\]/],
    ['an IPv4 address with brackets', '[127.0.0.1]:8080:80', /where an address/],
    ['an address with a zone', '[fe80::1%eth0]:8080:80', /where an address/],
    ['a protocol that there is none of', '53:53/sctp', /"sctp" for a protocol/, /write \/tcp or \/udp/],
    ['a mistyped protocol', '53:53/upd', /"upd" for a protocol/, /mean \/udp/],
    ['no protocol behind its slash', '53:53/', /"" for a protocol/],
    ['a device whose name no manifest has', 'a-b=8080:80', /"a-b=8080" where a port/],
    ['an escape sequence', '80\u001b:80', /"80\\u001b" where a port/],
  ]
  for (const [why, text, message, advice = /write/] of refused) {
    it(`refuses ${why}`, () => {
      const isRight = (error: unknown) =>
        error instanceof UsageError && message.test(error.message) && advice.test(error.advice ?? '')
      assert.throws(() => parse(text), isRight)
    })
  }

  it('reads what describeListener() writes, less the protocol in front', () => {
    const port = fc.integer({ min: 1, max: 65535 })
    const address = fc.constantFrom('127.0.0.1', '0.0.0.0', '::', 'fd00::1')
    fc.assert(
      fc.property(address, port, port, fc.constantFrom('tcp', 'udp'), (where, host, guest, protocol) => {
        const text = `${where.includes(':') ? `[${where}]` : where}:${host}:${guest}/${protocol}`
        const found = parse(text)
        assert.equal(describeListener(found), `${protocol} ${text.slice(0, text.lastIndexOf(':'))}`)
      }),
    )
  })

  it('throws only UsageError, whatever the text', () => {
    const piece = fc.oneof(
      fc.constantFrom(':', '/', '=', '[', ']', '80', '0', 'udp', '::', '1.2.3.4', 'a'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          parse(pieces.join(''))
        } catch (error) {
          assert.ok(error instanceof UsageError, String(error))
        }
      }),
      { numRuns: 1000 },
    )
  })
})

// Interfaces that cannot be attached to. The front end tells why before the launcher tries: in the words that go with the errors of the
// system, and with the error that the system really answers with.

import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { guestPath } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { inNamespace } from './_namespace.ts'
import { makePlace, type Place } from './_tender.ts'

let place: Place
beforeAll(() => {
  place = makePlace()
  chmodSync(place.directory, 0o755)
  writeFileSync(join(place.directory, 'attach.py'), ATTACH)
})
afterAll(() => place.remove())

/** Attaches to an interface as the reference does (TUNSETIFF), and says what came of it. With a number: hands the descriptor on. */
const ATTACH = `
import fcntl, os, struct, sys
name, number, *command = sys.argv[1:]
try:
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", name.encode(), 0x1002))
except OSError as error:
    print("answer:", os.strerror(error.errno))
    sys.exit(0)
print("answer: attached", flush=True)
if command:
    os.dup2(tun, int(number), inheritable=True)
    os.execv(command[0], command)
`

const tools = {
  host: ['linux', 'x86-64', 'root'],
  commands: ['unshare', 'mount', 'ip', 'ping', 'python3', 'setpriv'],
} as const
const NET = guestPath('net')

/** What the front end prints, and what the system answers, in the same place; both as one `as` is prefixed to. */
function attempt(setUp: string, as = ''): { status: string; front: string; answer: string } {
  const script = `${setUp}
set +e
${as} python3 attach.py tap100 0
${as} "$@"; echo "ended with $?"`
  const args = [process.execPath, place.tender, '--net:service=tap100', NET, 'limit', '1']
  const { stdout, stderr } = inNamespace(place.directory, script, args)
  const of = (pattern: RegExp): string => pattern.exec(stdout + stderr)?.[1] ?? stdout + stderr
  return {
    status: of(/^ended with (\d+)$/m),
    front: of(/^solo5-spt: Could not attach interface: tap100: (.*)$/m),
    answer: of(/^answer: (.*)$/m),
  }
}

describe('--net:NAME=IFACE', needs(tools), () => {
  const cases: [why: string, setUp: string, as: string, reason: string][] = [
    [
      'that somebody else is attached to',
      'tap tap100 10.0.0.1/24; python3 attach.py tap100 9 /bin/sleep 60 >held & until grep -sq attached held; do sleep 0.02; done',
      '',
      'Device or resource busy',
    ],
    [
      'of another user',
      'tap tap100 10.0.0.1/24; ip link delete tap100; ip tuntap add tap100 mode tap user 4711; ip link set tap100 up',
      'setpriv --bounding-set=-net_admin',
      'Operation not permitted',
    ],
    [
      'of another group',
      'ip tuntap add tap100 mode tap group 4711; ip link set tap100 up',
      'setpriv --bounding-set=-net_admin',
      'Operation not permitted',
    ],
    ['that is a TUN interface', 'ip tuntap add tap100 mode tun; ip link set tap100 up', '', 'Invalid argument'],
    [
      'that has many queues',
      'ip tuntap add tap100 mode tap multi_queue; ip link set tap100 up',
      '',
      'Invalid argument',
    ],
    ['that is a bridge', 'ip link add tap100 type bridge; ip link set tap100 up', '', 'Invalid argument'],
  ]
  for (const [why, setUp, as, reason] of cases) {
    it(`${why} is refused, as by the system`, () => {
      assert.deepEqual(attempt(setUp, as), { status: '1', front: reason, answer: reason })
    })
  }

  it('that is down is refused, before the system is asked', () => {
    const { status, front, answer } = attempt('ip tuntap add tap100 mode tap')
    assert.deepEqual([status, front, answer], ['1', 'Network is down', 'attached'])
  })

  it('that another device has already is refused', () => {
    const script = 'tap tap100 10.0.0.1/24\n"$@"'
    const options = ['--net:service0=tap100', '--net:service1=tap100']
    const args = [process.execPath, place.tender, ...options, guestPath('net-2if')]
    const { status, stderr } = inNamespace(place.directory, script, args)
    assert.equal(status, 1)
    assert.match(
      stderr,
      /^solo5-spt: Could not attach interface: tap100: Device or resource busy\nsolo5-spt: Invalid option/,
    )
  })

  it('of its own is taken without the rights of root', () => {
    const script = `ip tuntap add tap100 mode tap user root; ip address add 10.0.0.1/24 dev tap100; ip link set tap100 up
setpriv --bounding-set=-net_admin "$@" >output 2>&1 & guest=$!
ready
ping -q -c 1 10.0.0.2
wait $guest`
    const args = [process.execPath, place.tender, '--net:service=tap100', NET, 'limit', '1']
    const { status, stdout, stderr } = inNamespace(place.directory, script, args)
    assert.equal(status, 0, stdout + stderr)
  })
})

describe('--net:NAME=@FD', needs(tools), () => {
  it('is a TAP interface that somebody has opened, with its MTU', () => {
    const script = `tap tap100 10.0.0.1/24 1400
python3 attach.py tap100 7 "$@" >output 2>&1 & guest=$!
ready
ping -fq -c 100 10.0.0.2
wait $guest
cat output`
    const args = [process.execPath, place.tender, '--net:service=@7', NET, 'limit', '100']
    const { status, stdout, stderr } = inNamespace(place.directory, script, args)
    assert.equal(status, 0, stdout + stderr)
    assert.match(stdout, /MTU (is )?1400[^]*100 echoes\nSUCCESS/)
  })
})

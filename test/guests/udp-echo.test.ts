// The UDP guest: datagrams of every size, whole and in fragments.

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { needs } from '../support/needs.ts'
import { runStation, STATION_NEEDS } from './_station.ts'

const CLIENT = `
import os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(3)
for size in (0, 1, 100, 1472, 1473, 1480, 5000, 30000, 65507):
    datagram = os.urandom(size)
    client.sendto(datagram, ("10.0.0.2", 7))
    while client.recv(70000) != datagram:  # an answer to an earlier one, which came twice
        pass
    print(size, "came back")
client.sendto(b"quit\\n", ("10.0.0.2", 7))
print(client.recv(100).decode().strip())
`
const EXPECTED = [0, 1, 100, 1472, 1473, 1480, 5000, 30_000, 65_507].map((size) => `${size} came back\n`).join('')

describe('the UDP guest', needs(STATION_NEEDS), () => {
  for (const mtu of [576, 1500, 9000, 65_520]) {
    it(`sends back what comes, in fragments where it must, with an MTU of ${mtu}`, () => {
      const commands = `cat >"$DIR/client.py" <<'EOF'${CLIENT}EOF\npython3 "$DIR/client.py"`
      const { output, guest, ending } = runStation({ guest: 'udp-echo', words: ['--ipv4=10.0.0.2/24'], commands, mtu })
      assert.deepEqual([output, ending], [`${EXPECTED}quit\n`, '0'])
      assert.match(guest, /\n10 datagrams\nSUCCESS\n$/)
    })
  }

  it('puts together fragments that come in another order and twice', () => {
    const commands = `cat >"$DIR/client.py" <<'EOF'${CLIENT}EOF\npython3 "$DIR/client.py"`
    const wire = ['--reorder', '0.3', '--duplicate', '0.05']
    const station = { guest: 'udp-echo', words: ['--ipv4=10.0.0.2/24'], commands, wire }
    const { output, ending } = runStation(station)
    assert.deepEqual([output.startsWith(EXPECTED), ending], [true, '0'], output) // behind that, one more may come twice
  })

  it('says that a port is closed', () => {
    const probe = `
import socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(3)
client.connect(("10.0.0.2", 9))
client.send(b"x")
try:
    client.recv(1)
except ConnectionRefusedError:
    print("refused")
client.sendto(b"quit", ("10.0.0.2", 7))`
    const commands = `cat >"$DIR/client.py" <<'EOF'${probe}\nEOF\npython3 "$DIR/client.py"`
    const { output, ending } = runStation({ guest: 'udp-echo', words: ['--ipv4=10.0.0.2/24'], commands })
    assert.deepEqual([output, ending], ['refused\n', '0'])
  })
})

// The TCP client and the ends of streams, against Linux's TCP and Python's HTTP server.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { needs } from '../support/needs.ts'
import { type Outcome, pattern, runStation, type Station, STATION_NEEDS } from './_station.ts'

const SERVERS = join(import.meta.dirname, 'servers.py')
const WEB = `yes 'a line of a file' | head -c 3000000 >"$DIR/file"
python3 ${SERVERS} web "$DIR/file" >"$DIR/server" 2>&1 & until_said "$DIR/server" READY`
const digest = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')
const FILE = digest('a line of a file\n'.repeat(180_000).slice(0, 3_000_000))
const STATIC = ['--ipv4=10.0.0.2/24', '--ipv4-gateway=10.0.0.1']

const client = (words: readonly string[], more: Partial<Station> = {}): Outcome =>
  runStation({ guest: 'tcp-client', words: [...words, ...STATIC], before: WEB, ...more })

describe('the TCP client', needs(STATION_NEEDS), () => {
  const ways: [why: string, more: Partial<Station>][] = [
    ['', {}],
    [' with an MTU of 65520', { mtu: 65_520 }],
    [' over a bad wire', { wire: '--loss 0.02 --reorder 0.02 --duplicate 0.02 --damage 0.01'.split(' ') }],
  ]
  for (const [why, more] of ways) {
    it(`fetches a file and knows its digest${why}`, () => {
      const { guest, ending } = client(['--fetch=10.0.0.1:8000/file', `--expect=${FILE}`], more)
      assert.match(guest, new RegExp(`^status 200\\n3000000 bytes, SHA-256 ${FILE}\\n\\d+ ms\\nSUCCESS\\n`, 'm'))
      assert.equal(ending, '0')
    })

    it(`sends the pattern${why}`, () => {
      const expected = digest(digest(pattern(2_500_000))) // the server answers with the digest of what it got
      const { guest, ending } = client(['--fetch=10.0.0.1:8000/', '--upload=2500000', `--expect=${expected}`], more)
      assert.match(guest, /^status 200\n2500000 bytes sent\n64 bytes, /m)
      assert.equal(ending, '0')
    })
  }

  const endings: [why: string, words: readonly string[], ending: string, says: RegExp][] = [
    ['a port where nobody listens', ['--fetch=10.0.0.1:8001/'], '2', /10\.0\.0\.1:8001: refused after 0 bytes/],
    ['a station that is not there', ['--fetch=10.0.0.77:80/'], '4', /10\.0\.0\.77:80: unreachable/],
    ['a network that the router does not know', ['--fetch=10.8.0.1:80/'], '4', /10\.8\.0\.1:80: unreachable/],
    ['a body that is shorter than announced', ['--fetch=10.0.0.1:8000/short'], '5', /3000001 bytes were announced/],
    ['an answer that ends in its head', ['--fetch=10.0.0.1:8000/cut'], '7', /status 0/],
    ['another digest', ['--fetch=10.0.0.1:8000/file', `--expect=${digest('')}`], '6', /another digest is expected/],
    ['another status', ['--fetch=10.0.0.1:8000/nothing'], '7', /status 404/],
    ['a name that nobody resolves', ['--fetch=www.example.org:80/'], '8', /www\.example\.org: no answer/],
    ['an answer byte by byte', ['--fetch=10.0.0.1:8000/slow', `--expect=${digest('0123456789')}`], '0', /\n10 bytes/],
  ]
  for (const [why, words, ending, says] of endings) {
    it(`tells by its status of ${why}`, () => {
      const unreachable = `${WEB}; sysctl -qw net.ipv4.ip_forward=1; ip route add unreachable 10.8.0.0/16`
      const outcome = client(words, { before: unreachable })
      assert.deepEqual([outcome.ending, says.test(outcome.guest)], [ending, true], outcome.guest)
    })
  }

  it('tells by its status that nothing answers', () => {
    const drop = 'sysctl -qw net.ipv4.ip_forward=1; ip route add blackhole 10.9.0.0/16'
    const { guest, ending } = client(['--fetch=10.9.0.1:80/', '--patience=2'], { before: drop })
    assert.deepEqual([ending, guest.includes('10.9.0.1:80: timed out')], ['3', true], guest)
  })

  it('tries many addresses and says of each what came of it', () => {
    const before = `${WEB}; sysctl -qw net.ipv4.ip_forward=1; ip route add unreachable 10.8.0.0/16; ip route add blackhole 10.9.0.0/16`
    const addresses = ['10.0.0.1:8000', '10.0.0.1:8001', '10.0.0.77:80', '10.8.0.1:80', '10.9.0.1:80']
    const many = [...addresses, ...Array.from({ length: 20 }, (_, i) => `10.0.0.1:${9000 + i}`)]
    const { guest, ending } = client([`--try=${many.join(',')}`], { before })
    assert.deepEqual(guest.split('\n').slice(2, -1), [
      '10.0.0.1:8000: connected',
      '10.0.0.1:8001: refused',
      '10.0.0.77:80: unreachable',
      '10.8.0.1:80: unreachable',
      '10.9.0.1:80: timed out',
      ...Array.from({ length: 20 }, (_, i) => `10.0.0.1:${9000 + i}: refused`),
      'SUCCESS',
    ])
    assert.equal(ending, '0')
  })
})

describe('a stream', needs(STATION_NEEDS), () => {
  const LENGTH = 100_000_000
  for (const mtu of [1500, 9000, 65_520]) {
    it(`carries the pattern both ways with an MTU of ${mtu}, whoever connects`, { timeout: 60_000 }, () => {
      const stream = (role: string, server: string): Outcome =>
        runStation({
          guest: 'tcp-stream',
          words: [role, '--connect=10.0.0.1:5001', `--bytes=${LENGTH}`, ...STATIC],
          before: `python3 ${SERVERS} ${server} >"$DIR/server" 2>&1 & server=$!; until_said "$DIR/server" READY`,
          after: 'wait $server; cat "$DIR/server"',
          mtu,
        })
      const out = stream('source', 'pull 5001')
      assert.match(out.output, new RegExp(`^READY\\n${LENGTH} bytes$`, 'm'))
      assert.match(out.guest, new RegExp(`^${LENGTH} bytes sent, 0 received, .*: finished\\nSUCCESS$`, 'm'))
      const back = stream('sink', `push 5001 ${LENGTH}`)
      assert.match(back.output, /^answer b''$/m)
      assert.match(back.guest, new RegExp(`^0 bytes sent, ${LENGTH} received, .*: finished\\nSUCCESS$`, 'm'))
    })
  }

  it('comes back as it was from several connections at once, of which one side is closed first', () => {
    const commands = `cat >"$DIR/client.py" <<'EOF'
import os, socket, threading
def run(results):
    data = os.urandom(3000000)
    connection = socket.create_connection(("10.0.0.2", 7))
    def send():
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    back = b"".join(iter(lambda: connection.recv(65536), b""))
    sender.join()
    results.append(back == data)
results = []
threads = [threading.Thread(target=run, args=(results,)) for _ in range(10)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sum(results), "of 10")
EOF
python3 "$DIR/client.py"`
    const words = ['echo', '--listen=7', '--count=10', ...STATIC]
    const { output, guest, ending } = runStation({ guest: 'tcp-stream', words, commands })
    assert.deepEqual([output, ending, guest.endsWith('SUCCESS\n')], ['10 of 10\n', '0', true], guest)
  })
})

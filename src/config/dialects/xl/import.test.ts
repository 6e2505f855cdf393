import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { plain } from '../plain.ts'
import { importXl, type XlGuest } from './import.ts'

function imported(text: string, guest?: XlGuest) {
  const { document, notices } = importXl(new TextEncoder().encode(text), { file: 'www.xl', guest })
  return { document: plain(document), notices: notices.map(({ line, column }) => `${line}:${column}`) }
}

const words = (...argv: string[]) => ({ rc: [{ bin: '*', argv: ['mirage', ...argv] }] })

const ACCEPTED: [why: string, text: string, meaning: object, notices?: string[], guest?: XlGuest][] = [
  ['nothing', '', {}],
  [
    'what concerns the host alone',
    "name = 'www'\nkernel = 'www.xen'\nvif = [ 'bridge=br0', # a\n]\n",
    {},
    ['1:1', '2:1', '3:1'],
  ],
  ['words of MirageOS', 'extra = "-v one\\\\ two"', words('-v', 'one two')],
  ['words of MirageOS that are empty', 'extra = \'a "" b\'', words('a', 'b'), ['1:3']],
  [
    'a second address of a family as a word',
    "extra = '--ipv4=10.0.0.2/24 --ipv4=10.0.0.3/24'",
    {
      ...words('--ipv4=10.0.0.3/24'),
      net: { interfaces: { service: { addrs: [{ type: 'inet', method: 'static', addr: '10.0.0.2/24' }] } } },
    },
  ],
  ['strings in single quotes and a semicolon', "memory=64; extra='--x'", { ...words('--x'), memory: '64M' }],
  [
    'what the mirage dialect writes',
    "extra = '--ipv4=10.0.0.2/24 --management-ipv6=fd00::2/64 --ipv4-gateway=10.0.0.1 --dns-servers=10.0.0.1 --name=www -l *:info,tcp:debug -- --name=x'",
    {
      rc: [{ bin: '*', argv: ['mirage', '--', '--name=x'] }],
      hostname: 'www',
      net: {
        interfaces: {
          service: { addrs: [{ type: 'inet', method: 'static', addr: '10.0.0.2/24' }] },
          management: { addrs: [{ type: 'inet6', method: 'static', addr: 'fd00::2/64' }] },
        },
        gateways: [{ type: 'inet', addr: '10.0.0.1' }],
        dns: { nameservers: ['10.0.0.1'] },
      },
      mirage: { logs: ['*:info', 'tcp:debug'], prefixes: { management: 'management' } },
    },
  ],
  [
    'options of MirageOS that say no setting',
    "extra = '--ipv4=x --ipv4=10.0.0.2 --ipv6=10.0.0.2/24 --name=a_b -l what --dns-servers=x'",
    words('--ipv4=x', '--ipv4=10.0.0.2', '--ipv6=10.0.0.2/24', '--name=a_b', '-l', 'what', '--dns-servers=x'),
  ],
  ['the second of an option as a word', "extra = '--name=a --name=b'", { ...words('--name=b'), hostname: 'a' }],
  ['JSON of rumprun', `extra = '{"cmdline":"p a"}'`, { rc: [{ bin: '*', argv: ['p', 'a'] }] }],
  ['JSON of rumprun, as asked for', `extra = '{"rc":[{"bin":"p"}]}'`, { rc: [{ bin: 'p' }] }, [], 'rumprun'],
  ['no JSON, as rumprun reads it', "extra = 'x'", { rc: [{ bin: '*', argv: ['rumprun'] }] }, ['1:1'], 'rumprun-legacy'],
  [
    'a Linux',
    "ramdisk = 'i'\nroot = '/dev/xvda1 ro'\nextra = 'console=hvc0 rootfstype=ext4 ip=10.0.0.2::10.0.0.1:255.255.255.0:web:eth0:off:10.0.0.1 init=/bin/app A=1 -- x \"y z\"'",
    {
      rc: [{ bin: '/bin/app', argv: ['/bin/app', 'x', 'y z'] }],
      env: { A: '1' },
      hostname: 'web',
      net: {
        interfaces: { eth0: { addrs: [{ type: 'inet', method: 'static', addr: '10.0.0.2/24' }] } },
        gateways: [{ type: 'inet', addr: '10.0.0.1' }],
        dns: { nameservers: ['10.0.0.1'] },
      },
      mount: { '/': { source: 'blk', path: '/dev/xvda1', options: { fstype: 'ext4', readOnly: true } } },
      linux: { parameters: ['console=hvc0'] },
    },
    ['1:1'],
  ],
  [
    'a Linux without a root of its own',
    "extra = 'console=hvc0 ip=dhcp rw rdinit=/init'",
    {
      rc: [{ bin: '/init' }],
      mount: { '/': { source: 'initrd' } },
      linux: { parameters: ['console=hvc0', 'ip=dhcp'] },
    },
  ],
  ['cmdline, which wins', "cmdline = 'a'\nextra = 'b'\nroot = 'c'", words('a'), ['2:1', '3:1']],
  ['the last of a name', "extra = 'a'\nextra = 'b'", words('b'), ['2:1']],
  ['more than a PV guest gets', `extra = '${'x'.repeat(1024)}'`, words('x'.repeat(1024)), ['1:1']],
  ['as much for a PVH guest', `type = 'pvh'\nextra = '${'x'.repeat(1024)}'`, words('x'.repeat(1024)), ['1:1']],
  ['the most that a PV guest gets', `extra = '${'x'.repeat(1023)}'`, words('x'.repeat(1023))],
]

const REFUSED: [why: string, text: string, code: string, line: number, column: number, guest?: XlGuest][] = [
  ['what is no setting', 'a\nb', 'SYNTAX', 1, 2],
  ['a value that is missing', 'a =', 'SYNTAX', 1, 4],
  ['a string over two lines', "extra = 'a\nb'", 'SYNTAX', 1, 9],
  ['a list that does not end', "vif = [ 'a'", 'SYNTAX', 1, 7],
  ['a list for a string', 'extra = [ "a" ]', 'BAD_VALUE', 1, 9],
  ['an escape that there is not', 'extra = "a\\qb"', 'SYNTAX', 1, 11],
  ['something behind a value', "extra = 'a' 'b'", 'SYNTAX', 1, 13],
  ['an addition', "extra += 'a'", 'SYNTAX', 1, 6],
  ['memory that is none', "memory = '64M'", 'BAD_VALUE', 1, 10],
  ['a quote of MirageOS’s that does not end', `extra = '--x="a'`, 'SYNTAX', 1, 5],
  ['a backslash at the end', "extra = 'a\\\\'", 'SYNTAX', 1, 2],
  ['JSON that rumprun refuses', `extra = '{"bogus":1}'`, 'UNKNOWN_KEY', 1, 2],
]

describe('importXl()', () => {
  for (const [why, text, meaning, notices = [], guest] of ACCEPTED) {
    it(`reads ${why}`, () => assert.deepEqual(imported(text, guest), { document: meaning, notices }))
  }
  for (const [why, text, code, line, column, guest] of REFUSED) {
    it(`refuses ${why}`, () => assert.throws(() => imported(text, guest), { name: 'ConfigError', code, line, column }))
  }
})

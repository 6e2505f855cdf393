import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { plain } from '../plain.ts'
import { importRumprunCommand } from './import.ts'

function imported(text: string) {
  const { document, notices } = importRumprunCommand(new TextEncoder().encode(text), { file: 'run.sh' })
  return { document: plain(document), notices: notices.map(({ column }) => column) }
}

const p = { bin: '*', argv: ['p'] }

/** Every option of the script; the numbers are the columns of what is told. */
const ACCEPTED: [why: string, text: string, meaning: object, notices?: number[]][] = [
  ['a program and its words', 'rumprun kvm ./p one two', { rc: [{ bin: '*', argv: ['./p', 'one', 'two'] }] }],
  ['-- in front of the program', 'rumprun kvm -- p -x', { rc: [{ bin: '*', argv: ['p', '-x'] }] }],
  [
    '-- behind the program, which keeps it',
    'rumprun kvm p -- -x',
    { rc: [{ bin: '*', argv: ['p', '--', '-x'] }] },
    [15],
  ],
  ['words that fall apart', "rumprun kvm p 'a b'", { rc: [{ bin: '*', argv: ['p', 'a', 'b'] }] }, [13]],
  ['words that are unquoted twice', `rumprun kvm p "'a b'"`, { rc: [{ bin: '*', argv: ['p', 'a b'] }] }, [13]],
  ['options of the script', 'rumprun -DS -t dir -Tdir kvm p', { rc: [p] }, [9, 9, 16, 20]],
  ['sudo and variables in front', 'A=1 sudo /usr/bin/rumprun kvm p', { rc: [p] }, [1, 5]],
  ['comments and continued lines', '#!/bin/sh\nrumprun kvm \\\n  p # program\n\n', { rc: [p] }],
  ['words over several lines', 'rumprun kvm a\\\nb "c\\\nd"', { rc: [{ bin: '*', argv: ['ab', 'cd'] }] }],
  [
    'a second interface of Xen, whose name the script knows',
    'rumprun xen -I a,xenif -I b,xenif p',
    {
      rc: [p],
      net: { interfaces: { xenif0: { create: true }, xenif1: { create: true } } },
      mount: { '/kern': { source: 'kernfs' } },
    },
  ],
  ['a variable', 'rumprun kvm -e A=1 -eB=2 p', { rc: [p], env: { A: '1', B: '2' } }],
  ['a variable with a comma', 'rumprun kvm -e A=1,2 p', { rc: [p], env: { A: '1,2' } }, [16]],
  [
    'a variable with a comma for Xen',
    'rumprun xen -e A=1,2 p',
    { rc: [p], env: { A: '1,2' }, mount: { '/kern': { source: 'kernfs' } } },
  ],
  ['memory and name', 'rumprun hvf -M 128 -N web p', { rc: [p], hostname: 'web', memory: '128M' }],
  ['what the host does', "rumprun qemu -ip -D 1234 -g '-vnc :1' p", { rc: [p] }, [14, 14, 21, 29]],
  [
    'what the host does on Xen',
    'rumprun xen -d -i -p -D 1 p',
    { rc: [p], mount: { '/kern': { source: 'kernfs' } } },
    [13, 16, 19, 25],
  ],
  [
    'disks of QEMU by number',
    'rumprun kvm -b a.img -b b,c.img,/data p',
    { rc: [p], mount: { '/data': { source: 'blk', path: '/dev/ld1a' } } },
    [16, 25],
  ],
  [
    'disks of Xen',
    'rumprun xen -b a.img -b b.img,/data p',
    {
      rc: [p],
      blk: { xvda: { type: 'etfs', path: 'blkfront:xvda' }, xvdb: { type: 'etfs', path: 'blkfront:xvdb' } },
      mount: { '/data': { source: 'blk', path: '/dev/xvdb' }, '/kern': { source: 'kernfs' } },
    },
    [16, 25],
  ],
  [
    'disks as files',
    'rumprun iso -b a.img -b dir/b.img,/data -N app p',
    {
      rc: [p],
      hostname: 'app',
      blk: { vnd0: { type: 'vnd', path: 'images/b.img' } },
      mount: { '/data': { source: 'blk', path: '/dev/vnd0d' } },
    },
    [16, 25, 44],
  ],
  [
    'interfaces of QEMU, the second by its right name',
    "rumprun kvm -I a,vioif,'-net tap' -W a,inet,dhcp -I b,vioif -W b,inet,static,10.0.0.2/24,10.0.0.1 -W b,inet6,auto p",
    {
      rc: [p],
      net: {
        interfaces: {
          vioif0: { addrs: [{ type: 'inet', method: 'dhcp' }] },
          vioif1: {
            addrs: [
              { type: 'inet', method: 'static', addr: '10.0.0.2/24' },
              { type: 'inet6', method: 'auto' },
            ],
          },
        },
        gateways: [{ type: 'inet', addr: '10.0.0.1' }],
      },
    },
    [16, 53],
  ],
  [
    'interfaces of Xen',
    'rumprun xen -I a,xenif -W a,inet6,static,fd00::2/64,fd00::1 p',
    {
      rc: [p],
      net: {
        interfaces: { xenif0: { create: true, addrs: [{ type: 'inet6', method: 'static', addr: 'fd00::2/64' }] } },
        gateways: [{ type: 'inet6', addr: 'fd00::1' }],
      },
      mount: { '/kern': { source: 'kernfs' } },
    },
  ],
  [
    'the old way to say an interface',
    'rumprun kvm -n inet,dhcp p',
    { rc: [p], net: { interfaces: { vioif0: { addrs: [{ type: 'inet', method: 'dhcp' }] } } } },
  ],
  [
    'EC2',
    'rumprun ec2 -I a,xenif -W a,inet,dhcp p',
    { rc: [p], net: { interfaces: { xenif0: { create: true, addrs: [{ type: 'inet', method: 'dhcp' }] } } } },
  ],
]

const REFUSED: [why: string, text: string, code: string, line: number, column: number][] = [
  ['an empty text', '', 'SYNTAX', 1, 1],
  ['another command', 'xl create x', 'BAD_VALUE', 1, 1],
  ['help', 'rumprun -h', 'BAD_VALUE', 1, 9],
  ['an option of the script that there is not', 'rumprun -x kvm p', 'UNKNOWN_KEY', 1, 9],
  ['an option that there is not', 'rumprun kvm -x p', 'UNKNOWN_KEY', 1, 13],
  ['an option without its value', 'rumprun kvm -e', 'SYNTAX', 1, 13],
  ['no platform', 'rumprun', 'SYNTAX', 1, 8],
  ['a platform that there is not', 'rumprun vmware p', 'BAD_VALUE', 1, 9],
  ['no program', 'rumprun kvm', 'SYNTAX', 1, 12],
  ['an empty program', "rumprun kvm ''", 'BAD_VALUE', 1, 13],
  ['-d with QEMU', 'rumprun kvm -d p', 'BAD_VALUE', 1, 13],
  ['-g with Xen', 'rumprun xen -g x p', 'BAD_VALUE', 1, 16],
  ['-M with an image', 'rumprun iso -M 64 p', 'BAD_VALUE', 1, 16],
  ['-n with an image', 'rumprun ec2 -n inet,dhcp p', 'BAD_VALUE', 1, 16],
  ['-n and -I', 'rumprun kvm -n inet,dhcp -I a,vioif p', 'BAD_VALUE', 1, 29],
  ['memory that is none', 'rumprun kvm -M 64M p', 'BAD_VALUE', 1, 16],
  ['memory that nobody has', 'rumprun kvm -M 1073741825 p', 'BAD_VALUE', 1, 16],
  ['an eleventh disk of Xen', `rumprun xen ${'-b a '.repeat(11)}p`, 'LIMIT', 1, 66],
  ['a name that is none', 'rumprun kvm -N a_b p', 'BAD_VALUE', 1, 16],
  ['a variable without a value', 'rumprun kvm -e A p', 'BAD_VALUE', 1, 16],
  ['a variable with a quote', `rumprun kvm -e 'A="' p`, 'BAD_VALUE', 1, 16],
  ['a word with a quote', `rumprun kvm p '"'`, 'BAD_VALUE', 1, 15],
  ['a word with an escape that JSON does not have', `rumprun kvm p '\\q'`, 'BAD_VALUE', 1, 15],
  ['a disk without an image', 'rumprun kvm -b ,/data p', 'BAD_VALUE', 1, 16],
  ['an interface without a base', 'rumprun kvm -I a p', 'BAD_VALUE', 1, 16],
  ['a tag given twice', 'rumprun kvm -I a,vioif -I a,vioif p', 'BAD_VALUE', 1, 27],
  ['an address for no interface', 'rumprun kvm -W a,inet,dhcp p', 'BAD_VALUE', 1, 16],
  ['an address of no family', 'rumprun kvm -I a,vioif -W a,ipx,dhcp p', 'BAD_VALUE', 1, 27],
  ['auto for IPv4', 'rumprun kvm -I a,vioif -W a,inet,auto p', 'BAD_VALUE', 1, 27],
  ['an address without its prefix', 'rumprun kvm -I a,vioif -W a,inet,static,10.0.0.2 p', 'BAD_VALUE', 1, 27],
  ['an address of the other family', 'rumprun kvm -I a,vioif -W a,inet6,static,10.0.0.2/24 p', 'BAD_VALUE', 1, 27],
  [
    'a gateway of the other family',
    'rumprun kvm -I a,vioif -W a,inet,static,10.0.0.2/24,fd00::1 p',
    'BAD_VALUE',
    1,
    27,
  ],
  ['a variable of the shell', 'rumprun kvm $APP', 'SYNTAX', 1, 13],
  ['a variable in quotes', 'rumprun kvm "$APP"', 'SYNTAX', 1, 14],
  ['a pipe', 'rumprun kvm p | cat', 'SYNTAX', 1, 15],
  ['a pattern', 'rumprun kvm *.bin', 'SYNTAX', 1, 13],
  ['a home directory', 'rumprun kvm ~/p', 'SYNTAX', 1, 13],
  ['a quote that does not end', "rumprun kvm 'p", 'SYNTAX', 1, 13],
  ['a double quote that does not end', 'rumprun kvm "p', 'SYNTAX', 1, 13],
  ['a backslash at the end', 'rumprun kvm p\\', 'SYNTAX', 1, 14],
  ['a second command', 'rumprun kvm p\nrumprun kvm q', 'SYNTAX', 2, 1],
]

describe('importRumprunCommand()', () => {
  for (const [why, text, meaning, notices = []] of ACCEPTED) {
    it(`reads ${why}`, () => assert.deepEqual(imported(text), { document: meaning, notices }))
  }
  for (const [why, text, code, line, column] of REFUSED) {
    it(`refuses ${why}`, () => assert.throws(() => imported(text), { name: 'ConfigError', code, line, column }))
  }
})

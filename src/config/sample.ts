// A document with everything in it, which tests spoil.

import type { JsonValue } from '../base/json.ts'

export const SAMPLE: JsonValue = {
  schema: 'slipway.config',
  schemaVersion: 1,
  rc: [
    { bin: 'init', argv: ['init', '--once'], runmode: '|' },
    { bin: 'shop', workdir: '/data', netbsd: { sysctl: { 'rlimit.descriptors.soft': 'unlimited', c: true } } },
  ],
  env: { LANG: 'C', TOKEN: { $secret: 'env:SHOP_TOKEN' }, KEY: { $secret: 'file:/run/key' } },
  hostname: 'shop',
  net: {
    interfaces: {
      service: {
        addrs: [
          { type: 'inet', method: 'static', addr: '10.0.0.2/24' },
          { type: 'inet6', method: 'auto' },
        ],
      },
      xenif0: { create: true, addrs: [{ type: 'inet', method: 'dhcp' }] },
    },
    gateways: [{ type: 'inet', addr: '10.0.0.1' }, { addr: 'fd00::1' }],
    dns: { nameservers: ['1.1.1.1', '2606:4700::1111'], search: ['example.org'] },
    mount: { '/home': { source: 'nfs', server: 'files.example.org', path: '/export/home' } },
  },
  blk: { vnd0: { type: 'vnd', path: '/data/images/a.iso' }, xbd0: { type: 'etfs', path: 'blkfront:xvda' } },
  mount: {
    '/img': { source: 'blk', path: '/dev/vnd0d', options: { fstype: 'cd9660', readOnly: true } },
    '/data': { source: 'blk', path: '/dev/xbd0', order: -1 },
    '/tmp': { source: 'tmpfs', options: { size: '64M' } },
    '/kern': { source: 'kernfs' },
    '/share': { source: '9pfs', path: 'fs0' },
  },
  netbsd: { sysctl: { 'kern.somaxconn': 128 } },
  mirage: { logs: ['*:info', 'debug'], prefixes: { service: 'front' } },
  linux: { parameters: ['console=ttyS0'] },
  unikraft: { parameters: ['ns16550.early_port=1'] },
  dialect: 'mirage',
  memory: '64M',
}

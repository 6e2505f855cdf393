// The /etc that programs find where nobody gives them one: as little as a C library asks for. Every file can be replaced by a source on top.

import { sourceOf } from '../base/reader.ts'
import { type Directory, type Inode, metadata } from '../files/tree.ts'

const FILES: Readonly<Record<string, string>> = {
  group: 'root:x:0:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
  passwd: 'root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
  protocols: 'ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\n',
  'resolv.conf': '',
  services: 'domain 53/tcp\ndomain 53/udp\nhttp 80/tcp\nhttps 443/tcp\n',
}

const text = (words: string): Inode => ({
  kind: 'file',
  meta: metadata(0o644),
  content: sourceOf(new TextEncoder().encode(words)),
  sparse: false,
})

export const DEFAULT_ETC: Directory = {
  kind: 'directory',
  meta: metadata(0o755),
  entries: new Map([
    [
      'etc',
      {
        kind: 'directory',
        meta: metadata(0o755),
        entries: new Map(Object.entries(FILES).map(([name, words]) => [name, text(words)])),
      },
    ],
  ]),
}

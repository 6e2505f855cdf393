// A header of tar for tests to change: of an empty file called "a".

import type { Header } from '../../src/files/tar/header.ts'

const NONE = new Uint8Array(0)

export const PLAIN_HEADER: Header = {
  name: Uint8Array.of(0x61),
  prefix: NONE,
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  type: '0',
  linkName: NONE,
  major: 0,
  minor: 0,
}

// What of a tree this process can put onto this machine's disk: not everybody may make devices, and some attributes are root's.

import type { Capabilities } from '../../files/losses.ts'
import { MAX_PATH, problemOfName } from '../../files/name.ts'
import { fileCalls } from './read-directory.ts'

/** As a format says it. Owners are not among it: who is not root owns what he makes. */
export function whatCanBeMade(isRoot: boolean): Capabilities {
  const hasFfi = fileCalls() !== undefined
  return {
    maxOwner: 2 ** 32 - 1,
    modeOf: ({ meta }) => meta.mode,
    time: { first: Number.NEGATIVE_INFINITY, last: Number.POSITIVE_INFINITY, step: 1 },
    xattr: (name) => hasFfi && (isRoot || name.startsWith('user.') || name.startsWith('system.posix_acl_')),
    symlinks: true,
    hardLinks: true,
    devices: () => hasFfi && isRoot,
    fifos: hasFfi,
    sockets: hasFfi,
    holes: true,
    maxFile: Number.MAX_SAFE_INTEGER,
    anyBytes: true,
    maxPath: MAX_PATH,
    problemOfName,
  }
}

// What tar with pax headers can hold: nearly all there is. Pure.

import { MAX_FILE } from '../budget.ts'
import type { Capabilities } from '../losses.ts'
import { MAX_PATH, problemOfName } from '../name.ts'

/** Bytes of all extended headers of one entry together; GNU tar and Linux's own limits for attributes are lower. */
export const MAX_EXTENDED = 1024 * 1024

export const TAR: Capabilities = {
  maxOwner: 2 ** 32 - 1,
  modeOf: ({ meta }) => meta.mode,
  time: { first: -(2 ** 40), last: 2 ** 40, step: 1 },
  // A keyword ends at the first `=`.
  xattr: (name, length) => !name.includes('=') && length <= 64 * 1024,
  symlinks: true,
  hardLinks: true,
  devices: () => true,
  fifos: true,
  sockets: false,
  holes: true,
  maxFile: MAX_FILE,
  anyBytes: true,
  maxPath: MAX_PATH,
  problemOfName,
}

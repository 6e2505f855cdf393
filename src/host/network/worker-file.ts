// Where the code of the networks' thread is: beside the command's and the library's bundles. From the sources, it is that of the last build,
// because Node.js 20 starts no thread from TypeScript.

import { createRequire } from 'node:module'
import { HostError } from '../../base/errors.ts'

const NAME = 'network-worker.cjs'

/** Throws HostError where it is not there. */
export function workerFile(): string {
  const place = import.meta.url
  const file = place.endsWith('.ts') ? `../../../dist/${NAME}` : `./${NAME}`
  try {
    return createRequire(place).resolve(file)
  } catch (error) {
    throw new HostError('NOT_FOUND', `a part of this program is missing: ${NAME}`, {
      cause: error,
      advice: 'npm run build in a checkout; whoever bundles the library has to put this file of it beside the bundle',
    })
  }
}

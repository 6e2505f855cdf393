// Where the code of the networks' thread is: beside the command's and the library's bundles. From the sources, it is that of the last build,
// because Node.js 20 starts no thread from TypeScript.

import { createRequire } from 'node:module'

const NAME = 'network-worker.cjs'

export function workerFile(): string {
  const place = import.meta.url
  return createRequire(place).resolve(place.endsWith('.ts') ? `../../../dist/${NAME}` : `./${NAME}`)
}

// Where the codecs' bundles are: beside the command's and the library's. From the sources, those of the last build.

import { createRequire } from 'node:module'

export function codecFile(name: 'codecs' | 'compress-worker'): string {
  const place = import.meta.url
  return createRequire(place).resolve(place.endsWith('.ts') ? `../../../dist/${name}.cjs` : `./${name}.cjs`)
}

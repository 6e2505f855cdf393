// Where the codecs' bundles are: beside the command's and the library's. From the sources, those of the last build.

import { createRequire } from 'node:module'
import type { CodecName, PinnedCodec } from './pinned.ts'

export function codecFile(name: 'codecs' | 'compress-worker'): string {
  const place = import.meta.url
  return createRequire(place).resolve(place.endsWith('.ts') ? `../../../dist/${name}.cjs` : `./${name}.cjs`)
}

type Bundle = { readonly loadPinned: (name: CodecName) => Promise<PinnedCodec> }

/** The codec out of its bundle, which is read when the first one is wanted. */
export async function loadCodec(name: CodecName): Promise<PinnedCodec> {
  const { loadPinned } = createRequire(import.meta.url)(codecFile('codecs')) as Bundle
  return await loadPinned(name)
}

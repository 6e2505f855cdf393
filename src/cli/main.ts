// The command's entry. It stays small and loads the rest lazily, because each millisecond here is one before the guest's first line.

import { VERSION } from '../base/version.ts'
import { print } from './output.ts'

const words = process.argv.slice(2)

if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
  print(`slipway ${VERSION}\n`)
} else {
  // Not awaited: CommonJS knows no await at this level, and whatever goes wrong is reported within.
  void loadApp(words[0]).then(({ main }) => main(words))
}

/** The verbs that shall start at once have bundles of their own. */
function loadApp(verb: string | undefined): Promise<{ readonly main: (words: readonly string[]) => Promise<void> }> {
  if (verb === 'run') return import('./run-app.ts')
  if (verb === 'fs') return import('./fs-app.ts')
  return import('./app.ts')
}

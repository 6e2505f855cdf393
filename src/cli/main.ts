// The command's entry. It stays small and loads the rest lazily, because each millisecond here is one before the guest's first line.

import { VERSION } from '../base/version.ts'
import { print } from './output.ts'

const words = process.argv.slice(2)

if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
  print(`slipway ${VERSION}\n`)
} else {
  // Not awaited: CommonJS knows no await at this level, and whatever goes wrong is reported within.
  const app = words[0] === 'run' ? import('./run-app.ts') : import('./app.ts')
  void app.then(({ main }) => main(words))
}

import { defineConfig } from 'vitest/config'
import packageJson from './package.json' with { type: 'json' }
import { SlipwayReporter } from './tools/reporter.ts'

const REAL = 'test/house/**/*.real.test.ts' // real installations; the house's other tests are quick

// Processes, not threads: a mistake in foreign code takes its own file down, not the run. Two, for the two processors that a
// small machine has.
const common = { pool: 'forks', maxWorkers: 2, setupFiles: ['test/support/setup.ts'] }

export default defineConfig({
  define: { __SLIPWAY_VERSION__: JSON.stringify(packageJson.version) },
  test: {
    reporters: [new SlipwayReporter()],
    watch: false,
    projects: [
      {
        extends: true,
        test: {
          ...common,
          name: 'unit',
          include: ['{src,guests,bench,test/house}/**/*.test.ts'],
          exclude: [REAL],
          testTimeout: 30_000, // for one that hangs; a busy machine must not make a slow one fail
          isolate: false, // no unit test changes what another one sees; starting each file afresh takes ten times as long
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'real',
          include: ['test/**/*.test.ts'],
          exclude: ['test/house/**/!(*.real).test.ts'],
          testTimeout: 60_000, // for a guest or an installation that hangs; none takes nearly as long
          hookTimeout: 180_000,
        },
      },
    ],
  },
})

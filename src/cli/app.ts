// The whole command: every verb there is. `slipway run` is parsed by run-app.ts instead, which is quicker to load.

import { buildRouteMap } from '@stricli/core'
import { defineApplication, runApplication } from './application.ts'
import { bakeCommand } from './bake.ts'
import { blockCommands } from './block.ts'
import { complete, COMPLETE_VERB } from './complete.ts'
import { completionCommand } from './completion.ts'
import { configCommands } from './config.ts'
import { composeCommand } from './compose.ts'
import { diffCommand } from './diff.ts'
import { doctorCommand, PROBE_VERB } from './doctor.ts'
import { fsCommands } from './fs.ts'
import { inspectCommand } from './inspect.ts'
import { manifestCommands } from './manifest.ts'
import { planCommand } from './plan.ts'
import { runCommand } from './run.ts'
import { weighCommand } from './weigh.ts'

export const app = defineApplication(
  buildRouteMap({
    routes: {
      run: runCommand,
      plan: planCommand,
      inspect: inspectCommand,
      compose: composeCommand,
      bake: bakeCommand,
      block: blockCommands,
      manifest: manifestCommands,
      config: configCommands,
      fs: fsCommands,
      diff: diffCommand,
      weigh: weighCommand,
      doctor: doctorCommand,
      completion: completionCommand,
    },
    docs: {
      brief: 'Build, inspect, wire, run and ship unikernels',
      fullDescription: [
        'Builds, inspects, wires, runs and ships unikernels.',
        '',
        'Examples',
        '  slipway inspect hello.spt            what it is and needs',
        '  slipway run hello.spt -- one two     run it in its sandbox',
        '  slipway plan hello.spt               what a run would do, step by step',
        '  slipway compose -o hello hello.spt   one executable that needs nothing else',
        '  slipway bake web.spt -R site -o s.spt one file with program and files',
        '  slipway block create disk.img 1G     an image for a block device',
        '  slipway config explain hello.spt     what it is told, and who says so',
        '  slipway manifest show hello.spt      the devices that it declares',
        '  slipway fs create -R etc -o r.sqfs   an image of files',
        '  slipway diff old.spt new.spt         what a new version asks for',
        '  slipway weigh shop.spt               where its bytes are',
        '  slipway doctor                       what this machine can do',
        '  slipway help run                     more about a command',
      ].join('\n'),
    },
  }),
)

export async function main(words: readonly string[]): Promise<void> {
  const [verb, ...rest] = words
  if (verb === PROBE_VERB) {
    const { serveProbes } = await import('../host/probes/serve.ts')
    return await serveProbes(rest)
  }
  if (verb === COMPLETE_VERB) return await complete(app, rest)
  await runApplication(app, words)
}

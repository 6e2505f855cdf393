// slipway config render: what a guest receives, to the byte. Reads; starts nothing, looks no secret up.

import { buildCommand } from '@stricli/core'
import { escapeControls } from '../base/quote.ts'
import { CARRIERS, PLATFORMS } from '../config/dialects/carriers.ts'
import { writeError } from '../host/streams.ts'
import { type GuestFlags, guestAliases, guestFlags, guestOptions } from './guest-flags.ts'
import { fail, print } from './output.ts'

type RenderFlags = Pick<GuestFlags, 'config' | 'platformConfig' | 'set' | 'env' | 'hostname' | 'for' | 'mem'> & {
  readonly carrier?: (typeof CARRIERS)[number]
  readonly platform?: (typeof PLATFORMS)[number]
  readonly program?: readonly string[]
  readonly kernelPath?: string
  readonly json?: boolean
}

const { config, platformConfig, set, env, hostname, for: dialect, mem } = guestFlags

export const renderCommand = buildCommand({
  docs: {
    brief: 'Print what a guest would receive, to the byte',
    customUsage: ['[FLAGS] [ARTEFACT [-- WORD]...]'],
    fullDescription: [
      'Prints the configuration in the words of one family of guests, as the guest',
      'receives it: nothing is added, not even a line feed. A terminal gets control',
      'characters as escapes. What such a guest cannot be told is refused, with the',
      'file and line that said it. Secrets are not looked up: a word stands for each.',
      '',
      'An ARTEFACT says which family, what starts it, and for Unikraft which',
      'parameters it takes; flags win.',
      '',
      'Examples',
      '  slipway config render --config shop.json shop.spt -- --verbose',
      '  slipway config render --for linux --config shop.json >cmdline',
      '  slipway config render --for rumprun-legacy --carrier cmdline --config a.json',
      '  slipway config render --json --config shop.json shop_qemu-x86_64 | jq .bytes',
    ].join('\n'),
  },
  parameters: {
    flags: {
      config,
      platformConfig,
      set,
      env,
      hostname,
      for: dialect,
      mem,
      carrier: {
        kind: 'enum',
        values: CARRIERS,
        brief: 'How the text gets to the guest',
        optional: true,
      },
      platform: {
        kind: 'enum',
        values: PLATFORMS,
        brief: 'What starts the guest',
        optional: true,
      },
      program: {
        kind: 'parsed',
        parse: String,
        brief: 'A program of a rumprun artefact, in their order',
        placeholder: 'NAME',
        optional: true,
        variadic: true,
      },
      kernelPath: {
        kind: 'parsed',
        parse: String,
        brief: 'What QEMU puts in front of a rumprun command line',
        placeholder: 'PATH',
        optional: true,
      },
      json: {
        kind: 'boolean',
        brief: 'Print text, length and notes (schema/render.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    aliases: { e: guestAliases.e },
    positional: {
      kind: 'array',
      parameter: {
        brief: 'The artefact if there is one, then words for the guest',
        parse: String,
        placeholder: 'ARTEFACT',
      },
    },
  },
  async func({ carrier, platform, program, kernelPath, json, ...flags }: RenderFlags, ...[path, ...args]: string[]) {
    try {
      const { renderConfigOf } = await import('../run/render-config.ts')
      const options = await guestOptions(flags, args)
      const report = renderConfigOf(path, {
        config: options.config,
        args,
        memory: flags.mem,
        carrier,
        platform,
        programs: program,
        kernelPath,
      })
      if (json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(report))
        return
      }
      for (const note of report.notes) writeError(`slipway: ${escapeControls(note)}\n`)
      print(process.stdout.isTTY ? `${escapeControls(report.text, '', '\n\\').trimEnd()}\n` : report.text)
    } catch (error) {
      fail(error, path)
    }
  },
})

// slipway config import: configurations of rumprun's and Xen's as a document of ours. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { writeError } from '../host/streams.ts'
import { fail, print } from './output.ts'

interface ImportFlags {
  readonly from: 'rumprun-legacy' | 'rumprun' | 'rumprun-command' | 'xl'
  readonly guest?: 'rumprun-legacy' | 'rumprun' | 'mirage' | 'linux'
  readonly program?: readonly string[]
  readonly json?: boolean
}

export const importCommand = buildCommand({
  docs: {
    brief: 'Turn a configuration of rumprun’s or Xen’s into a document',
    fullDescription: [
      'Reads what a guest of another tool is configured with, as tolerantly as such',
      'guests do, and prints the document that says the same. What was let pass is',
      'told with its line and column; what those guests stop at is refused.',
      '',
      '  rumprun-legacy   JSON for released rumprun guests',
      '  rumprun          JSON in the last state of rumprun’s specification',
      '  rumprun-command  a command line of the rumprun script',
      '  xl               an xl.cfg: extra, root, cmdline and memory',
      '',
      'Examples',
      '  slipway config import --from rumprun-legacy json.cfg >app.json',
      '  slipway config import --from rumprun --program hello --program httpd c.json',
      "  echo 'rumprun kvm -e A=1 ./hello.bin' |",
      '    slipway config import --from rumprun-command',
      '  slipway config import --from xl --guest mirage --json www.xl | jq .notices',
    ].join('\n'),
  },
  parameters: {
    flags: {
      from: {
        kind: 'enum',
        values: ['rumprun-legacy', 'rumprun', 'rumprun-command', 'xl'],
        brief: 'What the file is',
      },
      guest: {
        kind: 'enum',
        values: ['rumprun-legacy', 'rumprun', 'mirage', 'linux'],
        brief: 'Who reads an xl.cfg’s extra; guessed if not given',
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
      json: {
        kind: 'boolean',
        brief: 'Print document and notices (schema/import.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'What to read, - for standard input', parse: String, placeholder: 'FILE', default: '-' }],
    },
  },
  async func({ from, guest, program, json }: ImportFlags, path: string) {
    try {
      if (guest !== undefined && from !== 'xl') {
        const problem = `--guest is for an xl.cfg, and --from is ${quote(from)}`
        throw new UsageError('BAD_ARGUMENT', problem, 'leave --guest out')
      }
      const { importConfigFile } = await import('../run/import-config.ts')
      const { renderNotices } = await import('../config/dialects/import.ts')
      const { writeJson } = await import('../base/json-text.ts')
      const report = importConfigFile(path, from, { guest, programs: program })
      if (json !== true) writeError(renderNotices(report))
      print(writeJson(json === true ? report : report.document))
    } catch (error) {
      fail(error, path)
    }
  },
})

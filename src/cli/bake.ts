// slipway bake: files, configuration and more programs into an artefact, so that there is one file to hand over.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { writeError } from '../host/streams.ts'
import type { BakeReport } from '../run/bake.ts'
import {
  type FormatFlags,
  formatFlags,
  imageOptions,
  outputFlag,
  type SourceFlags,
  sourceFlags,
  sourceOptions,
} from './fs-flags.ts'
import { fail, print } from './output.ts'
import { type Progress, showProgress } from './progress.ts'

type BakeFlags = FormatFlags &
  SourceFlags & {
    readonly image?: string
    readonly device?: string
    readonly config?: string
    readonly add?: readonly (readonly [name: string, path: string])[]
    readonly program?: string
    readonly strip?: boolean
    readonly output: string
    readonly json?: boolean
  }

const { format: _, ...otherFormatFlags } = formatFlags

export const bakeCommand = buildCommand({
  docs: {
    brief: 'Put files and configuration into an artefact',
    customUsage: ['-o FILE [FLAGS] ARTEFACT'],
    fullDescription: [
      'Writes a new artefact with an image of files behind the program, for one of its',
      'block devices, and a document with what it is told. It runs as before; a run',
      'serves the device from the artefact itself, read-only, where nothing else is',
      'wired to it. Solo5’s own tenders start it as well, and see nothing of it.',
      '',
      'What is there already is kept, or replaced by what has the same name: baking',
      'twice is fine. --strip gives back the artefact as it was, byte for byte. The same',
      'input gives the same bytes.',
      '',
      'Nothing that is baked in ever names a file or a variable of the machine that runs',
      'it, and no secret.',
      '',
      'Examples',
      '  slipway bake web.spt -R site -o shop.spt',
      '  slipway bake web.spt -R etc -R data --config app.json -o shop.spt',
      '  slipway bake db.spt --image seed.ext2 --device storage -o seeded.spt',
      '  slipway bake web.spt --add admin=admin.spt -o both.spt',
      '  slipway bake shop.spt --config other.json -o shop2.spt',
      '  slipway bake shop.spt --strip -o web.spt',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...sourceFlags,
      image: {
        kind: 'parsed',
        parse: String,
        brief: 'An image as it is, instead of -R',
        placeholder: 'IMAGE',
        optional: true,
      },
      device: {
        kind: 'parsed',
        parse: String,
        brief: 'The block device it is for, where there are several',
        placeholder: 'NAME',
        optional: true,
      },
      config: {
        kind: 'parsed',
        parse: String,
        brief: 'What it is told unless somebody says otherwise',
        placeholder: 'FILE',
        optional: true,
      },
      add: {
        kind: 'parsed',
        parse: parseProgram,
        brief: 'One more program beside the artefact’s own',
        placeholder: 'NAME=ARTEFACT',
        optional: true,
        variadic: true,
      },
      program: {
        kind: 'parsed',
        parse: String,
        brief: 'What the artefact’s own program is called',
        placeholder: 'NAME',
        optional: true,
      },
      strip: {
        kind: 'boolean',
        brief: 'Take everything out again',
        optional: true,
        withNegated: false,
      },
      output: outputFlag,
      format: { ...formatFlags.format, brief: 'The format of the image; tar if not given' },
      ...otherFormatFlags,
      json: {
        kind: 'boolean',
        brief: 'Print one JSON document (schema/bake.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    aliases: { R: 'root', o: 'output' },
    positional: { kind: 'tuple', parameters: [{ brief: 'The artefact', parse: String, placeholder: 'ARTEFACT' }] },
  },
  async func(flags: BakeFlags, path: string) {
    try {
      if (flags.strip === true) await takeOut(flags, path)
      else await putIn(flags, path)
    } catch (error) {
      fail(error, path)
    }
  },
})

function parseProgram(text: string): readonly [string, string] {
  const [, name, path] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name !== undefined && path !== undefined) return [name, path]
  throw new UsageError('BAD_ARGUMENT', `--add is ${quote(text)}`, 'write --add NAME=ARTEFACT')
}

/** Flags about files that there are none of would be overlooked otherwise. */
function requireFiles({ root, image, device, defaultEtc, ...others }: BakeFlags): void {
  if (root !== undefined || defaultEtc === true) return
  const { config: _config, add: _add, program: _program, output: _output, json: _json, ...forFiles } = others
  const [flag] = Object.entries(forFiles).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (flag !== undefined && image !== undefined) {
    const problem = 'an image is taken as it is, and flags say how one is made'
    throw new UsageError('BAD_ARGUMENT', problem, 'give -R instead of --image, or leave them out')
  }
  if (flag === undefined && (device === undefined || image !== undefined)) return
  throw new UsageError('BAD_ARGUMENT', 'flags say what becomes of files, and none are given', 'add -R DIRECTORY')
}

async function putIn(flags: BakeFlags, path: string): Promise<void> {
  requireFiles(flags)
  const { root, image, device, config, program, add = [], output } = flags
  const programs = Object.fromEntries(add)
  if (Object.keys(programs).length < add.length) {
    throw new UsageError('BAD_ARGUMENT', '--add gives two programs one name', 'give each a name of its own')
  }
  const { bake } = await import('../run/bake.ts')
  let progress: Progress | undefined
  try {
    const report = await bake(path, output, {
      ...sourceOptions(flags),
      ...imageOptions(flags),
      sources: root,
      image,
      device,
      config,
      programs,
      program,
      note: (line) => writeError(`slipway: ${line}\n`),
      begin: (bytes) => {
        progress = showProgress('baking', () => bytes)
      },
      progress: (bytes) => progress?.advance?.(bytes),
    })
    progress?.finish()
    print(flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : describe(report))
  } finally {
    progress?.finish()
  }
}

async function takeOut({ output, json, strip: _strip, ...others }: BakeFlags, path: string): Promise<void> {
  if (Object.values(others).some((flag) => flag !== undefined)) {
    throw new UsageError('BAD_ARGUMENT', '--strip takes out, other flags put in', 'do one after the other')
  }
  const { strip } = await import('../run/bake.ts')
  const report = await strip(path, output)
  print(json === true ? `${JSON.stringify(report, null, 2)}\n` : `${quote(report.file)}: ${formatSize(report.size)}\n`)
}

function describe({ file, size, parts }: BakeReport): string {
  const lines = parts.map(({ kind, name, format, length }) => {
    const words = [kind, name, format ?? ''].filter((word) => word !== '').join(' ')
    return `  ${words.padEnd(30)} ${formatSize(length)}`
  })
  return `${[`${quote(file)}: ${formatSize(size)}`, ...lines].join('\n')}\n`
}

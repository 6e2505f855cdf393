// slipway weigh: where the bytes of a file are, as a table, a document or a picture. Reads; runs nothing and changes nothing.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { depthFlag } from './depth-flag.ts'
import type { Form } from '../run/weigh-picture.ts'
import { fail, print, styleFor, widthOf } from './output.ts'

type WeighFlags = {
  readonly depth?: number
  readonly all?: boolean
  readonly diff?: string
  readonly svg?: string
  readonly html?: string
  readonly output?: string
  readonly json?: boolean
}

export const weighCommand = buildCommand({
  docs: {
    brief: 'Show where the bytes of an artefact are',
    fullDescription: [
      'Segments, sections, symbols where there are some, notes, what is baked in, and',
      'in images the directories and files: each with its size and its share of the',
      'whole. Every byte is counted once, padding and headers too. In compressed',
      'images a file weighs what it takes in the image.',
      '',
      'Small things are put together; --all shows them. Any file will do that slipway',
      'inspect knows, an image by itself as well.',
      '',
      '--svg and --html write a picture in which areas are sizes: one file that needs',
      'nothing else. In the page a click looks into a box.',
      '',
      '--diff OLD shows what grew and what shrank since another version.',
      '',
      'Examples',
      '  slipway weigh shop.spt',
      '  slipway weigh --all --depth 2 shop.spt',
      '  slipway weigh -o shop.html shop.spt',
      '  slipway weigh --diff shop-1.spt shop-2.spt',
      "  slipway weigh --json shop.spt | jq '.uses'",
    ].join('\n'),
  },
  parameters: {
    flags: {
      depth: depthFlag,
      all: {
        kind: 'boolean',
        brief: 'Show what is small as well',
        optional: true,
        withNegated: false,
      },
      diff: {
        kind: 'parsed',
        parse: String,
        brief: 'Show what has changed since this version',
        placeholder: 'ARTEFACT',
        optional: true,
      },
      svg: {
        kind: 'parsed',
        parse: String,
        brief: 'Write a picture instead; - is standard output',
        placeholder: 'FILE',
        optional: true,
      },
      html: {
        kind: 'parsed',
        parse: String,
        brief: 'Write a page to look around in instead',
        placeholder: 'FILE',
        optional: true,
      },
      output: {
        kind: 'parsed',
        parse: String,
        brief: 'The same by the end of the name; - is a page',
        placeholder: 'FILE',
        optional: true,
      },
      json: {
        kind: 'boolean',
        brief: 'Print one JSON document (schema/weigh.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    aliases: { o: 'output' },
    positional: { kind: 'tuple', parameters: [{ brief: 'The file to weigh', parse: String, placeholder: 'ARTEFACT' }] },
  },
  async func(flags: WeighFlags, path: string) {
    let culprit = path
    try {
      const pictures = picturesOf(flags)
      if (flags.diff !== undefined) {
        if (pictures.length > 0)
          throw new UsageError('BAD_ARGUMENT', '--diff makes no picture', 'leave one of them out')
        return await showDiff(flags.diff, path, flags, (file) => (culprit = file))
      }
      const { weighFile } = await import('../run/weigh.ts')
      const weighed = await weighFile(path)
      if (flags.json === true) {
        const { describeWeighed } = await import('../artefact/weigh/report.ts')
        const { writeJsonTo } = await import('../base/json-text.ts')
        writeJsonTo(describeWeighed(weighed, flags.depth), print)
      }
      for (const { form, file } of pictures) {
        const { draw, writePicture } = await import('../run/weigh-picture.ts')
        if (file === '-') print(draw(weighed, form))
        else writePicture(weighed, form, file)
      }
      if (flags.json === true || pictures.length > 0) return
      const { renderWeighed } = await import('../artefact/weigh/text.ts')
      print(renderWeighed(weighed, textOptions(flags)))
    } catch (error) {
      fail(error, culprit)
    }
  },
})

async function showDiff(
  before: string,
  after: string,
  flags: WeighFlags,
  onError: (file: string) => void,
): Promise<void> {
  const { diffWeights } = await import('../run/weigh.ts')
  const report = await diffWeights(before, after, flags.depth, onError)
  if (flags.json === true) {
    const { writeJson } = await import('../base/json-text.ts')
    print(writeJson(report))
  } else {
    const { renderWeighDiff } = await import('../artefact/weigh/diff-text.ts')
    print(renderWeighDiff(report, textOptions(flags)))
  }
}

type Picture = { readonly form: Form; readonly file: string }

function picturesOf({ svg, html, output }: WeighFlags): readonly Picture[] {
  return [
    ...(svg === undefined ? [] : [{ form: 'svg' as const, file: svg }]),
    ...(html === undefined ? [] : [{ form: 'html' as const, file: html }]),
    ...(output === undefined ? [] : [{ form: formOf(output), file: output }]),
  ]
}

function formOf(file: string): Form {
  if (file === '-') return 'html'
  const end = /\.(svg|html?)$/i.exec(file)?.[1]?.toLowerCase()
  if (end === 'svg') return 'svg'
  if (end !== undefined) return 'html'
  const problem = `--output is ${quote(file)}, which ends neither in .svg nor in .html`
  throw new UsageError('BAD_ARGUMENT', problem, 'give it one of these ends, or write --svg FILE or --html FILE')
}

function textOptions({ depth, all }: WeighFlags) {
  return { depth, all, style: styleFor('stdout'), width: widthOf('stdout') }
}

// slipway manifest new: from manifest.json to what a linker or a compiler takes.

import { buildCommand } from '@stricli/core'
import { fail, print } from './output.ts'

interface NewFlags {
  readonly format: 'object' | 'assembler' | 'c'
  readonly machine: 'x86_64' | 'aarch64' | 'ppc64le'
  readonly output: string
}

export const newCommand = buildCommand({
  docs: {
    brief: 'Turn manifest.json into a note to link into a unikernel',
    fullDescription: [
      'Reads the devices of a manifest.json and writes the note that a tender reads:',
      'as an object file for the linker, or as assembler or C to compile. The section',
      'is .note.solo5.manifest, the symbol __solo5_mft1_note.',
      '',
      'Examples',
      '  slipway manifest new -o manifest.o manifest.json',
      '  slipway manifest new --machine aarch64 -o manifest.o manifest.json',
      '  slipway manifest new --format c -o manifest.c manifest.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      format: {
        kind: 'enum',
        values: ['object', 'assembler', 'c'],
        brief: 'What to write',
        default: 'object',
      },
      machine: {
        kind: 'enum',
        values: ['x86_64', 'aarch64', 'ppc64le'],
        brief: 'The processor of an object file',
        default: 'x86_64',
      },
      output: {
        kind: 'parsed',
        parse: String,
        brief: 'The file to write, - for standard output',
        placeholder: 'FILE',
      },
    },
    aliases: { o: 'output' },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'The manifest.json, - for standard input', parse: String, placeholder: 'SOURCE' }],
    },
  },
  async func({ output, ...options }: NewFlags, source: string) {
    try {
      const { makeManifestNote } = await import('../run/manifest.ts')
      const note = makeManifestNote(source, options)
      if (output === '-') return print(note)
      const { requireOtherFile } = await import('../host/other-file.ts')
      requireOtherFile(output, [source])
      const { writeOutput } = await import('../host/write-output.ts')
      writeOutput(output, note)
    } catch (error) {
      fail(error)
    }
  },
})

// slipway completion: a script that makes a shell complete verbs, flags, values and the devices of the artefact on the line.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { fail, print } from './output.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

type Shell = (typeof SHELLS)[number]

export const completionCommand = buildCommand({
  docs: {
    brief: 'Print a script that makes a shell complete slipway’s lines',
    fullDescription: [
      'Verbs, flags, their values and files are completed, and behind --net and',
      '--block the devices that the artefact on the line declares.',
      '',
      'Examples',
      '  eval "$(slipway completion bash)"                        in ~/.bashrc',
      '  eval "$(slipway completion zsh)"                         in ~/.zshrc, behind compinit',
      '  slipway completion fish > ~/.config/fish/completions/slipway.fish',
    ].join('\n'),
  },
  parameters: {
    flags: {},
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'bash, zsh or fish',
          placeholder: 'SHELL',
          parse: parseShell,
          proposeCompletions: () => SHELLS,
        },
      ],
    },
  },
  async func(_: object, shell: Shell) {
    try {
      const { SCRIPTS } = await import('./completion-scripts.ts')
      print(SCRIPTS[shell])
    } catch (error) {
      fail(error)
    }
  },
})

function parseShell(text: string): Shell {
  const shell = SHELLS.find((known) => known === text)
  if (shell !== undefined) return shell
  throw new UsageError('BAD_ARGUMENT', `there is no script for ${quote(text)}`, `there are ${SHELLS.join(', ')}`)
}

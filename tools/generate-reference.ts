// Makes docs/reference/commands.md out of the command line's own definition: what `--help` prints, for every verb. The gate runs it
// again and compares, so the page cannot fall behind.

import { generateHelpTextForAllCommands } from '@stricli/core'
import { app } from '../src/cli/app.ts'

export function generate(): Map<string, string> {
  const pages = generateHelpTextForAllCommands(app).map(
    ([route, text]) => `## ${route}\n\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`,
  )
  const intro = `# Commands

Generated from the definition of the command line by tools/generate-reference.ts: what \`--help\` prints. Exit statuses: the guest's own; 125 when Slipway
failed before the guest ran; 124 when its time was up; 128 + N when signal N ended it.
`
  return new Map([['docs/reference/commands.md', [intro, ...pages].join('\n')]])
}

// What the verbs called `check` have in common: every file is looked at, whatever is wrong with another, and the status says what was found.

import { fail, print } from './output.ts'

/** Every file could be read, and something in one of them would be refused. */
const EXIT_REFUSED = 1

export type Checked = { readonly accepted: boolean }

/** Prints a document in full for one file, else one on a line for each; or what `render` makes of each report. */
export async function checkFiles<R extends Checked>(
  paths: readonly string[],
  json: boolean,
  check: (path: string) => R,
  render: (report: R) => string,
): Promise<void> {
  const reports = paths.flatMap((path) => {
    try {
      return [check(path)]
    } catch (error) {
      fail(error, path)
      return []
    }
  })
  if (reports.some(({ accepted }) => !accepted)) process.exitCode ??= EXIT_REFUSED
  if (reports.length === 0) return
  if (!json) return print(reports.map(render).join(''))
  const { writeJson, writeJsonLine } = await import('../base/json-text.ts')
  print(reports.map((report) => (reports.length > 1 ? writeJsonLine(report) : writeJson(report))).join(''))
}

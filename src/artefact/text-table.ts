// Tables for people, as the reports share them. Pure.

/** What a renderer sets off, and how: as styleText() of node:util names it. */
export type ReportStyle = (format: 'bold' | 'dim' | 'red' | 'yellow', text: string) => string

export function section(title: string, body: string, style: ReportStyle): string {
  return `\n${style('bold', title)}\n${body}`
}

/** Columns as wide as their widest cell, but for those that end their rows; the first row set off where it is a heading. */
export function table(rows: readonly (readonly string[])[], style: ReportStyle, headed = false): string {
  const widths: number[] = []
  for (const row of rows)
    row.slice(0, -1).forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  return rows
    .map((row, index) => {
      const line = row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()
      return `  ${headed && index === 0 ? style('dim', line) : line}\n`
    })
    .join('')
}

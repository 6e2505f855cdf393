// A bar for long work, on a terminal's standard error; nothing at all where nobody looks.

import { formatSize } from '../base/size.ts'
import { writeError } from '../host/streams.ts'
import { widthOf } from './output.ts'

const WIDTH = 30
const PAUSE = 100 // ms between two pictures
const PATIENCE = 400 // ms before the first: what is quick needs none

export type Progress = {
  /** undefined where nobody looks: then nothing has to be counted. */
  readonly advance: ((bytes: number) => void) | undefined
  readonly finish: () => void
}

const SILENT: Progress = { advance: undefined, finish: () => {} }

/** The same where how much there is comes with each piece: a bar for one thing after the other, each gone when it is done. */
export function showEach(what: string): (done: number, all: number) => void {
  let bar: Progress | undefined
  return (done, all) => {
    bar ??= showProgress(what, () => all)
    if (done < all) return bar.advance?.(done)
    bar.finish()
    bar = undefined
  }
}

/** `totalOf` says how many bytes it will be, and is only asked where somebody looks. */
export function showProgress(what: string, totalOf: () => number): Progress {
  const total = process.stderr.isTTY ? totalOf() : 0
  if (total === 0) return SILENT
  const start = performance.now()
  let [last, shown] = [start + PATIENCE - PAUSE, false]
  return {
    advance: (bytes) => {
      const now = performance.now()
      if (now - last < PAUSE) return
      last = now
      shown = true
      const share = Math.min(1, bytes / total)
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')
      const rate = formatSize(Math.round((bytes / (now - start)) * 1000))
      const percent = `${String(Math.floor(share * 100)).padStart(3)} %`
      writeError(
        `\r\u001b[K${fitting(`${what} ${bar} ${percent}  ${formatSize(bytes)}, ${rate}/s`, `${what} ${percent}`)}`,
      )
    },
    finish: () => {
      if (shown) writeError('\r\u001b[K')
    },
  }
}

/** A line that goes on in the next one could not be taken away again. */
function fitting(long: string, short: string): string {
  return long.length < widthOf('stderr') ? long : short
}

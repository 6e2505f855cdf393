// Tells where a legacy rumprun document has commas and colons that JSON does not have, or lacks those that it has: guests hardly look at
// them (docs/discoveries/rumprun.md). Decides nothing. Pure.

import type { SourceText } from '../source-text.ts'

type State = 'start' | 'key' | 'colon' | 'value' | 'comma'

interface Frame {
  readonly kind: 'object' | 'array' | 'top'
  state: State
}

/** Is told of each thing in the order of the text, and tells the source what is out of order. */
export class Punctuation {
  readonly #source: SourceText
  readonly #frames: Frame[] = [{ kind: 'top', state: 'start' }]

  constructor(source: SourceText) {
    this.#source = source
  }

  open(kind: 'object' | 'array', at: number): void {
    this.value(at, true)
    this.#frames.push({ kind, state: 'start' })
  }

  close(at: number): void {
    const frame = this.#frames.length > 1 ? this.#frames.pop() : undefined
    if (frame?.state === 'comma') this.#source.tolerate(at, 'a comma before the end')
    if (frame?.state === 'key' || frame?.state === 'colon') this.#source.tolerate(at, 'a key without a value')
  }

  comma(at: number): void {
    const frame = this.#top()
    if (frame.state === 'start') this.#source.tolerate(at, 'a comma in front of the first member')
    else if (frame.state !== 'value') this.#source.tolerate(at, 'a comma too many')
    else if (frame.kind === 'top') this.#source.tolerate(at, 'a comma behind the end')
    frame.state = 'comma'
  }

  colon(at: number): void {
    const frame = this.#top()
    if (frame.state !== 'key') this.#source.tolerate(at, 'a colon too many')
    if (frame.kind === 'object') frame.state = 'colon'
  }

  /** A value or a key; `container` where it is an object or an array. */
  value(at: number, container = false): void {
    const frame = this.#top()
    if (frame.kind === 'object' && (frame.state === 'key' || frame.state === 'colon')) {
      if (frame.state === 'key') this.#source.tolerate(at, 'a colon is missing in front of this')
      frame.state = 'value'
      return
    }
    if (frame.state === 'value' && frame.kind !== 'top')
      this.#source.tolerate(at, 'a comma is missing in front of this')
    frame.state = frame.kind === 'object' && !container ? 'key' : 'value'
  }

  #top(): Frame {
    return this.#frames.at(-1) as Frame
  }
}

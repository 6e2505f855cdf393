// Memory that a launcher's setup may write to: buffers that the kernel fills and structures that it changes. It lies at the front of
// the staged pages and is unmapped with them before the guest runs. Pure.

import { roundUp } from '../base/round.ts'
import { pageUp, STAGING } from './address-space.ts'

const ALIGNMENT = 8 // the largest that a system-call structure of ours needs

export class Scratch {
  readonly #parts: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  #size = 0

  /** The address of these bytes, as they are when setup begins. */
  put(bytes: Uint8Array): number {
    const offset = this.#size
    this.#parts.push({ offset, bytes })
    this.#size = roundUp(offset + bytes.length, ALIGNMENT)
    return STAGING + offset
  }

  /** Whole pages: nothing where nothing was put. */
  get bytes(): Uint8Array {
    const bytes = new Uint8Array(pageUp(this.#size))
    for (const part of this.#parts) bytes.set(part.bytes, part.offset)
    return bytes
  }
}

// What every format of files is to the rest: what it can hold, a writer and a reader. A folder for each, and one suite of tests for all
// (test/files). Pure.

import type { Source } from '../base/reader.ts'
import type { Capabilities, Property } from './losses.ts'
import type { ImageOutput } from './output.ts'
import type { Directory } from './tree.ts'

export type WriteOptions = {
  /** What may be lost; anything else that the format cannot hold is refused before a byte is written. */
  readonly allowLoss?: ReadonlySet<Property> | undefined
  /** Called with the bytes of contents so far, now and then. */
  readonly progress?: ((bytes: number) => void) | undefined
}

export type Format = {
  readonly name: string
  readonly capabilities: Capabilities
  /** The same bytes for the same tree and options. Throws ConfigError INEXPRESSIBLE before it writes, and what `output` throws. */
  readonly write: (root: Directory, output: ImageOutput, options?: WriteOptions) => void | Promise<void>
  /** The tree inside; contents are read when they are wanted. Throws FormatError, and nothing else, whatever the bytes are: here, and when contents are read. */
  readonly read: (source: Source) => Directory
}

// Where the operator has said something: what a person reads when two words disagree. Pure.

/** Which layer a wire, or a published port, came from. */
export type WireOrigin =
  | { readonly layer: 'command line' }
  | { readonly layer: 'program' }
  /** Nobody: the artefact brings it along. */
  | { readonly layer: 'baked' }
  | { readonly layer: 'file'; readonly file: string; readonly line: number; readonly column: number }

/** `command line`, `baked`, or the place in a file. */
export function describeOrigin(origin: WireOrigin): string {
  return origin.layer === 'file' ? `${origin.file}:${origin.line}` : origin.layer
}

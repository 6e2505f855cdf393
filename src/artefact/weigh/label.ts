// What a weight is called where people look at it. Names come out of files: nothing of them can act on a terminal. Pure.

import { escapeControls, showName } from '../../base/quote.ts'
import type { Weight } from './weight.ts'

/** Characters of a name that are shown. */
const MAX_SHOWN = 200

/** What kind of thing it is, where that cannot be seen by the name. */
export function labelOf({ kind, name }: Pick<Weight, 'kind' | 'name'>): string {
  switch (kind) {
    case 'segment':
    case 'note':
      return `${kind} ${showShort(name)}`
    case 'directory':
      return `${showShort(name)}/`
    case 'overlap':
      return `(claimed by ${showShort(name)})`
    case 'padding':
    case 'rest':
    case 'tables':
    case 'others':
      return `(${name})`
    case 'whole':
    case 'headers':
    case 'section':
    case 'source':
    case 'symbol':
    case 'baked':
    case 'part':
    case 'file':
      return showShort(name)
    case 'block':
      // Our own words, in which what comes out of the file has been quoted.
      return escapeControls(name, '', '\\')
  }
}

/** No longer than people read. */
export function showShort(name: string): string {
  return showName(name, MAX_SHOWN)
}

// Documents that people write: whole files of text, up to a limit.

import { TextDecoder } from 'node:util'
import { ConfigError } from '../base/errors.ts'
import { formatSize } from '../base/size.ts'
import { openFile } from './files.ts'

/** Throws ConfigError LIMIT for a file of more than `most` bytes, SYNTAX for one that is not UTF-8, HostError for one that cannot be read. */
export function readText(path: string, most: number): string {
  const file = openFile(path, 'give the path of a file with text in it')
  try {
    const { size } = file.source
    const start = { file: path, line: 1, column: 1 }
    if (size > most) {
      throw new ConfigError('LIMIT', start, `has ${formatSize(size)}, at most ${formatSize(most)} are read`)
    }
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(file.source.readAt(0, size))
    } catch (cause) {
      if (cause instanceof TypeError) throw new ConfigError('SYNTAX', start, 'is not valid UTF-8')
      throw cause
    }
  } finally {
    file.close()
  }
}

// A file or a directory of an image, copied to this machine. What is written is the target and nothing else.

import { basename, dirname, join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { PLAIN_DIRECTORY } from '../files/tree.ts'
import { exists, isDirectory } from '../host/files.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { replaceFile } from '../host/replace-file.ts'
import { requireRoom } from '../host/trees/room.ts'
import { writeContents, writeDirectory } from '../host/trees/write-directory.ts'
import { findFile } from './look-inside.ts'
import type { TreeOptions } from './open-tree.ts'
import { splitPart } from './open-part.ts'

/** Throws as `findFile` does, and HostError for what cannot be written. */
export async function copyOut(place: string, target: string, options: TreeOptions = {}): Promise<void> {
  const found = await findFile(place, options)
  try {
    const { inode, path, image } = found
    const name = basename(`/${path}`) === '' ? basename(image) : basename(`/${path}`)
    const output = exists(target) && isDirectory(target) ? join(target, name) : target
    requireOtherFile(output, [splitPart(image).file])
    if (inode.kind === 'directory') return writeDirectory(inode, output, { owners: process.getuid?.() === 0 })
    if (inode.kind !== 'file') {
      throw new UsageError(
        'BAD_ARGUMENT',
        `${quote(`/${path}`)} is a ${inode.kind}`,
        'slurp the directory that it is in',
      )
    }
    requireRoom(
      { ...PLAIN_DIRECTORY, entries: new Map([[name, inode]]) },
      dirname(output),
      `cannot write ${quote(output)}`,
    )
    // Set-user-id bits are for whoever takes a whole tree: a single file that is copied gets none.
    replaceFile(output, inode.meta.mode & 0o777, (descriptor) => writeContents(descriptor, inode))
  } finally {
    found.close()
  }
}

// A file or a directory of an image, copied to this machine. What is written is the target and nothing else.

import { basename, join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { PIECE } from '../files/output.ts'
import { exists, isDirectory } from '../host/files.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { replaceFileSlowly } from '../host/replace-file.ts'
import { FileOutput } from '../host/trees/file-output.ts'
import { writeDirectory } from '../host/trees/write-directory.ts'
import { findFile } from './look-inside.ts'

/** Throws as `findFile` does, and HostError for what cannot be written. */
export async function copyOut(place: string, target: string): Promise<void> {
  const found = await findFile(place)
  try {
    const { inode, path, image } = found
    const name = basename(`/${path}`) === '' ? basename(image) : basename(`/${path}`)
    const output = exists(target) && isDirectory(target) ? join(target, name) : target
    requireOtherFile(output, [image])
    if (inode.kind === 'directory') return writeDirectory(inode, output, { owners: process.getuid?.() === 0 })
    if (inode.kind !== 'file') {
      throw new UsageError(
        'BAD_ARGUMENT',
        `${quote(`/${path}`)} is a ${inode.kind}`,
        'slurp the directory that it is in',
      )
    }
    const { content, meta } = inode
    // Set-user-id bits are for whoever takes a whole tree: a single file that is copied gets none.
    await replaceFileSlowly(output, meta.mode & 0o777, async (descriptor) => {
      const file = new FileOutput(descriptor)
      for (let at = 0; at < content.size; at += PIECE)
        file.write(content.readAt(at, Math.min(PIECE, content.size - at)))
      file.finish()
      await Promise.resolve()
    })
  } finally {
    found.close()
  }
}

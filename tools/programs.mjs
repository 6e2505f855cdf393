// Whether programs are there, found as a shell would find them.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @param {string} name */
export function hasProgram(name) {
  // The system's own folders too: the PATH of an ordinary user often leaves them out.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

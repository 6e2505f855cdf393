// The devices of an artefact that somebody is still typing a command for: whatever is wrong with the file, there is just nothing to propose.

import { readArtefact } from '../artefact/artefact.ts'
import { type Device, isDeviceName } from '../artefact/manifest.ts'
import { openFile } from '../host/files.ts'

/** Only devices whose name can be wired: those names are letters and digits, whatever the file holds. */
export function declaredDevices(path: string): readonly Device[] {
  try {
    const file = openFile(path)
    try {
      return readArtefact(file.source).manifest.devices.filter(({ name }) => isDeviceName(name))
    } finally {
      file.close()
    }
  } catch {
    return []
  }
}

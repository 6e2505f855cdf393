// The rules of the layers over a set of files, given as text so that tests can plant violations.

import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { parseSync } from 'oxc-parser'
import { findCycles } from './cycles.ts'
import { type Imports, importsOf } from './imports.ts'
import type { Node } from './syntax.ts'
import { FOLDERS, type Folder, LIBRARY } from './table.ts'
import { worldlyUses } from './worldly.ts'

export interface Violation {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly message: string
}

type Report = (at: number, message: string) => void

const BUILTINS = new Set(builtinModules)
const IN_TREE = /\.(ts|json)$/ // what a relative import may name

/**
 * Checks TypeScript files against the table.
 * @param files text by path, relative to the root of the repository and with forward slashes
 */
export function checkLayers(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = []
  const graph = new Map<string, ReadonlyMap<string, number>>()
  const reportIn =
    (file: string, text: string): Report =>
    (at, message) =>
      violations.push({ file, ...placeOf(text, at), message })
  for (const [file, text] of files) {
    const report = reportIn(file, text)
    const { program, errors, comments } = parseSync(file, text)
    for (const { message, labels } of errors) report(labels[0]?.start ?? 0, `does not parse: ${message}`)
    const found = importsOf(program as unknown as Node)
    for (const { text: problem, at } of found.obscure) report(at, problem)
    graph.set(file, checkImports(file, found, report))
    if (file !== 'src/index.ts') {
      for (const { at } of found.reExports) report(at, 'exports what another file defines: only src/index.ts does that')
    }
    if (isSource(file) && folderOf(file)?.pure === true) {
      for (const { text: use, at } of worldlyUses(program as unknown as Node)) {
        report(at, `uses ${use}, but src/${folderNameOf(file)} is pure: take it as an argument`)
      }
    }
    for (const { type, value, start } of comments) {
      // `/// <reference types="node" />` would bring Node's types back into the pure half.
      if (type === 'Line' && /^\/\s*<reference\b/.test(value)) report(start, 'has a reference directive')
    }
  }
  for (const [file, next, at] of findCycles(graph)) {
    reportIn(file, files.get(file) ?? '')(at, `imports ${next}, which leads back to this file`)
  }
  return violations
}

/** Reports what is wrong with a file's imports; returns the files it imports, with the offsets. */
function checkImports(file: string, { imports }: Imports, report: Report): Map<string, number> {
  const edges = new Map<string, number>()
  const folder = folderOf(file)
  if (file.startsWith('src/') && folder === undefined)
    report(0, 'lies in no folder of the table in tools/layers/table.ts')
  for (const { text: specifier, at } of imports) {
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(file), specifier)
      edges.set(target, at)
      const problem = relativeProblem(file, target)
      if (problem !== undefined) report(at, problem)
    } else {
      const problem = packageProblem(specifier, isSource(file) ? folder : undefined)
      if (problem !== undefined) report(at, problem)
    }
  }
  return edges
}

function relativeProblem(file: string, target: string): string | undefined {
  if (/\.[cm]?jsx?$/.test(target) && file.startsWith('src/')) return `imports ${target}: name the .ts file`
  if (!/\.\w+$/.test(target)) return `imports ${target} without its extension`
  const isPrivate = posix.basename(target).startsWith('_')
  if (isPrivate && posix.dirname(target) !== posix.dirname(file))
    return `imports ${target}, which is private to its folder`
  if (!file.startsWith('src/')) return undefined
  if (!target.startsWith('src/')) return isTest(file) ? undefined : `imports ${target} from outside of src/`
  if (!IN_TREE.test(target)) return `imports ${target}, which is no source file`
  return arrowProblem(file, target)
}

function arrowProblem(file: string, target: string): string | undefined {
  const folder = folderOf(file)
  const [from, to] = [folderNameOf(file), folderNameOf(target)]
  if (folder === undefined) return undefined // reported once, for the whole file
  if (from !== to)
    return folder.imports.includes(to)
      ? undefined
      : `imports src/${to}, but src/${from} may not: see tools/layers/table.ts`
  if (!folder.divided) return undefined
  const [inner, targetInner] = [innerFolderOf(file), innerFolderOf(target)]
  // What lies directly in a divided folder is shared by its parts, so it knows none of them.
  return targetInner === undefined || targetInner === inner
    ? undefined
    : `imports src/${from}/${targetInner}: the parts of src/${from} stand alone`
}

function packageProblem(specifier: string, folder: Folder | undefined): string | undefined {
  const bare = specifier.replace(/^node:/, '')
  if (specifier.startsWith('node:') || BUILTINS.has(bare)) {
    if (!specifier.startsWith('node:')) return `imports ${specifier}: write node:${specifier}`
    if (folder === undefined || folder.builtins === 'all' || folder.builtins.includes(bare)) return undefined
    return folder.pure
      ? `imports ${specifier}, but this folder is pure`
      : `imports ${specifier}: only src/host touches the machine`
  }
  if (specifier.startsWith('#') || specifier.startsWith('/') || /^\w+:/.test(specifier)) return `imports ${specifier}`
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (folder === undefined || folder.packages.includes(name)) return undefined
  return `imports the package ${name}, which is not in this folder's list in tools/layers/table.ts`
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts')
}

/** Tests beside the source keep to the arrows, but may use what they like of Node.js and of packages. */
function isSource(file: string): boolean {
  return file.startsWith('src/') && !isTest(file)
}

/** `elf` of `src/elf/read.ts`; `index.ts` of the library. */
function folderNameOf(file: string): string {
  return file.split('/')[1] ?? ''
}

function innerFolderOf(file: string): string | undefined {
  const parts = file.split('/')
  return parts.length > 3 ? parts[2] : undefined
}

function folderOf(file: string): Folder | undefined {
  if (file === 'src/index.ts' || file === 'src/index.test.ts') return LIBRARY
  return file.split('/').length > 2 ? FOLDERS.get(folderNameOf(file)) : undefined
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

// Reads the last state of rumprun's own specification (docs/discoveries/rumprun.md) as its guests read it, and tells what it tolerated.
// What a guest stops at is refused. Pure.

import { quote } from '../../../base/quote.ts'
import { fits, HOST_NAME, VARIABLE } from '../../patterns.ts'
import { type Draft, finishDraft, type Imported, type ImportOptions, newDraft } from '../draft.ts'
import { requireRule } from '../rules.ts'
import { requireConfigurationHere, SourceText } from '../source-text.ts'
import { readBlk, readMounts } from './block.ts'
import { expectObject, expectString, ignoreKey, pick, refuseKey } from './expect.ts'
import { type Loose, type LooseMember, readLenient } from './lenient-json.ts'
import { readNet } from './network.ts'
import { type PlacedProgram, readPrograms, requireReader } from './programs.ts'
import { readSysctl } from './sysctl.ts'

const KEYS = ['rc', 'env', 'net', 'blk', 'mount', 'netbsd'] as const

/**
 * The document that says the same. Throws ConfigError at the place of what guests do not accept.
 *
 * @example
 * ```ts
 * const text = new TextEncoder().encode('{ "env": { "A": "1" } "env": { "A": "2" } }')
 * importRumprun(text, { file: 'config.json' }).document.env.get('A') // '2'
 * ```
 */
export function importRumprun(bytes: Uint8Array, { file, programs }: ImportOptions): Imported {
  const source = SourceText.of(bytes, file)
  requireConfigurationHere(source)
  const document = readLenient(source)
  if (document === undefined) source.tolerate(0, 'there is no {, so no configuration; all programs run')
  const draft = newDraft()
  const said: PlacedProgram[] = []
  for (const member of document?.members ?? []) {
    if (member.key === 'rc') said.push(...readPrograms(source, member.value, programs))
    else readMember(source, member, draft)
  }
  requireReader(source, said)
  draft.rc.push(...said.map(({ program }) => program))
  return finishDraft(draft, source)
}

/** Every one of several members with the same key counts. */
function readMember(source: SourceText, member: LooseMember, draft: Draft): void {
  const { value } = member
  switch (KEYS.find((key) => key === member.key)) {
    case 'env':
      return readEnvironment(source, value, draft)
    case 'net':
      return readNet(source, value, draft)
    case 'blk':
      return readBlk(source, value, draft)
    case 'mount':
      return readMounts(source, value, draft)
    case 'netbsd':
      return readKernel(source, value, draft)
    case 'rc': // read before
      return
    case undefined:
      ignoreKey(source, member, KEYS, 'the document')
  }
}

function readEnvironment(source: SourceText, value: Loose, draft: Draft): void {
  for (const { key, keyStart, value: text } of expectObject(source, value, '"env"')) {
    const name = requireRule(source, key, keyStart, VARIABLE, 'the name of a variable')
    if (draft.env.has(name)) source.tolerate(keyStart, `${quote(name)} is set again; the last value counts`)
    draft.env.set(name, expectString(source, text, quote(name)))
  }
}

/** The host name is one of the kernel's nodes there; documents have a key for it. */
function readKernel(source: SourceText, value: Loose, draft: Draft): void {
  const nodes = pick(source, expectObject(source, value, '"netbsd"'), ['sysctl'], '"netbsd"', refuseKey).get('sysctl')
  if (nodes !== undefined) readSysctl(source, nodes, draft.sysctl)
  const name = draft.sysctl.get('kern.hostname')
  if (typeof name !== 'string' || !fits(name, HOST_NAME)) return
  draft.hostname = name
  draft.sysctl.delete('kern.hostname')
}

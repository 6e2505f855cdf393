// A configuration document while an importer puts it together. Pure.

import type { ConfigError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { requireAgreement } from '../agreement.ts'
import {
  type BlockDevice,
  type ConfigDocument,
  type Gateway,
  type InterfaceAddress,
  type Mount,
  type NetMount,
  NO_SETTINGS,
  type Program,
  type Text,
} from '../document.ts'
import { CONFIG_SHAPE } from '../keys.ts'
import { readNode } from '../read-node.ts'
import { inMountOrder } from '../storage.ts'
import { configToJson } from '../write-document.ts'
import type { Notice, SourceText } from './source-text.ts'

/** What an importer returns. */
export interface Imported {
  readonly document: ConfigDocument
  /** What was let pass, and what has no counterpart in a document. */
  readonly notices: readonly Notice[]
}

export interface ImportOptions {
  /** The document's own name, for messages. */
  readonly file: string
  /** Names of the artefact's programs in their order, where they are known. */
  readonly programs?: readonly string[] | undefined
}

export interface Draft {
  readonly rc: Program[]
  readonly env: Map<string, Text>
  hostname: string | undefined
  readonly interfaces: Map<string, { create: boolean; readonly addrs: InterfaceAddress[] }>
  readonly gateways: Gateway[]
  readonly nameservers: string[]
  readonly search: string[]
  readonly blk: Map<string, BlockDevice>
  readonly mount: Map<string, Mount>
  /** Through the network. */
  readonly remote: Map<string, NetMount>
  readonly sysctl: Map<string, string | number | boolean>
  readonly parameters: string[]
  readonly logs: string[]
  readonly prefixes: Map<string, string>
  memory: number | undefined
}

export function newDraft(): Draft {
  return {
    rc: [],
    env: new Map(),
    hostname: undefined,
    interfaces: new Map(),
    gateways: [],
    nameservers: [],
    search: [],
    blk: new Map(),
    mount: new Map(),
    remote: new Map(),
    sysctl: new Map(),
    parameters: [],
    logs: [],
    prefixes: new Map(),
    memory: undefined,
  }
}

/** The interface of that name, which is there from now on. */
export function interfaceOf(
  { interfaces }: Draft,
  name: string,
): { create: boolean; readonly addrs: InterfaceAddress[] } {
  const found = interfaces.get(name) ?? { create: false, addrs: [] }
  interfaces.set(name, found)
  return found
}

/** The document and what was tolerated. Throws ConfigError for settings that contradict each other. */
export function finishDraft(draft: Draft, source: SourceText): Imported {
  const { rc, env, hostname, interfaces, gateways, nameservers, search, blk, mount, sysctl, memory } = draft
  const document: ConfigDocument = {
    ...NO_SETTINGS,
    rc,
    env,
    hostname,
    net: { interfaces, gateways, dns: { nameservers, search }, mount: draft.remote },
    blk,
    mount: inMountOrder(mount, () => 0),
    netbsd: { sysctl },
    linux: { parameters: draft.parameters },
    mirage: { ...NO_SETTINGS.mirage, logs: draft.logs, prefixes: draft.prefixes },
    memory,
  }
  if ([...document.mount.keys()].join('\0') !== [...mount.keys()].join('\0')) {
    source.tolerate(0, 'a file system is mounted in a place that a later one hides; here parents are mounted first')
  }
  const refuse = (key: string, problem: string, advice?: string): never => {
    return source.fail('BAD_VALUE', 0, `${quote(key)} ${problem}`, advice)
  }
  requireReadable(document, source)
  requireAgreement(document, refuse, refuse)
  return { document, notices: source.notices() }
}

/** What guests take and documents do not: a name with a control character in it, more of something than makes sense. */
function requireReadable(document: ConfigDocument, source: SourceText): void {
  const { schema: _, schemaVersion: __, ...settings } = configToJson(document)
  const problems: ConfigError[] = []
  const origin = { layer: 'file', ...source.placeOf(0) } as const
  readNode(CONFIG_SHAPE, settings, [], { originOf: () => origin, problems, nulls: false, secrets: false })
  const [first] = problems
  if (first !== undefined) throw first
}

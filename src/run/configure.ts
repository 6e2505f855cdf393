// What a guest is told, from documents and settings of the operator's to the one string that it gets. A module that only runs with such settings load.

import { ConfigError, SlipwayError } from '../base/errors.ts'
import { renderConfig } from '../config/dialects/render.ts'
import type { ConfigOrigin, DialectName, EffectiveConfig, Secrets } from '../config/document.ts'
import { type ConfigEdit, parseSet, parseVariable } from '../config/edit.ts'
import { effectiveConfig } from '../config/effective.ts'
import { type ConfigLayer, type DocumentLayer, layerOf, parseConfig, parseConfigBytes } from '../config/layer.ts'
import { chooseProgram, requirePrograms, wordsEdit } from '../config/programs.ts'
import { refuseSetting } from '../config/refuse.ts'
import { secretsIn } from '../config/secrets.ts'
import { sizeToText } from '../config/write-document.ts'
import type { GuestConfig, Listener, SecretsUse, Told } from './guest-config.ts'
import { readConfigText } from './read-config.ts'
import { lookUpSecrets } from './secrets.ts'

export type Caller = 'program' | 'command line'

export type ConfigOptions = {
  /** Documents in the order in which later ones win: the path of a file, or an object that is one (docs/spec/config.md). */
  readonly documents?: readonly (string | object)[] | undefined
  /** Single settings, as behind `--set`: `['net.interfaces.service.addrs[0].addr=10.0.0.2/24']`. They win over all documents, as do the next three. */
  readonly set?: readonly string[] | undefined
  /** Variables, as behind `-e`: `['LANG=C', 'TOKEN']`, of which the second is this process's own, and a secret. */
  readonly env?: readonly string[] | undefined
  readonly hostname?: string | undefined
  /** In whose words the guest is told; `mirage` if nobody says anything. */
  readonly dialect?: DialectName | undefined
  /** Who calls, for showing where settings come from: `program` if not given. */
  readonly caller?: Caller | undefined
  /** Words reach the guest unescaped: `--raw-args`. */
  readonly rawArgs?: boolean | undefined
  /** The path of a document of what the guest is started by; it wins over `documents`. */
  readonly platform?: string | undefined
}

const PROGRAM: ConfigOrigin = { layer: 'program' }

/**
 * Reads documents and settings; how they come together and are told is decided when the guest is known. Throws ConfigError with file, line, column and key,
 * HostError for a file that cannot be read.
 *
 * @example
 * ```ts
 * const config = configure({ documents: ['shop.json'], set: ['env.LANG=C'] })
 * await run('shop.spt', { config })
 * ```
 */
export function configure(options: ConfigOptions): GuestConfig {
  const { caller = 'program' } = options
  const originOf = (flag: string): ConfigOrigin => (caller === 'program' ? PROGRAM : { layer: caller, flag })
  const given: Given = { layers: layersOf(options), edits: editsOf(options, originOf), originOf }
  effectiveConfig(given.layers) // what is wrong with documents is wrong whatever the guest; settings may be about what it brings along
  return {
    effective: (listener) => effectiveFor(given, listener),
    program: (listener) => programOf(effectiveFor(given, listener), listener),
    tell: (listener, secrets) => tell(effectiveFor(given, listener), listener, secrets),
  }
}

function editsOf(
  { set = [], env = [], hostname, dialect, rawArgs, caller }: ConfigOptions,
  originOf: Given['originOf'],
) {
  const edits = [...set.map(parseSet), ...env.map(parseVariable)]
  const edit = (key: string, json: string | undefined, flag: string): readonly ConfigEdit[] => {
    return json === undefined ? [] : [{ steps: [key], value: { json }, origin: originOf(flag) }]
  }
  return [
    ...(caller === 'command line' ? edits : edits.map((it) => ({ ...it, origin: PROGRAM }))),
    ...edit('hostname', hostname, '--hostname'),
    ...edit('dialect', dialect, '--for'),
    ...edit('dialect', rawArgs === true ? 'solo5' : undefined, '--raw-args'),
  ]
}

type Given = {
  readonly layers: readonly ConfigLayer[]
  readonly edits: readonly ConfigEdit[]
  readonly originOf: (flag: string) => ConfigOrigin
}

function layersOf({ documents = [], platform }: ConfigOptions): readonly ConfigLayer[] {
  return [
    ...documents.map((it) => (typeof it === 'string' ? readConfig(it, 'file') : layerOf(it, PROGRAM))),
    ...(platform === undefined ? [] : [readConfig(platform, 'platform')]),
  ]
}

function readConfig(path: string, layer: DocumentLayer): ConfigLayer {
  return parseConfig(readConfigText(path), path, layer)
}

/** The memory that a guest gets when nobody says anything is the one default that there is. */
function effectiveFor({ layers, edits, originOf }: Given, listener: Listener): EffectiveConfig {
  const { words = [], program, memory } = listener
  const defaults = layerOf({ memory: sizeToText(memory.usual) }, { layer: 'defaults' })
  const baked = listener.baked.map(({ bytes, file }) => parseConfigBytes(bytes, file, 'baked'))
  const all = [defaults, ...baked, ...layers]
  const more = [...edits, ...memoryEdit(memory.given, originOf('--mem'))]
  const before = effectiveConfig(all, more)
  if (words.length === 0) return before
  return effectiveConfig(all, [...more, wordsEdit(before, words, program, originOf('words behind --'))])
}

/** An amount that no document can say is refused when the guest is planned. */
function memoryEdit(bytes: number | undefined, origin: ConfigOrigin): readonly ConfigEdit[] {
  if (bytes === undefined || bytes % 1024 !== 0 || bytes <= 0) return []
  return [{ steps: ['memory'], value: { json: sizeToText(bytes) }, origin }]
}

/** What a Solo5 guest is told in if nobody says otherwise: the words of a run without any configuration are MirageOS's as well. */
const USUAL_DIALECT = 'mirage'

function tell(config: EffectiveConfig, listener: Listener, use: SecretsUse): Told {
  const { programs, memory } = listener
  const program = programOf(config, listener)
  if (use === 'refused') requireNoSecrets(config)
  const dialect = config.document.dialect ?? USUAL_DIALECT
  const guest = { name: program, programs, platform: 'solo5' } as const
  const { shown } = renderConfig(dialect, config, { guest })
  const secrets = lookUpSecrets(config)
  const commandLine = withoutValues(secrets, () => renderConfig(dialect, config, { guest, secrets }).text)
  return { config, commandLine, shown, memory: config.document.memory ?? memory.usual, secret: secrets.size > 0 }
}

/** Throws ConfigError NO_SECRET where there are secrets, before any is looked up. */
function requireNoSecrets(config: EffectiveConfig): void {
  const [first] = secretsIn(config).values()
  if (first === undefined) return
  const advice = 'give --embed-secrets, and keep the file as you would keep them'
  refuseSetting(config, first, 'NO_SECRET', 'is a secret, and would be written into a file', advice)
}

/** Which program is told. Throws ConfigError for one that the artefact does not have. */
function programOf(config: EffectiveConfig, { program, programs, startsOne }: Listener): string {
  if (startsOne && programs !== undefined) return chooseProgram(config, programs)
  requirePrograms(config, programs)
  return program
}

/** With words in the place of secrets all went well: what is wrong is wrong with a value, and told without it. */
function withoutValues<T>(secrets: Secrets, render: () => T): T {
  try {
    return render()
  } catch (cause) {
    if (secrets.size === 0 || !(cause instanceof SlipwayError)) throw cause
    const words = [...secrets.keys()].join(', ')
    const code = cause instanceof ConfigError ? cause.code : 'NO_SECRET'
    throw new ConfigError(code, { words }, 'has a value that this guest cannot be told, or that is too long')
  }
}

// Who may import whom below src/, as docs/architecture.md tells it. The arrows only point down.

export interface Folder {
  /** Folders of src/ that its files may import, besides their own. */
  readonly imports: readonly string[]
  /** No Node.js, clock, randomness or environment: what such code needs of the world comes in as an argument. */
  readonly pure: boolean
  /** npm packages. */
  readonly packages: readonly string[]
  /** Built-in modules of Node.js; only host/ touches the machine with them. */
  readonly builtins: 'all' | readonly string[]
  /** Each folder inside it stands alone and may not import its neighbours; files directly in it are shared by them. */
  readonly divided: boolean
}

const pure = (imports: readonly string[], more: Partial<Folder> = {}): Folder => ({
  imports,
  pure: true,
  packages: [],
  builtins: [],
  divided: false,
  ...more,
})

// What only computes, or only describes this process. Files, processes, sockets and probes are host's.
const HARMLESS = ['path', 'util', 'url', 'events', 'stream', 'string_decoder', 'buffer', 'crypto', 'zlib']

const effects = (imports: readonly string[], more: Partial<Folder> = {}): Folder => ({
  ...pure(imports),
  pure: false,
  builtins: HARMLESS,
  ...more,
})

const BELOW_RUN = [
  'base',
  'elf',
  'artefact',
  'config',
  'files',
  'disk',
  'netstack',
  'wiring',
  'launcher',
  'targets',
  'deploy',
  'host',
]
const BELOW_CLI = [...BELOW_RUN, 'run', 'supervisor', 'api']

export const FOLDERS: ReadonlyMap<string, Folder> = new Map([
  ['base', pure([], { packages: ['@humanwhocodes/momoa'] })],
  ['elf', pure(['base'])],
  ['artefact', pure(['base', 'elf', 'files', 'config'])],
  ['config', pure(['base'])],
  ['files', pure(['base'])],
  ['disk', pure(['base', 'elf', 'files'])],
  ['netstack', pure(['base'])],
  ['wiring', pure(['base', 'artefact', 'config'])],
  ['launcher', pure(['base', 'elf'])],
  ['targets', pure(['base', 'elf', 'artefact', 'config', 'wiring', 'launcher', 'disk'], { divided: true })],
  ['deploy', pure(['base', 'artefact', 'config', 'wiring', 'disk', 'targets'], { divided: true })],
  [
    'host',
    effects(['base', 'files', 'netstack', 'wiring'], {
      packages: ['koffi', 'fflate', '@bokuweb/zstd-wasm'],
      builtins: 'all',
    }),
  ],
  ['run', effects(BELOW_RUN, { packages: ['picomatch'] })],
  ['supervisor', effects([...BELOW_RUN, 'run'])],
  ['api', effects([...BELOW_RUN, 'run', 'supervisor'])],
  ['cli', effects(BELOW_CLI, { packages: ['@stricli/core'], builtins: [...HARMLESS, 'os'] })],
])

/** src/index.ts is the library: it composes everything below the command, and it alone re-exports. */
export const LIBRARY: Folder = effects(BELOW_CLI)

/** Names of the world that pure code has no business with. The compiler refuses most of them there as well. */
export const IMPURE_NAMES: ReadonlySet<string> = new Set([
  'process',
  'performance',
  'crypto',
  'globalThis',
  'global',
  'self',
  'window',
  'navigator',
  'require',
  'module',
  '__dirname',
  '__filename',
  'Buffer',
  'console',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'eval',
  'Function',
])

/** The same for members of names that are otherwise welcome. */
export const IMPURE_MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Date', ['now']],
  ['Math', ['random']],
  ['Atomics', ['wait', 'waitAsync']],
])

// slipway run: starts a guest and becomes it where nothing needs a parent; otherwise stays beside it and takes its status.

import { StringDecoder } from 'node:string_decoder'
import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { escapeControls } from '../base/quote.ts'
import { parseDuration } from '../base/duration.ts'
import { hostError } from '../host/errors.ts'
import { writeError } from '../host/streams.ts'
import { exitStatus, passSignalsOn } from './guest-child.ts'
import { type GuestFlags, guestAliases, guestFlags, guestOptions, guestPositional } from './guest-flags.ts'
import { EXIT_BROKEN_PIPE, fail } from './output.ts'

type RunFlags = GuestFlags & { readonly timeout?: number; readonly console: 'raw' | 'quoted' }

export const runCommand = buildCommand({
  docs: {
    brief: 'Run an artefact in its sandbox',
    customUsage: ['[FLAGS] ARTEFACT [-- WORD]...'],
    fullDescription: [
      'Checks the artefact, composes a launcher for it and starts that. The exit',
      'status is the guest’s own; 125 when Slipway failed before the guest ran, 124',
      'when the time was up, 128 + N when a signal ended the guest (a fault is',
      'SIGSEGV, a forbidden system call SIGSYS).',
      '',
      'Arguments reach a guest as the words given, escaped as MirageOS undoes it.',
      'With --timeout, --console=quoted or a network of ours (user), a process of ours',
      'stays beside the guest.',
      '',
      'A net device that is wired to user is on a network without root. Behind it may',
      'stand ,subnet=10.9.0.0/24 ,mtu=9000 ,pcap=FILE; what it reaches:',
      ',no-internet ,no-host ,allow-host-loopback ,allow=CIDR; and for testing',
      ',rate=10M ,delay=20ms ,loss=1%. Its ports are published with -p, for this',
      'machine alone unless an address is given: -p 0.0.0.0:8080:80.',
      '',
      'Console output is passed on as it is, as by Docker; SECURITY.md says what that',
      'means on a terminal.',
      '',
      'Examples',
      '  slipway run hello.spt -- one "two words"',
      '  slipway run --mem 64M --timeout 10s hello.spt',
      '  slipway run --net service=user -p 8080:80 web.spt',
      '  slipway run --config shop.json --hostname shop-2 shop.spt',
      '  slipway run --block storage=disk.img --net service=tap:tap0 shop.spt',
      '  slipway run --block storage=baked:,copy=shop.img shop.spt',
      '  slipway run --console=quoted untrusted.spt',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...guestFlags,
      timeout: {
        kind: 'parsed',
        parse: (text: string) => parseDuration(text, '--timeout'),
        brief: 'End it after 10s, 500ms, 2m… with status 124',
        placeholder: 'TIME',
        optional: true,
      },
      console: {
        kind: 'enum',
        values: ['raw', 'quoted'],
        brief: 'quoted: escape controls',
        default: 'raw',
      },
    },
    aliases: guestAliases,
    positional: guestPositional,
  },
  async func(flags: RunFlags, ...words: string[]) {
    try {
      await runGuest(flags, words)
    } catch (error) {
      fail(error, words[0])
    }
  },
})

async function runGuest(flags: RunFlags, [path, ...args]: readonly string[]): Promise<void> {
  if (path === undefined) throw new UsageError('MISSING_ARGUMENT', 'no artefact is given', 'see slipway run --help')
  const options = await guestOptions(flags, args, path)
  const { become, start } = await import('../run/run.ts')
  const alone = flags.timeout === undefined && flags.console === 'raw'
  if (alone) {
    const { prepareToRun } = await import('../run/baked-copies.ts')
    const prepared = prepareToRun(path, options)
    become(prepared) // does not return where this process can become the guest
    prepared.file.close()
  }
  const signals = passSignalsOn() // before the guest exists, or one that comes in its first moments would end us instead
  const quoted = flags.console === 'quoted' ? quotedConsole() : undefined
  try {
    const instance = await start(path, { ...options, timeout: flags.timeout, console: quoted?.sink, log: tell })
    signals.to(instance)
    const outcome = await instance.outcome
    process.exitCode = exitStatus(outcome)
    if (outcome.kind === 'killed' && outcome.reason !== undefined) writeError(`slipway: ${outcome.reason}\n`)
    // Whoever should read our output may never do so; the time is up all the same.
    if (outcome.kind === 'timed-out') process.exit()
    await quoted?.finish()
  } catch (error) {
    if (quoted?.isReaderGone() !== true) throw error
    process.exitCode = EXIT_BROKEN_PIPE // the guest has ended with its reader, as it would have by itself
  } finally {
    signals.release()
  }
}

/** What a network of ours has to say; texts from outside are quoted in it. */
function tell(line: string): void {
  writeError(`slipway: ${escapeControls(line, '', '\\')}\n`)
}

/** Shows control characters as escapes, but for line feeds and tabs. */
function quotedConsole() {
  const decoder = new StringDecoder('utf8') // a character may be cut in two by the end of a chunk
  let readerGone = false
  process.stdout.on('error', () => {}) // reported to the write below as well, which is where it is handled
  const write = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(escapeControls(text, '', '\n\t'), (error) => {
        if (!error) return resolve()
        readerGone = (error as NodeJS.ErrnoException).code === 'EPIPE'
        reject(hostError('cannot write the guest’s console to standard output', error))
      })
    })
  return {
    sink: (chunk: Uint8Array) => write(decoder.write(Buffer.from(chunk))),
    /** What is left of a character whose end never came. */
    finish: () => write(decoder.end()),
    isReaderGone: () => readerGone,
  }
}

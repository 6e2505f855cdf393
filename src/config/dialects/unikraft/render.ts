// The command line of a Unikraft guest (docs/discoveries/command-lines.md): a name, parameters of its libraries, `--`, and the program's words. An image
// ignores what it does not know, so where its own list of parameters is known, nothing else is written. Pure.

import { nearest } from '../../../base/nearest.ts'
import { formatKey } from '../../key.ts'
import { type Dialect, type Guest, type Refuse, type ToldDocument, wordsBehindName } from '../dialect.ts'
import { NOTHING } from '../features.ts'
import { mountWords } from './mounts.ts'
import { networkWords } from './network.ts'
import { type Parameters, parametersOf } from './parameters.ts'
import { listParameter, quoteUnikraftWord } from './words.ts'

export const unikraftDialect: Dialect = {
  name: 'unikraft',
  end: '',
  expresses: {
    ...NOTHING,
    argv: 'argv[0] without blanks and dots; no empty words',
    env: '`env.vars`, as many as the image has room for',
    hostname: 'with a static address, from 0.16.1 on',
    interfaces: 'those with static addresses first',
    static4: 'one on each interface',
    dhcp: 'what a guest does without an address',
    gateway4: 'in the network of a static address',
    nameservers: 'two, with a static address, from 0.16.1 on',
    search: 'one, with a static address, from 0.16.1 on',
    tmpfs: true,
    devfs: 'from 0.16.1 on',
    '9pfs': true,
    virtiofs: 'from 0.21 on',
    initrd: 'one',
    unikraft: 'that the image lists',
  },
  write: writeUnikraft,
}

function writeUnikraft(
  document: ToldDocument,
  guest: Guest,
  refuse: Refuse,
): { text: string; notes: readonly string[] } {
  const parameters = parametersOf(guest, refuse)
  const env = [...document.env].map(([name, value]) => `${name}=${value}`)
  const [variable] = document.env.keys()
  if (variable !== undefined) parameters.require('env.vars', formatKey(['env', variable]), env.length)
  const words = [
    nameWord(document, guest, refuse),
    ...ownWords(document, parameters, refuse),
    ...networkWords(document, parameters, refuse),
    ...listParameter('env.vars', env),
    ...mountWords(document, parameters, refuse),
    // Without it, all that stands in front of it would go to the program.
    '--',
    ...wordsBehindName(document).map((word, i) => programWord(word, i, refuse)),
  ]
  const notes =
    guest.parameters === undefined
      ? ['the image’s list of parameters is not known, so nothing is checked against it']
      : []
  return { text: words.join(' '), notes }
}

/**
 * QEMU puts the kernel's path in front, GRUB and Firecracker nothing, and the first word is taken for the name. One without a dot is harmless in
 * both places; `help` would stop the boot.
 */
function nameWord({ rc }: ToldDocument, guest: Guest, refuse: Refuse): string {
  const [program] = rc
  const said = program?.argv[0] ?? (program === undefined || program.bin === '*' ? undefined : program.bin)
  if (said === undefined) return guest.name.replaceAll(/[^A-Za-z0-9_/-]/g, '-').replace(/^(?:help|-*)$/, 'guest')
  const key = program?.argv[0] === undefined ? 'rc[0].bin' : 'rc[0].argv[0]'
  if (said === 'help') refuse(key, 'is "help", at which such a guest stops')
  if (said === '' || said === '--' || /[\s.'"\\=]/.test(said)) {
    refuse(key, 'is no name that can stand in front of the parameters', 'write one without dots, blanks, quotes and =')
  }
  return said
}

function programWord(word: string, index: number, refuse: Refuse): string {
  if (word === '')
    refuse(formatKey(['rc', 0, 'argv', index + 1]), 'is an empty word, of which nobody knows that it arrives')
  return quoteUnikraftWord(word)
}

/** Of `unikraft.parameters`: as they are, once they are known to be some. */
function ownWords(document: ToldDocument, parameters: Parameters, refuse: Refuse): readonly string[] {
  const { unikraft, net } = document
  const { names, has } = parameters
  const counts = new Map([
    ['env.vars', document.env.size],
    ['vfs.fstab', document.mount.size],
  ])
  return unikraft.parameters.map((word, i) => {
    const key = formatKey(['unikraft', 'parameters', i])
    const [, name] = /^([A-Za-z0-9_]+\.[A-Za-z0-9_]+)(?:=[^]*)?$/.exec(word) ?? []
    if (name === undefined) return refuse(key, 'is not LIBRARY.NAME=VALUE', undefined, 'BAD_VALUE')
    if (word.includes('=[')) refuse(key, 'is a list', 'give each value as a parameter of its own', 'BAD_VALUE')
    if (name.startsWith('netdev.') && net.interfaces.size > 0) {
      refuse(key, 'says what "net.interfaces" says as well', 'keep one of the two', 'CONFLICT')
    }
    if (names === undefined || has(name)) {
      const count = (counts.get(name) ?? 0) + 1
      counts.set(name, count)
      parameters.require(name, key, count)
      return quoteUnikraftWord(word)
    }
    const meant = nearest(name, names)
    return refuse(key, 'is no parameter of the image', meant === undefined ? undefined : `did you mean ${meant}?`)
  })
}

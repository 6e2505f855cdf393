// What slipway-solo5-spt prints and returns, line for line, where the program that it stands in for would have said the same.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { HEADER } from '../../src/elf/format.ts'
import { walkNotes } from '../../src/elf/notes.ts'
import { readElf } from '../../src/elf/read.ts'
import { phdrAt } from '../../src/elf/sample.ts'
import { sourceOf } from '../../src/base/reader.ts'
import { makeImage, startPeer } from '../support/devices.ts'
import { guestPath, ROOT } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { nodeBinaries } from '../support/node-binaries.ts'
import { childrenOf, whenPrinted } from '../support/processes.ts'
import { makePlace, type Place, tend } from './_tender.ts'

let place: Place
beforeAll(() => {
  place = makePlace()
})
afterAll(() => place.remove())

const linux = needs({ host: ['linux', 'x86-64'] })
const withPython = needs({ host: ['linux', 'x86-64'], commands: ['python3'] })
const [HELLO, BLK, NET, MANY] = [guestPath('hello'), guestPath('blk'), guestPath('net'), guestPath('many')]
const USAGE = 'usage: solo5-spt [ CORE OPTIONS ] [ MODULE OPTIONS ] [ -- ] KERNEL [ ARGS ]'
const ALL_ATTACHED = 'solo5-spt: All declared devices must be attached. See --help for syntax.'
const NO_FILE = 'No such file or directory'

/** The lines on standard error; a list of options is its first line only. */
function complaint(args: readonly string[]): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = tend(place, args)
  assert.equal(stdout, '')
  const lines = stderr.trimEnd().split('\n')
  const usage = lines.indexOf(USAGE)
  return { status, lines: usage < 0 ? lines : lines.slice(0, usage + 1) }
}

function image(name: string, size: number): string {
  makeImage(join(place.directory, name), size)
  return name
}

describe('solo5-spt', linux, () => {
  const undeclared = (name: string): string => `solo5-spt: Resource not declared in manifest: '${name}'`
  const invalid = (option: string): string[] => [`solo5-spt: Invalid option: \`${option}'`, USAGE]
  const SECTOR = 'solo5-spt: Block size must be a multiple of 2 greater than or equal 512'

  const cases: [args: string[], lines: string[]][] = [
    [[], ['solo5-spt: Missing KERNEL operand', USAGE]],
    [
      ['--mem=2', '--'],
      ['solo5-spt: Missing KERNEL operand', USAGE],
    ],
    [['--bad', '--help'], [USAGE]],
    [['--bad', HELLO], invalid('--bad')],
    [['-', HELLO], invalid('-')],
    [['--mem=2', '--bad', HELLO], invalid('--bad')],
    [['--mem', '2', HELLO], [`solo5-spt: 2: Could not open: ${NO_FILE}`]],
    [['--mem=0', HELLO], ['solo5-spt: Malformed argument to --mem']],
    [['--mem=M', HELLO], ['solo5-spt: Malformed argument to --mem']],
    [['--mem=-1', HELLO], ['solo5-spt: Maximum guest memory size (16777216 MB) exceeded.']],
    [
      ['--mem=1', HELLO],
      [
        `solo5-spt: ${HELLO}: invalid executable: e_entry does not fall within the memory allocation range ` +
          '(1048608 < 1048576 || 1048608 >= 1048576)',
      ],
    ],
    [[''], [`solo5-spt: : Could not open: ${NO_FILE}`]],
    [['--', '--help'], [`solo5-spt: --help: Could not open: ${NO_FILE}`]],
    [['a\u001b[31m'], [`solo5-spt: a\\u001b[31m: Could not open: ${NO_FILE}`]],
    [['/'], ['solo5-spt: /: invalid executable: not a file']],
    [[`${HELLO}/x`], [`solo5-spt: ${HELLO}/x: Could not open: Not a directory`]],
    [[HELLO, 'x'.repeat(8192)], ['solo5-spt: Guest command line too long (max=8191 characters)']],
    [[HELLO, 'é'.repeat(4096)], ['solo5-spt: Guest command line too long (max=8191 characters)']],

    [
      ['--net:x=tap0', HELLO],
      [undeclared('x'), ...invalid('--net:x=tap0')],
    ],
    [
      ['--net:storage=tap0', BLK],
      [undeclared('storage'), ...invalid('--net:storage=tap0')],
    ],
    [
      ['--net-mac:x=2:0:0:0:0:1', NET],
      [undeclared('x'), ...invalid('--net-mac:x=2:0:0:0:0:1')],
    ],
    [
      ['--block:x=disk.img', BLK],
      [undeclared('x'), ...invalid('--block:x=disk.img')],
    ],
    [
      ['--block-sector-size:x=512', BLK],
      [undeclared('x'), ...invalid('--block-sector-size:x=512')],
    ],
    [
      ['--mem=2', '--net:x=tap0', NET],
      [undeclared('x'), undeclared('x'), ...invalid('--net:x=tap0')],
    ],
    [['--net:service=', NET], invalid('--net:service=')],
    [['--net:ser-vice=tap0', NET], invalid('--net:ser-vice=tap0')],
    [
      ['--net:service=nosuchtap', NET],
      [`solo5-spt: Could not attach interface: nosuchtap: ${NO_FILE}`, ...invalid('--net:service=nosuchtap')],
    ],
    [
      ['--net:service=aninterfacenamed', NET],
      [
        'solo5-spt: Could not attach interface: aninterfacenamed: File name too long',
        ...invalid('--net:service=aninterfacenamed'),
      ],
    ],
    [
      ['--net:service=lo', NET],
      ['solo5-spt: Could not attach interface: lo: Invalid argument', ...invalid('--net:service=lo')],
    ],
    [[NET], ["solo5-spt: Device 'service' of type NET_BASIC declared but not attached.", ALL_ATTACHED]],
    [
      [MANY],
      [
        ...['service0', 'storage0', 'service1', 'storage1', 'service2'].map((name) => {
          const type = name.startsWith('service') ? 'NET_BASIC' : 'BLOCK_BASIC'
          return `solo5-spt: Device '${name}' of type ${type} declared but not attached.`
        }),
        ALL_ATTACHED,
      ],
    ],
    [
      ['--net-mac:service=2:0:0:0:0:1', NET],
      ["solo5-spt: Device 'service' of type NET_BASIC declared but not attached.", ALL_ATTACHED],
    ],

    [['--block:storage=none.img', BLK], [`solo5-spt: Could not open block device: none.img: ${NO_FILE}`]],
    [['--block:storage=.', BLK], ['solo5-spt: Could not open block device: .: Is a directory']],
    [['--mem=2', '--block:storage=none.img', BLK], [`solo5-spt: Could not open block device: none.img: ${NO_FILE}`]],
    [
      ['--block:storage=/dev/null', BLK],
      ['solo5-spt: storage: Backing storage must be at least 1 block (512 bytes) in size'],
    ],
    ...['521', '256', '0', '65536', '-1'].map((size): [string[], string[]] => {
      const option = `--block-sector-size:storage=${size}`
      return [
        [option, BLK],
        [SECTOR, ...invalid(option)],
      ]
    }),
  ]
  for (const [args, lines] of cases) {
    const shown = args.map((arg) => arg.slice(0, 40).replace(/^.*prebuilt\//, '')).join(' ')
    it(`refuses: ${shown}`, () => assert.deepEqual(complaint(args), { status: 1, lines }))
  }

  it('refuses an image that is no whole number of blocks, or too small, when all options are taken', () => {
    const size = '--block-sector-size:storage=1024'
    const args = [`--block:storage=${image('odd.img', 1536)}`, size, BLK]
    const aligned = 'solo5-spt: storage: Backing storage size must be block aligned (1024 bytes)'
    assert.deepEqual(complaint(args), { status: 1, lines: [aligned] })
    image('odd.img', 0)
    const small = 'solo5-spt: storage: Backing storage must be at least 1 block (1024 bytes) in size'
    assert.deepEqual(complaint(args), { status: 1, lines: [small] })
  })

  it('refuses a pipe for an image, without waiting for it', () => {
    spawnSync('mkfifo', ['pipe'], { cwd: place.directory })
    const lines = ['solo5-spt: pipe: Could not determine capacity: Illegal seek']
    assert.deepEqual(complaint(['--block:storage=pipe', BLK]), { status: 1, lines })
  })

  const orders: [first: string, args: () => string[], line: RegExp][] = [
    ['the kernel', () => ['--bad', 'nothing.spt'], /nothing\.spt: Could not open/],
    ['an option by its place', () => ['--bad', '--mem=0', HELLO], /Invalid option: `--bad'/],
    ['an image that is missing', () => ['--mem=1', '--block:storage=none.img', BLK], /none\.img/],
    ['memory', () => ['--mem=1', `--block:storage=${image('odd.img', 1)}`, BLK], /e_entry/],
    ['an image of no use', () => [`--block:storage1=${image('odd.img', 1)}`, MANY], /storage1: Backing storage/],
    ['a missing device', () => [BLK, 'x'.repeat(9000)], /Device 'storage' of type BLOCK_BASIC/],
  ]
  for (const [first, args, line] of orders) {
    it(`tells ${first} first`, () => assert.match(complaint(args()).lines[0] ?? '', line))
  }

  it('prints its version on standard error', () => {
    const { status, stdout, stderr } = tend(place, ['--mem=x', '--version'])
    assert.deepEqual([status, stdout], [0, ''])
    assert.match(stderr, /^solo5-spt tender, version \d+\.\d+\.\d+\nABI version 2\n$/)
  })

  it('has a page that knows each of its options', () => {
    const page = readFileSync(join(ROOT, 'docs/reference/solo5-spt.md'), 'utf8')
    const options = tend(place, ['--help']).stderr.match(/--[a-z][a-z-]*(?=[:=\s])/g) ?? []
    assert.ok(options.length >= 7, `only ${options}`)
    for (const option of options) assert.ok(page.includes(`\`${option}`), `${option} is not on the page`)
  })

  it('goes by the name it is called by', () => {
    const link = join(place.directory, 'my-tender')
    symlinkSync(join(ROOT, 'bin/slipway-solo5-spt'), link)
    assert.match(tend({ ...place, tender: link }, []).stderr, /^my-tender: Missing KERNEL operand\nusage: my-tender /)
    assert.match(spawnSync(link, ['--version'], { encoding: 'utf8' }).stderr, /^my-tender tender, version /)
  })
})

describe('a kernel', linux, () => {
  type Edit = (view: DataView, bytes: Buffer, notes: { abi: number; manifest: number }) => void

  /** A copy of a guest with something changed. The places are those of the notes' headers. */
  function spoilt(guest: string, edit: Edit): string {
    const bytes = readFileSync(guest)
    const source = sourceOf(bytes)
    const notes = [...walkNotes(readElf(source), source)].filter(({ name }) => name === 'Solo5\0')
    const at = (type: number): number => notes.find((note) => note.type === type)?.offset ?? 0
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    edit(view, bytes, { abi: at(0x31494241), manifest: at(0x3154464d) })
    writeFileSync(join(place.directory, 'spoilt.spt'), bytes)
    return 'spoilt.spt'
  }
  const FIRST_DEVICE = 32 + 104
  const header = 'invalid executable: invalid or unsupported executable (elf header invalid while loading note)'

  const cases: [why: string, guest: string, edit: Edit, problem: string | RegExp][] = [
    ['no ELF file', HELLO, (_, bytes) => bytes.fill(0x20, 0, 4), header],
    ['for another processor', HELLO, (view) => view.setUint16(HEADER.machine, 183, true), header],
    [
      'without an ABI note',
      HELLO,
      (view, _, { abi }) => view.setUint32(abi + 8, 1, true),
      'No Solo5 ABI information found in executable',
    ],
    [
      'for another target',
      HELLO,
      (view, _, { abi }) => view.setUint32(abi + 20, 1, true),
      'Executable is not for the solo5-spt target',
    ],
    [
      'of another version',
      HELLO,
      (view, _, { abi }) => view.setUint32(abi + 24, 0xffffffff, true),
      'Executable requests unsupported ABI version 4294967295',
    ],
    [
      'without a manifest',
      HELLO,
      (view, _, { manifest }) => view.setUint32(manifest + 8, 1, true),
      'No Solo5 manifest found in executable',
    ],
    [
      'with a note of no length',
      HELLO,
      (view, _, { manifest }) => view.setUint32(manifest + 4, 0, true),
      /^invalid executable: phdr\[\d\] note does not fall within valid size \(0 < 1 \|\| 0 > 6668\)$/,
    ],
    [
      'with a manifest of another version',
      HELLO,
      (view, _, { manifest }) => view.setUint32(manifest + 24, 2, true),
      'Solo5 manifest is invalid',
    ],
    [
      'with a device that is attached already',
      NET,
      (view, _, { manifest }) => view.setUint8(manifest + FIRST_DEVICE + 96, 1),
      'Solo5 manifest is invalid',
    ],
    [
      'that presets a MAC address, which the reference would use',
      NET,
      (view, _, { manifest }) => view.setUint8(manifest + FIRST_DEVICE + 72, 2),
      /^Solo5 manifest is invalid: entry\[1\]\.u presets /,
    ],
    [
      'with a device of no type, which the reference could never start',
      NET,
      (view, _, { manifest }) => view.setUint32(manifest + FIRST_DEVICE + 68, 3, true),
      /^Solo5 manifest is invalid: entry\[1\]\.type /,
    ],
    [
      'with two devices of one name, which the reference could never start',
      guestPath('net-2if'),
      (_, bytes, { manifest }) =>
        bytes.copyWithin(manifest + FIRST_DEVICE + 104, manifest + FIRST_DEVICE, manifest + FIRST_DEVICE + 68),
      /^Solo5 manifest is invalid: entry\[2\]\.name repeats "service0"$/,
    ],
    [
      'with an entry below the lowest address',
      HELLO,
      (view) => view.setBigUint64(HEADER.entry, 0n, true),
      'invalid executable: e_entry does not fall within the memory allocation range (0 < 1048576 || 0 >= 536870912)',
    ],
  ]
  for (const [why, guest, edit, problem] of cases) {
    it(`${why} is refused`, () => {
      const { status, lines } = complaint([spoilt(guest, edit)])
      const [line = '', ...more] = lines
      assert.deepEqual([status, more], [1, []])
      const prefix = 'solo5-spt: spoilt.spt: '
      assert.equal(line.slice(0, prefix.length), prefix)
      if (typeof problem === 'string') assert.equal(line.slice(prefix.length), problem)
      else assert.match(line.slice(prefix.length), problem)
    })
  }

  it('that is too short is refused', () => {
    writeFileSync(join(place.directory, 'short.spt'), 'short')
    const problem = 'invalid executable: elf header does not match the expected size (5 != 64)'
    assert.deepEqual(complaint(['short.spt']), { status: 1, lines: [`solo5-spt: short.spt: ${problem}`] })
  })

  it('whose memory without contents does not fit is refused, where the reference would let it fail later', () => {
    const kernel = spoilt(HELLO, (view, bytes) => {
      const headers = readElf(sourceOf(bytes)).programHeaders
      const bss = headers.find(({ type, filesz, memsz }) => type === 1 && filesz === 0n && memsz > 0n)
      assert.ok(bss !== undefined)
      view.setBigUint64(phdrAt(bss.index, 'p_memsz'), 2n ** 30n, true)
    })
    const { status, lines } = complaint([kernel])
    assert.deepEqual([status, lines.length], [1, 1])
    assert.match(
      lines[0] ?? '',
      /^solo5-spt: spoilt\.spt: invalid executable: phdr\[\d\]\.p_memsz .* guest memory ends/,
    )
  })
})

describe('a guest under solo5-spt', linux, () => {
  it('gets its arguments with single spaces between them, and nothing escaped', () => {
    const { status, stdout } = tend(place, ['--', HELLO, 'a b', '', '--mem=1', 'c"\\'])
    assert.equal(status, 0)
    assert.match(stdout, /^command line: a b {2}--mem=1 c"\\$/m)
  })
  it('gets as many characters as there is room for', () => {
    const { status, stdout } = tend(place, [HELLO, 'é'.repeat(4095), ''])
    assert.equal(status, 0)
    assert.ok(stdout.includes(`command line: ${'é'.repeat(4095)} \n`))
  })
  it('gets no argument that is not what was given', () => {
    const script = 'exec "$0" "$1" "$2" "$(printf "\\\\377")"'
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, place.tender, HELLO], {
      encoding: 'utf8',
    })
    assert.equal(status, 1)
    assert.match(stderr, /^solo5-spt: Guest command line is not valid UTF-8/)
  })
  it('has the memory that was said last, 512 MiB if none', () => {
    const memory = (...options: string[]): string => tend(place, [...options, HELLO]).stdout
    assert.match(memory(), /^memory: 512 MiB$/m)
    assert.match(memory('--mem=2', '--mem=3x'), /^memory: 3 MiB$/m)
  })
  it('can execute its heap with --x-exec-heap, and not without', () => {
    const run = (...options: string[]) => tend(place, [...options, guestPath('exec-data'), 'heap'])
    assert.equal(run().signal, 'SIGSEGV')
    const { status, stdout, stderr } = run('--x-exec-heap')
    assert.equal(status, 1)
    assert.match(stdout, /still alive/)
    assert.match(stderr, /^solo5-spt: WARNING: [^\n]*\n$/)
  })
  for (const status of [0, 1, 125, 254, 255]) {
    it(`ends with its own ${status}`, () => {
      const result = tend(place, [guestPath('exit-status'), String(status)])
      assert.deepEqual([result.status, result.stdout, result.stderr], [status, '', ''])
    })
  }

  for (const { version, path } of nodeBinaries()) {
    it(`takes the place of the tender, and its signals, under Node.js ${version}`, async () => {
      const child = spawn(path, [place.tender, guestPath('spin')], { stdio: ['ignore', 'pipe', 'inherit'] })
      await whenPrinted(child, 'READY')
      const { pid = 0 } = child
      assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'spin\n')
      assert.deepEqual(childrenOf(pid), [])
      child.kill('SIGTERM')
      const signal = await new Promise((resolve) => child.once('close', (_, name) => resolve(name)))
      assert.equal(signal, 'SIGTERM')
    })
  }

  it('runs from a name that only the tender has, as its child', () => {
    const script = 'exec 9<"$2"; exec "$0" "$1" /proc/self/fd/9 7'
    const guest = guestPath('exit-status')
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, place.tender, guest], {
      encoding: 'utf8',
    })
    assert.deepEqual([status, stderr], [7, ''])
    const fault = spawnSync('sh', ['-c', script, process.execPath, place.tender, guestPath('null')])
    assert.equal(fault.status, 139)
  })

  it('has blocks of the size that was asked for, before or behind the image', () => {
    const disk = `--block:storage=${image('disk.img', 2 ** 20)}`
    const blocks = (...options: string[]): string => tend(place, [...options, BLK]).stdout
    assert.match(blocks(disk), /^storage: 2048 blocks of 512 bytes$/m)
    assert.match(blocks(disk, '--block-sector-size:storage=4096'), /^storage: 256 blocks of 4096 bytes$/m)
    assert.match(blocks('--block-sector-size:storage=66048x', `${disk} x`), /^storage: 2048 blocks of 512 bytes$/m)
    const other = `--block:storage=${image('other.img', 2 ** 19)}`
    assert.match(blocks(disk, other), /^storage: 1024 blocks/m)
  })

  it('has its image to itself', async () => {
    const disk = `--block:storage=${image('held.img', 2 ** 20)}`
    const holder = spawn(process.execPath, [place.tender, disk, BLK, 'hold'], {
      cwd: place.directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await whenPrinted(holder, 'READY')
    const { status, lines } = complaint([disk, BLK])
    holder.kill('SIGKILL')
    await new Promise((resolve) => holder.once('close', resolve))
    assert.deepEqual([status, lines.length], [1, 1])
    assert.match(lines[0] ?? '', new RegExp(`held\\.img" is used by process ${holder.pid}, "blk"`))
    assert.equal(tend(place, [disk, BLK]).status, 0)
  })
  it('has no image for two of its devices', () => {
    const disks = Array.from({ length: 63 }, (_, i) => `--block:storage${i}=${image(`disk${i}.img`, 4096)}`)
    const twice = '--block:storage5=./disk4.img'
    const { status, lines } = complaint([...disks, twice, guestPath('max-devices')])
    assert.deepEqual([status, lines.length], [1, 1])
    assert.match(lines[0] ?? '', /"storage4" and "storage5" are wired to the same file/)
  })
})

/** Makes a socket the descriptor 9 of the tender: connected to a path, which somebody serves. */
const CONNECT = `
import os, socket, sys
path, *command = sys.argv[1:]
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect(path)
os.dup2(connection.fileno(), 9, inheritable=True)
os.execv(command[0], command)
`

describe('--net:NAME=@FD', withPython, () => {
  for (const { version, path: node } of nodeBinaries()) {
    it(`is a socket that the tender has inherited, under Node.js ${version}`, async () => {
      const path = join(place.directory, 'peer')
      const peer = await startPeer(['--ping', '10.0.0.2', '--count', '200'], [path])
      const options = ['--mem=2', '--net:service=@9', '--net-mac:service=2:0:0:0:be:ef']
      const command = [node, place.tender, ...options, '--', NET, 'limit', '200']
      const result = spawnSync('python3', ['-c', CONNECT, path, ...command], { encoding: 'utf8', timeout: 30_000 })
      const { status, output } = await peer.ended
      assert.deepEqual([result.status, result.stderr, status], [0, '', 0], output)
      assert.match(result.stdout, /MAC 02:00:00:00:be:ef/)
    })
  }

  const refused: [why: string, wire: string, message: RegExp][] = [
    ['a descriptor that is not open', '@77', /descriptor 77 is not open/],
    ['a file', '@7', /descriptor 7 is neither a socket of type SOCK_SEQPACKET nor a TAP interface/],
    ['a standard stream', '@1', /1 is no descriptor from 3 to/],
  ]
  for (const [why, wire, message] of refused) {
    it(`is not ${why}`, () => {
      const script = 'exec "$0" "$@" 7</dev/null'
      const args = ['-c', script, process.execPath, place.tender, `--net:service=${wire}`, NET]
      const { status, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' })
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(stderr, /^solo5-spt: [^\n]*\n$/)
      assert.match(stderr, message)
    })
  }
})

describe('an address that nobody chose', withPython, () => {
  const macOf = async (...options: string[]): Promise<string> => {
    const path = join(place.directory, 'peer')
    const peer = await startPeer(['--ping', '10.0.0.2', '--count', '1'], [path])
    const command = [process.execPath, place.tender, '--net:service=@9', ...options, NET, 'limit', '1']
    const { stdout } = spawnSync('python3', ['-c', CONNECT, path, ...command], { encoding: 'utf8', timeout: 30_000 })
    await peer.ended
    return /MAC ([0-9a-f:]+)/.exec(stdout)?.[1] ?? stdout
  }

  it('is another one each time, of one station and locally administered', async () => {
    const [one, other] = [await macOf(), await macOf('--net-mac:service=0:0:0:0:0:0')]
    for (const mac of [one, other]) assert.match(mac, /^.[26ae](:..){5}$/)
    assert.notEqual(one, other)
  })
  it('is not the address of a group', () => {
    const option = '--net-mac:service=1:0:0:0:0:1'
    const lines = [
      'solo5-spt: The address 01:00:00:00:00:01 is the address of a group, not of one station',
      `solo5-spt: Invalid option: \`${option}'`,
      USAGE,
    ]
    assert.deepEqual(complaint([option, NET]), { status: 1, lines })
  })
})

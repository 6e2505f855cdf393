// `slipway doctor` on this machine, and on machines that lack something: by mounts, settings and programs of the test's own.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sampleArtefact } from '../../src/artefact/sample.ts'
import type { DoctorReport } from '../../src/run/doctor.ts'
import { guestPath, ROOT, SLIPWAY, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const linux = needs({ host: ['linux', 'x86-64'] })

let directory = ''
let programs = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-doctor-'))
  programs = join(directory, 'programs')
  for (const name of ['runtime', 'home', 'programs']) mkdirSync(join(directory, name))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** A file of the test's directory. */
function make(name: string, contents: string | Uint8Array, mode = 0o644): string {
  const path = join(directory, name)
  writeFileSync(path, contents)
  chmodSync(path, mode)
  return path
}

const environment = () => ({
  PATH: `${programs}:${process.env['PATH'] ?? ''}`,
  HOME: join(directory, 'home'),
  XDG_RUNTIME_DIR: join(directory, 'runtime'),
})

function doctor(...words: readonly string[]) {
  const { status, stdout, stderr } = slipway(['doctor', '--json', ...words], { env: environment() })
  assert.equal(stderr, '')
  return { status, report: JSON.parse(stdout) as DoctorReport }
}

const statusOf = ({ probes }: DoctorReport, name: string) => probes.find((probe) => probe.name === name)?.status

const schema = JSON.parse(readFileSync(join(ROOT, 'schema/doctor.schema.json'), 'utf8')) as object
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)

describe('slipway doctor', linux, () => {
  it('finds that guests run where they do', () => {
    const { status, report } = doctor()
    assert.deepEqual([status, report.ready, report.artefact], [0, true, null])
    for (const name of ['kernel', 'seccomp', 'launcher-places', 'overcommit']) {
      assert.ok(['ok', 'limited'].includes(statusOf(report, name) ?? ''), name)
    }
  })

  it('writes what its schema describes', () => {
    for (const words of [[], [guestPath('hello')], [make('net.hvt', sampleArtefact({ target: 'hvt' }))]]) {
      const { report } = doctor(...words)
      assert.ok(validate(report), JSON.stringify(validate.errors))
    }
  })

  it('has a schema that takes nothing else', () => {
    const { report } = doctor(guestPath('hello'))
    const spoilers: ((report: Record<string, unknown>) => void)[] = [
      (r) => delete r['ready'],
      (r) => (r['extra'] = 1),
      (r) => (r['schemaVersion'] = 2),
      (r) => ((r['probes'] as { status: string }[])[0] = { status: 'splendid' }),
      (r) => (((r['probes'] as { detail: string }[])[0] as { detail: string }).detail = '\u001b[2J'),
      (r) => ((r['artefact'] as { ways: unknown[] }).ways = []),
    ]
    for (const spoil of spoilers) {
      const copy = structuredClone(report) as unknown as Record<string, unknown>
      spoil(copy)
      assert.equal(validate(copy), false, spoil.toString())
    }
  })

  it('shows people the same, and says at the end what it comes to', () => {
    const { status, stdout } = slipway(['doctor'], { env: environment() })
    assert.equal(status, 0)
    const { report } = doctor()
    for (const { name } of report.probes)
      assert.match(stdout, new RegExp(`^ {2}(ok|limited|missing|unknown) +${name} `, 'm'))
    assert.match(stdout, /\nSpt guests run on this machine\.\n$/)
  })

  it('changes nothing', () => {
    doctor(guestPath('hello'))
    assert.deepEqual([readdirSync(join(directory, 'home')), readdirSync(join(directory, 'runtime'))], [[], []])
  })

  it('does not wait for a program that hangs, and leaves nothing of it', () => {
    const script = make('programs/qemu-system-x86_64', `#!/bin/sh\nsleep 1000 & echo $! > "$0.pid"; wait\n`, 0o755)
    try {
      const { status, report } = doctor()
      assert.deepEqual([status, statusOf(report, 'qemu-system-x86_64')], [0, 'unknown'])
      // What comes after it has been asked all the same.
      assert.notEqual(statusOf(report, 'xl'), 'unknown')
      const pid = readFileSync(`${script}.pid`, 'utf8').trim()
      const stat = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
      assert.doesNotMatch(stat, /sleep\) [^Z]/)
    } finally {
      rmSync(script)
    }
  })

  it('ends what it has started when it is ended', async () => {
    const script = make('programs/qemu-system-x86_64', `#!/bin/sh\nsleep 1000 & echo $! > "$0.pid"; wait\n`, 0o755)
    try {
      const command = `"$0" "$1" doctor & n=0
        until [ -s "$2.pid" ] || [ $n -gt 300 ]; do sleep 0.1; n=$((n+1)); done
        kill -INT $!; wait $!; echo "status $?"; n=0
        while kill -0 "$(cat "$2.pid")" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
        grep -q ") Z" "/proc/$(cat "$2.pid")/stat" 2>/dev/null || kill -0 "$(cat "$2.pid")" 2>/dev/null && echo alive`
      rmSync(`${script}.pid`, { force: true })
      // Not with sh's own `&`, which makes its jobs ignore SIGINT: a shell with job control does not.
      const args = ['-c', `set -m; ${command}`, process.execPath, SLIPWAY, script]
      const { stdout } = spawnSync('/bin/bash', args, { encoding: 'utf8', env: environment() })
      assert.equal(stdout, 'status 130\n')
    } finally {
      rmSync(script)
    }
  })

  it('sees a limit under which a run fails', () => {
    const under = (...words: readonly string[]) => {
      const args = ['-c', 'ulimit -d 300000; exec "$0" "$@"', process.execPath, SLIPWAY, ...words]
      return spawnSync('/bin/sh', args, { encoding: 'utf8', env: environment() })
    }
    assert.equal(under('run', guestPath('hello')).status, 125)
    const { status, stdout } = under('doctor', '--json', guestPath('hello'))
    const report = JSON.parse(stdout) as DoctorReport
    assert.deepEqual([status, statusOf(report, 'address-space')], [1, 'missing'])
  })

  it('takes no words of a program for a version that only look like one', () => {
    const script = make('programs/qemu-system-x86_64', `#!/bin/sh\nprintf 'QEMU emulator\\033[2J version 9'\n`, 0o755)
    try {
      const { report } = doctor()
      const probe = report.probes.find(({ name }) => name === 'qemu-system-x86_64')
      assert.equal(probe?.status, 'limited')
      assert.match(probe?.detail ?? '', /"QEMU emulator\\u001b\[2J version 9"/)
    } finally {
      rmSync(script)
    }
  })
})

describe('slipway doctor ARTEFACT', linux, () => {
  const own = (report: DoctorReport) => report.artefact?.ways.find(({ name }) => name === 'slipway run')

  it('says that a guest runs', () => {
    const { status, report } = doctor(guestPath('hello'))
    assert.deepEqual([status, report.ready, own(report)?.runs], [0, true, 'yes'])
  })

  it('names the flags for devices', () => {
    const path = make('net.spt', sampleArtefact())
    const { status, report } = doctor(path)
    assert.deepEqual([status, own(report)?.runs], [0, 'yes'])
    assert.match(own(report)?.advice ?? '', /--net service=/)
  })

  it('names what could run a guest for another target', () => {
    const { status, report } = doctor(make('net.hvt', sampleArtefact({ target: 'hvt' })))
    assert.deepEqual([status, report.ready, own(report)?.runs], [1, false, 'no'])
    assert.match(own(report)?.detail ?? '', /not by this version/)
    const tender = report.artefact?.ways.find(({ name }) => name === 'solo5-hvt')
    assert.equal(tender?.runs, 'no')
    assert.match(tender?.advice ?? '', /Solo5/)
  })

  it('does not trust a program with KVM where KVM does not answer', () => {
    make('programs/solo5-hvt', '#!/bin/sh\n', 0o755)
    try {
      const { report } = doctor(make('net.hvt', sampleArtefact({ target: 'hvt' })))
      const tender = report.artefact?.ways.find(({ name }) => name === 'solo5-hvt')
      const kvm = statusOf(report, 'kvm')
      assert.equal(tender?.runs === 'yes', kvm === 'ok', `${tender?.runs}, while KVM is ${kvm}`)
    } finally {
      rmSync(join(programs, 'solo5-hvt'))
    }
  })

  it('says what a run would refuse', () => {
    const bytes = sampleArtefact()
    bytes[64 + 56 + 4] = 7 // the first PT_LOAD: readable, writable and executable
    const { status, report } = doctor(make('odd.spt', bytes))
    assert.deepEqual([status, own(report)?.runs], [1, 'no'])
    assert.match(own(report)?.detail ?? '', /p_flags/)
  })

  it('says what a file is that nothing starts', () => {
    const { status, report } = doctor(make('script', '#!/bin/sh\necho a script, and long enough to be looked at\n'))
    assert.deepEqual([status, report.ready], [1, false])
  })

  it('fails with 125 for what cannot be read or is damaged', () => {
    const damaged = make('damaged.spt', sampleArtefact().subarray(0, 5000))
    for (const path of [join(directory, 'none.spt'), damaged]) {
      const { status, stdout, stderr } = slipway(['doctor', path], { env: environment() })
      assert.deepEqual([status, stdout], [125, ''])
      assert.match(stderr, /^slipway: .*\n/)
    }
  })
})

describe(
  'slipway doctor where launchers cannot be executed',
  needs({ host: ['linux', 'x86-64', 'root', 'memfd-noexec'], commands: ['unshare', 'mount'] }),
  () => {
    const inNamespace = (commands: string, ...words: readonly string[]) => {
      const script = `set -e; ${commands}; set +e; "$NODE" "$0" doctor --json "$@"`
      const env = { ...environment(), NODE: process.execPath }
      const args = ['--mount', '--pid', '--fork', '--mount-proc', '/bin/sh', '-c', script, SLIPWAY, ...words]
      const { status, stdout } = spawnSync('unshare', args, { encoding: 'utf8', env, cwd: directory, timeout: 50_000 })
      return { status, report: JSON.parse(stdout) as DoctorReport }
    }
    const noexec = ['home', 'runtime'].map((name) => `mount -t tmpfs -o noexec none ${name}`).join('; ')

    it('says so, and what to do', () => {
      const { status, report } = inNamespace(`echo 2 > /proc/sys/vm/memfd_noexec; ${noexec}`)
      const places = report.probes.find(({ name }) => name === 'launcher-places')
      assert.deepEqual([status, report.ready, places?.status], [1, false, 'missing'])
      assert.match(places?.advice ?? '', /XDG_RUNTIME_DIR/)
      assert.equal(statusOf(report, 'memfd'), 'limited')
    })

    it('says that the artefact would not run either', () => {
      const { status, report } = inNamespace(`echo 2 > /proc/sys/vm/memfd_noexec; ${noexec}`, guestPath('hello'))
      const own = report.artefact?.ways[0]
      assert.deepEqual([status, own?.runs], [1, 'no'])
      assert.match(own?.detail ?? '', /launcher-places/)
    })

    it('does not take a /dev/kvm that is something else for KVM', () => {
      const fake = 'mount -t tmpfs none /dev; mknod /dev/null c 1 3; mknod /dev/kvm c 1 3'
      const { status, report } = inNamespace(fake)
      assert.equal(status, 0)
      assert.ok(['missing', 'unknown'].includes(statusOf(report, 'kvm') ?? ''))
      assert.equal(statusOf(report, 'tap'), 'missing')
    })

    it('is content with one place', () => {
      const { status, report } = inNamespace(noexec)
      assert.deepEqual([status, statusOf(report, 'launcher-places')], [0, 'ok'])
    })
  },
)

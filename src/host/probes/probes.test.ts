import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { judgeKernel, judgeSeccomp } from './kernel.ts'
import { judgeKvm, type KvmSight } from './kvm.ts'
import { judgeMemfd, judgeNode, judgePlaces } from './launchers.ts'
import { judgeAddressSpace, judgeOpenFiles, judgeProcesses, judgeRest, softLimit } from './limits.ts'
import {
  groupLimit,
  hasCapability,
  judgeHugePages,
  judgeLowestAddress,
  judgeMemory,
  judgeOvercommit,
} from './memory.ts'
import { judgeNamespaces, judgePing, judgeUserNetwork, judgeTap } from './network.ts'
import type { Observation, Read, Status } from './probe.ts'
import { judgeQemu } from './programs.ts'
import { judgeSpace } from './storage.ts'

/** A machine on which everything is as one would wish, as its kernel tells it. */
const GOOD: Readonly<Record<string, string>> = {
  '/proc/self/status': 'Name:\tnode\nCapEff:\t0000000000001000\nSeccomp:\t0\nSeccomp_filters:\t0\n',
  '/proc/sys/kernel/seccomp/actions_avail': 'kill_process kill_thread trap errno user_notif trace log allow\n',
  '/proc/sys/vm/overcommit_memory': '0\n',
  '/proc/sys/vm/mmap_min_addr': '65536\n',
  '/proc/sys/vm/memfd_noexec': '0\n',
  '/proc/meminfo': 'MemAvailable:    8000000 kB\nCommitLimit:    9000000 kB\nCommitted_AS:     100000 kB\n',
  '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never\n',
  '/proc/self/cgroup': '0::/user.slice/one\n',
  '/proc/self/limits': [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max data size             unlimited            unlimited            bytes     ',
    'Max core file size        0                    unlimited            bytes     ',
    'Max processes             96365                96365                processes ',
    'Max open files            1024                 524288               files     ',
    'Max locked memory         8388608              8388608              bytes     ',
    'Max address space         unlimited            unlimited            bytes     ',
  ].join('\n'),
  '/proc/sys/kernel/pid_max': '4194304\n',
  '/proc/misc': '200 tun\n232 kvm\n183 hw_random\n',
  '/proc/cpuinfo': 'flags\t\t: fpu vme vmx\n',
  '/sys/module/kvm_intel/parameters/nested': 'Y\n',
  '/proc/sys/net/ipv4/ping_group_range': '0\t2147483647\n',
  '/proc/sys/user/max_user_namespaces': '96365\n',
}

const machine = (changes: Readonly<Record<string, string | undefined>> = {}): Read => {
  const files: Readonly<Record<string, string | undefined>> = { ...GOOD, ...changes }
  return (path) => files[path]
}

const limits = (from: string, to: string) =>
  machine({ '/proc/self/limits': GOOD['/proc/self/limits']?.replace(from, to) })

/** What is judged bad comes with words that say so; the words themselves are nobody's contract. */
function assertStatus(observation: Observation, status: Status, says: RegExp): void {
  assert.equal(observation.status, status, observation.detail)
  assert.match(`${observation.detail} -> ${observation.advice ?? ''}`, says)
}

const CASES: readonly (readonly [what: string, observe: () => Observation, status: Status, says: RegExp])[] = [
  ['a new Linux', () => judgeKernel({ platform: 'linux', machine: 'x64', kernel: '6.1.0-50' }), 'ok', /6\.1\.0-50/],
  ['an old Linux', () => judgeKernel({ platform: 'linux', machine: 'x64', kernel: '5.8.9' }), 'missing', /5\.9/],
  ['another system', () => judgeKernel({ platform: 'darwin', machine: 'x64', kernel: '24.0' }), 'missing', /darwin/],
  ['another processor', () => judgeKernel({ platform: 'linux', machine: 'arm64', kernel: '6.1' }), 'missing', /arm64/],

  ['seccomp', () => judgeSeccomp(machine()), 'ok', /kill/],
  [
    'a container',
    () => judgeSeccomp(machine({ '/proc/self/status': 'Seccomp:\t2\nSeccomp_filters:\t3\n' })),
    'ok',
    /under 3/,
  ],
  ['no seccomp', () => judgeSeccomp(machine({ '/proc/self/status': 'Name:\tnode\n' })), 'missing', /CONFIG_SECCOMP/],
  [
    'no filters',
    () => judgeSeccomp(machine({ '/proc/sys/kernel/seccomp/actions_avail': undefined })),
    'missing',
    /filters/,
  ],
  [
    'filters that only kill threads',
    () => judgeSeccomp(machine({ '/proc/sys/kernel/seccomp/actions_avail': 'kill_thread allow\n' })),
    'missing',
    /kill/,
  ],
  ['no /proc', () => judgeSeccomp(() => undefined), 'unknown', /mount/],

  ['a place', () => judgePlaces([{ place: '"/run"', reason: undefined }]), 'ok', /^"\/run" /],
  [
    'one place of two',
    () =>
      judgePlaces([
        { place: 'memfd', reason: 'EACCES' },
        { place: '"/run"', reason: undefined },
      ]),
    'ok',
    /"\/run"; not memfd: EACCES/,
  ],
  ['no place', () => judgePlaces([{ place: 'memfd', reason: 'EACCES' }]), 'missing', /EACCES.*XDG_RUNTIME_DIR/],
  ['a memfd', () => judgeMemfd(undefined, machine()), 'ok', /memfd_noexec=0/],
  [
    'refused memfds',
    () => judgeMemfd('EACCES', machine({ '/proc/sys/vm/memfd_noexec': '2\n' })),
    'limited',
    /noexec=2.*sysctl/,
  ],
  ['a Node.js that can exec', () => judgeNode('24.1.0', true, false), 'ok', /by itself/],
  ['a Node.js with FFI', () => judgeNode('20.20.0', false, true), 'ok', /FFI/],
  ['a Node.js with neither', () => judgeNode('20.20.0', false, false), 'limited', /22\.15/],

  ['heuristic overcommit', () => judgeOvercommit(machine()), 'ok', /=0/],
  [
    'strict overcommit with room',
    () => judgeOvercommit(machine({ '/proc/sys/vm/overcommit_memory': '2' })),
    'limited',
    /8\.5 GiB/,
  ],
  [
    'strict overcommit without',
    () =>
      judgeOvercommit(
        machine({
          '/proc/sys/vm/overcommit_memory': '2',
          '/proc/meminfo': 'CommitLimit: 600000 kB\nCommitted_AS: 100000 kB\n',
        }),
      ),
    'missing',
    /488\.3 MiB.*--mem/,
  ],
  [
    'strict overcommit of an unknown size',
    () => judgeOvercommit(machine({ '/proc/sys/vm/overcommit_memory': '2', '/proc/meminfo': '' })),
    'unknown',
    /meminfo/,
  ],
  ['the usual lowest address', () => judgeLowestAddress(machine(), false), 'ok', /65536/],
  [
    'a higher one',
    () => judgeLowestAddress(machine({ '/proc/sys/vm/mmap_min_addr': '131072' }), false),
    'missing',
    /sysctl/,
  ],
  [
    'a higher one for who may',
    () => judgeLowestAddress(machine({ '/proc/sys/vm/mmap_min_addr': '131072' }), true),
    'ok',
    /131072/,
  ],
  ['huge pages', () => judgeHugePages(machine()), 'ok', /madvise/],
  ['a kernel without huge pages', () => judgeHugePages(() => undefined), 'ok', /none/],
  ['memory', () => judgeMemory(machine()), 'ok', /7\.6 GiB/],
  [
    'memory of a small control group',
    () => judgeMemory(machine({ '/sys/fs/cgroup/user.slice/memory.max': '33554432\n' })),
    'limited',
    /at most 32 MiB/,
  ],

  ['no limit of address space', () => judgeAddressSpace(machine()), 'ok', /unlimited/],
  [
    'address space for a guest',
    () => judgeAddressSpace(limits('Max address space         unlimited ', 'Max address space         1073741824')),
    'limited',
    /1 GiB.*-v/,
  ],
  [
    'too little address space',
    () => judgeAddressSpace(limits('Max address space         unlimited ', 'Max address space         500000000 ')),
    'missing',
    /-v/,
  ],
  [
    'too little data',
    () => judgeAddressSpace(limits('Max data size             unlimited ', 'Max data size             500000000 ')),
    'missing',
    /-d/,
  ],
  ['limits that cannot be read', () => judgeAddressSpace(() => undefined), 'unknown', /limits/],
  ['open files', () => judgeOpenFiles(machine()), 'ok', /1024/],
  ['few open files', () => judgeOpenFiles(limits('1024  ', '64    ')), 'limited', /ulimit -n/],
  ['processes', () => judgeProcesses(machine()), 'ok', /96365 \(ulimit -u\)/],
  [
    'few processes in a control group',
    () => judgeProcesses(machine({ '/sys/fs/cgroup/user.slice/one/pids.max': '20\n' })),
    'limited',
    /20.*pids\.max/,
  ],
  ['other limits', () => judgeRest(machine()), 'ok', /8 MiB.*0 B/],

  ['a TAP device for who may make interfaces', () => judgeTap({ there: true }, machine()), 'ok', /made/],
  [
    'a TAP device for others',
    () => judgeTap({ there: true }, machine({ '/proc/self/status': 'CapEff:\t0000000000000000\n' })),
    'limited',
    /ip tuntap/,
  ],
  ['no TAP device', () => judgeTap({ there: false }, machine()), 'missing', /modprobe tun/],
  [
    'a TAP device that may not be opened',
    () => judgeTap({ there: true, refusal: 'EPERM' }, machine()),
    'missing',
    /EPERM/,
  ],
  [
    'a TAP device without driver',
    () => judgeTap({ there: true }, machine({ '/proc/misc': '' })),
    'unknown',
    /not tried/,
  ],
  ['networks of ours', () => judgeUserNetwork({ kind: 'seqpacket', maxMtu: 65535 }), 'ok', /without root/],
  [
    'networks of ours without FFI',
    () => judgeUserNetwork({ kind: 'udp', maxMtu: 65493 }),
    'limited',
    /over UDP on loopback: slower, MTU at most 65493.*install koffi/s,
  ],
  ['pings', () => judgePing(machine(), [1000]), 'ok', /2147483647/],
  [
    'pings for nobody',
    () => judgePing(machine({ '/proc/sys/net/ipv4/ping_group_range': '1\t0\n' }), [0, 1]),
    'limited',
    /nobody/,
  ],
  [
    'pings for others',
    () => judgePing(machine({ '/proc/sys/net/ipv4/ping_group_range': '5\t9\n' }), [4, 10]),
    'limited',
    /not for this user/,
  ],
  ['pings of an unknown range', () => judgePing(() => undefined, [0]), 'unknown', /ping_group_range/],

  ['namespaces', () => judgeNamespaces(machine(), false, 0), 'ok', /can/],
  ['a kernel without namespaces', () => judgeNamespaces(() => undefined, false, 1), 'missing', /none/],
  [
    'namespaces that a setting forbids',
    () => judgeNamespaces(machine({ '/proc/sys/kernel/unprivileged_userns_clone': '0' }), false, 1),
    'missing',
    /unprivileged_userns_clone=0/,
  ],
  [
    'namespaces that AppArmor forbids',
    () => judgeNamespaces(machine({ '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1' }), false, 1),
    'missing',
    /apparmor/,
  ],
  ['namespaces refused for no visible reason', () => judgeNamespaces(machine(), true, 1), 'missing', /refused/],
  ['namespaces that nothing tried', () => judgeNamespaces(machine(), false, undefined), 'unknown', /unshare/],

  [
    'QEMU',
    () => judgeQemu({ status: 0, output: 'QEMU emulator version 7.2.15 (Debian)\nCopyright' }),
    'ok',
    /version 7\.2\.15 /,
  ],
  [
    'a program that is not QEMU',
    () => judgeQemu({ status: 0, output: '\u001b[2Jhello\n' }),
    'limited',
    /"\\u001b\[2Jhello"/,
  ],
  ['a QEMU that fails', () => judgeQemu({ status: 127, output: '' }), 'limited', /127.*nothing/],
  ['room', () => judgeSpace('/tmp', 2 ** 30), 'ok', /"\/tmp", 1 GiB/],
  ['no room', () => judgeSpace('/tmp', 2 ** 20), 'limited', /room/],
]

describe('a probe', () => {
  for (const [what, observe, status, says] of CASES) {
    it(`calls ${what} ${status}`, () => assertStatus(observe(), status, says))
  }
})

describe('judgeKvm()', () => {
  const cases: readonly (readonly [what: string, sight: KvmSight, status: Status, says: RegExp])[] = [
    ['answers', { there: true, version: 12 }, 'ok', /12, kvm_intel, nested/],
    ['is not there', { there: false }, 'missing', /no \/dev\/kvm/],
    ['is for others', { there: true, refusal: 'EACCES' }, 'missing', /usermod/],
    ['is there, but nothing behind it', { there: true, refusal: 'ENODEV' }, 'missing', /ENODEV/],
    ['cannot be asked', { there: true }, 'unknown', /koffi/],
    ['is something else', { there: true, version: -25 }, 'missing', /-25/],
    ['is paravirtual', { there: true, version: 12, paravirtual: true }, 'limited', /kvm_pvm.*floating/],
  ]
  for (const [what, sight, status, says] of cases) {
    it(`says ${status} of a device that ${what}`, () => assertStatus(judgeKvm(sight, machine()), status, says))
  }
  it('says unknown of a device without a driver, which opening it would load', () => {
    assertStatus(judgeKvm({ there: true }, machine({ '/proc/misc': '200 tun\n' })), 'unknown', /not tried/)
  })
  it('knows a virtual machine, in which another remedy helps', () => {
    const read = machine({ '/proc/cpuinfo': 'flags\t\t: fpu hypervisor vmx\n' })
    assertStatus(judgeKvm({ there: false }, read), 'missing', /nested/)
    assertStatus(judgeKvm({ there: false }, machine()), 'missing', /modprobe/)
  })
})

describe('groupLimit()', () => {
  it('takes the lowest of all groups above', () => {
    const read = machine({
      '/sys/fs/cgroup/user.slice/memory.max': '2000\n',
      '/sys/fs/cgroup/user.slice/one/memory.max': '3000\n',
      '/sys/fs/cgroup/memory.max': 'max\n',
    })
    assert.equal(groupLimit(read, 'memory'), 2000)
  })
  it('reads control groups of version 1', () => {
    const read = machine({
      '/proc/self/cgroup': '8:pids:/\n4:cpu,memory:/a/b\n0::/\n',
      '/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '4096\n',
      '/sys/fs/cgroup/pids/pids.max': '7\n',
    })
    assert.equal(groupLimit(read, 'memory'), 4096)
    assert.equal(groupLimit(read, 'pids'), 7)
  })
  it('is undefined where nothing is limited', () => {
    assert.equal(groupLimit(machine(), 'memory'), undefined)
    assert.equal(
      groupLimit(() => undefined, 'pids'),
      undefined,
    )
  })
})

describe('softLimit()', () => {
  it('is the first of the two columns', () => assert.equal(softLimit(machine(), 'Max open files'), 1024))
})

describe('hasCapability()', () => {
  it('looks at one bit', () => {
    assert.deepEqual(
      [11n, 12n, 13n].map((bit) => hasCapability(machine(), bit)),
      [false, true, false],
    )
  })
})

// Files that a compiler makes: unikernels laid out as their projects do it, kernels of each boot protocol, ordinary programs. What
// readelf, file and grub-file say of them is what inspect says.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { beforeAll, describe, it } from 'vitest'
import { inspect } from '../../src/run/inspect.ts'
import { composeToFile } from '../../src/run/compose.ts'
import { guestPath } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { assertSegments, build, fact, notesOf, run, scratch } from './_tools.ts'

const MAIN = 'void _start(void) { for (;;) __asm__ volatile("hlt"); }\n'

const MULTIBOOT1 = `
__attribute__((used, section(".multiboot"), aligned(4))) static const unsigned header[] = { 0x1badb002, 3, -(0x1badb002u + 3) };
${MAIN}`

const MULTIBOOT2 = `
__attribute__((used, section(".multiboot"), aligned(8))) static const unsigned header[] =
  { 0xe85250d6, 0, 24, -(0xe85250d6u + 24), 0, 8 };
${MAIN}`

const note = (name: string, type: number, data: string): string => `
__asm__(".pushsection .note.${name}, \\"a\\", @note\\n .balign 4\\n .long 2f-1f, 4f-3f, ${type}\\n"
        "1: .asciz \\"${name}\\"\\n2: .balign 4\\n3: ${data}\\n4: .balign 4\\n .popsection");`

const XEN = [
  note('Xen', 6, '.asciz \\"Mini-OS\\"'),
  note('Xen', 8, '.asciz \\"generic\\"'),
  note('Xen', 5, '.asciz \\"xen-3.0\\"'),
  note('Xen', 2, '.quad 0x2000'),
].join('')
const PVH = note('Xen', 18, '.long 0x100000')

/** As uk/libparam.h of core 0.17 and newer has them. */
const UNIKRAFT = `
#include <stddef.h>
#include <stdint.h>
struct param { const char *prefix, *name, *desc; uint32_t type; size_t count; void *addr, *pdata; };
static void *data;
#define PARAM(id, ...) __attribute__((used, section(".uk_libparam_params"), aligned(8))) static const struct param id = { __VA_ARGS__, &data, &data }
PARAM(fstab, "vfs", "fstab", "Automount table", 11, 16);
PARAM(vars, "env", "vars", NULL, 11, 8);
PARAM(port, "ns16550", "early_port", NULL, 5, 1);
__attribute__((used, section(".uk_bootinfo"))) static char bootinfo[64] = { 1 };
struct __attribute__((packed)) info { uint32_t len; uint16_t version; uint16_t type; uint32_t size; char text[13]; };
__attribute__((used, section(".uk_libinfo"), aligned(1))) static const struct info info[] = {
  { sizeof(struct info), 1, 1, sizeof(struct info) - 6, "libvfscore" }, { sizeof(struct info), 1, 7, sizeof(struct info) - 6, "0.18.0~abc" } };
${MAIN}`

const OLD_UNIKRAFT = `
#include <stddef.h>
#include <stdint.h>
struct param { const char *name, *desc; uint32_t type; size_t count; void *addr, *pdata; };
static void *data;
static const struct param ip = { "ip", NULL, 11, 1, &data, &data };
__attribute__((used, section(".uk_libparam_params_libuknetdev"))) static const struct param *const ips[] = { &ip };
${MAIN}`

const RECIPE = note(
  'rumpkernel.org',
  0x101,
  '.asciz \\"rumprun_tuple: x86_64-rumprun-netbsd\\"\\n .asciz \\"rumprun_tooldir: /t\\"\\n .asciz \\"rumprun_backingcc: cc\\"\\n .asciz \\"rumprun_cflags:\\"',
).replace('.note.rumpkernel.org', '.note.rumprun.bakerecipe')

const RUMPRUN = `
__attribute__((used, section(".multiboot"), aligned(4))) static const unsigned header[] = { 0x1badb002, 3, -(0x1badb002u + 3) };
static const char recipe[] = "rumprun_tuple: x86_64-rumprun-netbsd";
const char *keep(void) { return recipe; }
int rumprun_main0(void) { return 0; }
int rumprun_main1(void) { return 1; }
struct bin { const char *name; int (*main)(void); };
static struct bin first = { "httpd", rumprun_main0 }, second = { "hello.bin", rumprun_main1 };
struct bin *rumprun_bins[] = { &first, &second, 0 };
${MAIN}`

const GENODE = `
extern char first_name[], second_name[];
__asm__(".data\\n first_name: .asciz \\"core\\"\\n second_name: .asciz \\"init\\"\\n .balign 8\\n"
        ".global _boot_modules_headers_begin\\n_boot_modules_headers_begin: .quad first_name, 0, 0, second_name, 0, 0\\n"
        ".global _boot_modules_headers_end\\n_boot_modules_headers_end: .quad 0\\n.text");
${MULTIBOOT1}`

describe(
  'files that gcc and ld have made',
  needs({ host: ['linux', 'x86-64'], commands: ['gcc', 'ld', 'objcopy', 'readelf', 'file', 'grub-file'] }),
  () => {
    const directory = scratch()
    const at = (name: string): string => join(directory, name)

    beforeAll(() => {
      build(directory, 'multiboot1', MULTIBOOT1, '-m32')
      build(directory, 'multiboot2', MULTIBOOT2, '-m32')
      build(directory, 'xen', `${XEN}${MAIN}`)
      build(directory, 'pvh', `${PVH}${MAIN}`)
      build(directory, 'unikraft-fc', UNIKRAFT)
      build(directory, 'unikraft-old', OLD_UNIKRAFT)
      build(directory, 'unikraft-xen', `${XEN.replace('Mini-OS', 'Unikraft')}${UNIKRAFT}`)
      build(
        directory,
        'unikraft-64',
        `__asm__(".section .multiboot, \\"a\\"\\n .balign 4\\n .long 0x1badb002, 3, -(0x1badb002 + 3)\\n .text");${UNIKRAFT}`,
      )
      run('objcopy', '-O', 'elf32-i386', '--strip-all', at('unikraft-64'), at('unikraft-qemu'))
      build(directory, 'rumprun', RUMPRUN)
      run('objcopy', '--strip-all', at('rumprun'), at('rumprun-stripped'))
      build(directory, 'rumprun.o', RECIPE, '-c', '-static')
      build(directory, 'genode', GENODE)
      build(directory, 'object.o', MAIN, '-c')
      build(directory, 'static', MAIN)
      run(
        'gcc',
        '-ffreestanding',
        '-nostdlib',
        '-fPIE',
        '-pie',
        '-Wl,--dynamic-linker=ld.lib.so',
        '-o',
        at('component'),
        at('static.c'),
      )
      run('gcc', '-nostdlib', '-fPIC', '-shared', '-o', at('library.so'), at('static.c'))
      run('gcc', '-nostdlib', '-fPIE', '-static-pie', '-o', at('pie'), at('static.c'))
      build(directory, 'writable', MAIN, '-Wl,--omagic')
      composeToFile(guestPath('hello'), at('launcher'), {})
    })

    const expected: [name: string, family: string, target: string | null, file: RegExp][] = [
      ['multiboot1', 'multiboot', 'multiboot', /^ELF 32-bit LSB executable, Intel 80386/],
      ['multiboot2', 'multiboot', 'multiboot2', /^ELF 32-bit LSB executable, Intel 80386/],
      ['xen', 'xen', 'pv', /^ELF 64-bit LSB executable, x86-64/],
      ['pvh', 'xen', 'pvh', /^ELF 64-bit LSB executable, x86-64/],
      ['unikraft-fc', 'unikraft', 'fc-x86_64', /^ELF 64-bit LSB executable, x86-64/],
      ['unikraft-old', 'unikraft', 'fc-x86_64', /^ELF 64-bit LSB executable, x86-64/],
      ['unikraft-xen', 'unikraft', 'xen-x86_64', /^ELF 64-bit LSB executable, x86-64/],
      ['unikraft-qemu', 'unikraft', 'qemu-x86_64', /^ELF 32-bit LSB executable, Intel 80386/],
      ['rumprun', 'rumprun', 'hw', /^ELF 64-bit LSB executable, x86-64/],
      ['rumprun-stripped', 'rumprun', 'hw', /^ELF 64-bit .* stripped$/],
      ['rumprun.o', 'rumprun', null, /^ELF 64-bit LSB relocatable, x86-64/],
      ['genode', 'genode', 'image', /^ELF 64-bit LSB executable, x86-64/],
      ['component', 'genode', 'component', /interpreter ld\.lib\.so/],
      ['object.o', 'program', null, /^ELF 64-bit LSB relocatable, x86-64/],
      ['static', 'program', null, /^ELF 64-bit LSB executable, x86-64/],
      ['library.so', 'program', null, /^ELF 64-bit LSB shared object, x86-64/],
      ['pie', 'program', null, /^ELF 64-bit LSB (?:pie executable|shared object), x86-64/],
      ['launcher', 'launcher', 'spt', /^ELF 64-bit LSB executable, x86-64/],
    ]
    for (const [name, family, target, said] of expected) {
      it(`knows ${name}, as file does what it can`, () => {
        const report = inspect(at(name))
        assert.deepEqual([report.family, report.target], [family, target], report.summary)
        assert.match(run('file', '-b', at(name)).trim(), said)
        if (!name.endsWith('.o')) assertSegments(report, at(name))
      })
    }

    it('agrees with grub-file about who can be booted by which protocol', () => {
      for (const [option, target] of [
        ['--is-x86-multiboot', 'multiboot'],
        ['--is-x86-multiboot2', 'multiboot2'],
      ] as const) {
        const protocol = target === 'multiboot' ? 'Multiboot 1' : 'Multiboot 2'
        for (const [name] of expected) {
          const needed = inspect(at(name)).needs.some(({ detail }) => detail === protocol)
          assert.equal(grubFile(option, at(name)), needed, `${name} ${option}`)
        }
      }
    })

    it('reads the notes that readelf reads', () => {
      const notes = notesOf(at('unikraft-xen')).filter(({ name }) => name === 'Xen')
      const text = (type: number): string =>
        String.fromCharCode(...(notes.find((one) => one.type === type)?.bytes ?? [])).replace('\0', '')
      const report = inspect(at('unikraft-xen'))
      assert.equal(notes.length, 4)
      assert.equal(fact(report, 'Xen GUEST_OS'), `"${text(6)}"`)
      assert.equal(fact(report, 'Xen LOADER'), `"${text(8)}"`)
      assert.equal(fact(report, 'Xen XEN_VERSION'), `"${text(5)}"`)
    })

    it('lists the parameters of Unikraft in each form of file', () => {
      for (const name of ['unikraft-fc', 'unikraft-qemu', 'unikraft-xen']) {
        const listed = inspect(at(name)).accepts.map((one) => `${one.name} ${one.form}`)
        assert.deepEqual(
          listed.slice(0, 3).sort(),
          ['env.vars charp[8]', 'ns16550.early_port u16', 'vfs.fstab charp[16]'],
          name,
        )
        assert.match(fact(inspect(at(name)), 'libraries') ?? '', /"libvfscore"/)
        assert.equal(fact(inspect(at(name)), 'version'), '"0.18.0~abc"')
      }
      assert.equal(inspect(at('unikraft-old')).accepts[0]?.name, 'ip')
    })

    it('names the programs in rumprun, and only counts them once the names are gone', () => {
      assert.equal(fact(inspect(at('rumprun')), 'programs'), '"httpd" "hello.bin"')
      assert.equal(fact(inspect(at('rumprun-stripped')), 'programs'), '1, whose names are not in the file')
      assert.equal(fact(inspect(at('rumprun.o')), 'bake tuple'), '"x86_64-rumprun-netbsd"')
    })

    it('lists the modules of Genode', () => {
      assert.equal(fact(inspect(at('genode')), 'boot modules'), '"core" "init"')
    })

    it('finds memory that is writable and executable', () => {
      const { findings } = inspect(at('writable'))
      assert.ok(
        findings.some(({ field, message }) => field.endsWith('p_flags') && message.includes('writable and executable')),
      )
      assert.deepEqual(inspect(at('static')).findings, [])
    })
  },
)

function grubFile(option: string, path: string): boolean {
  try {
    run('grub-file', option, path)
    return true
  } catch {
    return false
  }
}

// A machine with Debian's own kernel, emulated without KVM: for tests of what a real Linux does with what we make.

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const PATIENCE = 280_000 // ms until it has to have switched itself off

/** `6.1.0-50-cloud-amd64`; the package linux-image-cloud-amd64 has to be there. */
export function debianKernel(): string {
  const kernel = readdirSync('/boot').find((name) => /^vmlinuz-.*cloud-amd64$/.test(name)) ?? ''
  return kernel.slice('vmlinuz-'.length)
}

/** Boots into the initramfs at a path, with so many MiB, and returns all that the machine prints until it is off. */
export function bootDebian(initrd: string, memory: number, line = 'console=ttyS0 quiet panic=1'): string {
  const machine = ['-accel', 'tcg', '-cpu', 'max', '-m', `${memory}`, '-nographic', '-nodefaults', '-serial', 'stdio']
  const start = ['-kernel', `/boot/vmlinuz-${debianKernel()}`, '-initrd', initrd, '-append', line]
  const words = [...machine, '-no-reboot', ...start]
  return execFileSync('qemu-system-x86_64', words, { encoding: 'utf8', timeout: PATIENCE }).replaceAll('\r', '')
}

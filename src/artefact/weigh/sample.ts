// A weighed file without the file: for the tests of what shows one. Pure.

import type { WeighedFile } from './report.ts'
import { branch, leaf, type Weight } from './weight.ts'

/** What a hostile artefact would call its files and functions. */
export const HOSTILE_NAMES: readonly string[] = [
  '</script><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "'&amp;]]>",
  '\u001b[2J\u009b2J\u0000\u0007',
  '\u202etxt.exe\u2066\u200b\ufeff',
  '\udcff\ud800',
  '\u2028\uffff\ufffe',
  'long'.repeat(500),
  ' ',
  '',
]

const text = branch('section', '.text', [
  leaf('symbol', 'main', 'code', 4000),
  branch('source', 'net.c', [leaf('symbol', 'send', 'code', 2000), leaf('symbol', 'receive', 'code', 1500)]),
  ...Array.from({ length: 20 }, (_, i) => leaf('symbol', `small${i}`, 'code', 10)),
])
const site = branch('directory', 'site', [
  leaf('file', 'index.html', 'files', 6000),
  leaf('file', 'logo.png', 'files', 9000),
])

export const SAMPLE_TREE: Weight = branch('whole', 'shop.spt', [
  branch('segment', 'LOAD r-x', [text, leaf('note', 'Solo5 ABI1', 'headers', 36)]),
  branch('baked', 'baked in', [
    branch('part', 'files storage', [site, leaf('tables', 'tar headers and padding', 'headers', 1000)]),
    leaf('part', 'config', 'settings', 120),
  ]),
  leaf('padding', 'padding', 'free', 500),
  leaf('headers', 'ELF header', 'headers', 64),
])

export const SAMPLE_WEIGHED: WeighedFile = {
  file: 'shop.spt',
  family: 'solo5',
  summary: 'Solo5 unikernel',
  tree: SAMPLE_TREE,
  images: [{ name: 'storage', format: 'tar', weighedBy: 'stored', files: 2 }],
  remarks: [],
  memoryOnly: 4096,
}

/** All names are such that whoever shows them without care does what they say. */
export const HOSTILE_WEIGHED: WeighedFile = {
  ...SAMPLE_WEIGHED,
  file: HOSTILE_NAMES.join(''),
  tree: branch(
    'whole',
    HOSTILE_NAMES.join(''),
    (['symbol', 'directory', 'section', 'overlap', 'note'] as const).map((kind, i) =>
      branch(
        kind,
        HOSTILE_NAMES[i] ?? '',
        HOSTILE_NAMES.map((name, j) => leaf('file', name, 'files', 1000 + 100 * i + j)),
      ),
    ),
  ),
  images: [{ name: 'storage', format: 'tar', weighedBy: 'share', files: 2 }],
}

// The colours of pictures: one for each use that bytes have, for people who like it light and for those who like it dark. Pure: the page that
// a browser shows uses it as well.

import type { Use } from './weight.ts'

interface Colour {
  readonly light: string
  readonly dark: string
}

const COLOURS: Readonly<Record<Use, Colour>> = {
  code: { light: '#a9cbf0', dark: '#2b5a8a' },
  constants: { light: '#a3dbd1', dark: '#1d655d' },
  data: { light: '#f6c48f', dark: '#87551c' },
  headers: { light: '#cfcfd6', dark: '#55555e' },
  files: { light: '#b9dfa8', dark: '#3d682d' },
  settings: { light: '#dbc1f2', dark: '#634088' },
  tools: { light: '#e4d2b2', dark: '#665331' },
  free: { light: '#f0f0f0', dark: '#2c2c2f' },
  unknown: { light: '#dedbd8', dark: '#46433f' },
  mixed: { light: '#fbfbfb', dark: '#1d1d20' },
}

const GROUND: Readonly<Record<string, Colour>> = {
  ground: { light: '#ffffff', dark: '#141416' },
  ink: { light: '#17171a', dark: '#f2f2f4' },
  line: { light: '#8f8f99', dark: '#77777f' },
  accent: { light: '#b3261e', dark: '#ffb4a9' },
}

/** Custom properties for a style sheet: `--code`, `--ground`, … */
export const PALETTE_CSS = `:root{color-scheme:light dark;${properties('light')}}
@media (prefers-color-scheme:dark){:root{${properties('dark')}}}
${Object.keys(COLOURS)
  .map((use) => `.${use}{fill:var(--${use});background:var(--${use})}`)
  .join('\n')}
`

function properties(scheme: keyof Colour): string {
  return Object.entries({ ...COLOURS, ...GROUND })
    .map(([name, colour]) => `--${name}:${colour[scheme]}`)
    .join(';')
}

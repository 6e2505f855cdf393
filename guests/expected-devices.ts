// The lines of an expected.txt that wire devices. They are written as the flags of `slipway run` are, less what a test makes anew each time:
// a disk has the size of its image in place of a path, a network has nothing in place of its carrier.

import { quote } from '../src/base/quote.ts'

export type ExpectedBlock = {
  readonly device: string
  /** Bytes of the image, which is all zero. */
  readonly size: number
  /** What follows the path in the flag: nothing, or `,ro` and the like. */
  readonly options: string
}

export type ExpectedNet = {
  readonly device: string
  readonly options: string
}

type Refuse = (problem: string) => never

const BLOCK = /^([A-Za-z0-9{}.]+)=([1-9]\d{0,5})([KM]?)((?:,[a-z0-9=]+)*)$/
const NET = /^([A-Za-z0-9{}.]+)((?:,[a-z0-9=:]+)*)$/
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20 }

/** `storage=1M,sector=4096,ro`, or several that differ in a number: `storage{0..62}=4K`. */
export function parseBlocks(text: string, refuse: Refuse): readonly ExpectedBlock[] {
  const [
    ,
    names = refuse(`written like "storage=1M,sector=4096", not ${quote(text)}`),
    digits,
    unit = '',
    options = '',
  ] = BLOCK.exec(text) ?? []
  const size = Number(digits) * (UNITS[unit] ?? 1)
  return expand(names, refuse).map((device) => ({ device, size, options }))
}

/** `service,mtu=9000`, or several: `service{0..31}`. */
export function parseNets(text: string, refuse: Refuse): readonly ExpectedNet[] {
  const [, names = refuse(`written like "service,mtu=9000", not ${quote(text)}`), options = ''] = NET.exec(text) ?? []
  return expand(names, refuse).map((device) => ({ device, options }))
}

/** As a shell expands `{0..62}`. */
function expand(names: string, refuse: Refuse): readonly string[] {
  if (!/[{}.]/.test(names)) return [names]
  const [, before = refuse(`no range of names: ${quote(names)}`), first, last, after = ''] =
    /^(\w*)\{(\d{1,2})\.\.(\d{1,2})\}(\w*)$/.exec(names) ?? []
  const count = Number(last) - Number(first) + 1
  if (count < 1) refuse(`a range that ends before it begins: ${quote(names)}`)
  return Array.from({ length: count }, (_, i) => `${before}${Number(first) + i}${after}`)
}

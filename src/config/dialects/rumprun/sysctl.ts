// The `sysctl` objects of the later specification (docs/discoveries/rumprun.md). Pure.

import { quote } from '../../../base/quote.ts'
import { SYSCTL } from '../../patterns.ts'
import { requireRule } from '../rules.ts'
import type { SourceText } from '../source-text.ts'
import { expectObject } from './expect.ts'
import type { Loose } from './lenient-json.ts'

export function readSysctl(source: SourceText, value: Loose, into: Map<string, string | number | boolean>): void {
  for (const { key, keyStart, value: node } of expectObject(source, value, '"sysctl"')) {
    const name = requireRule(source, key, keyStart, SYSCTL, 'a name in "sysctl"')
    if (into.has(name)) source.tolerate(keyStart, `${quote(name)} is set again; the last value counts`)
    into.set(name, readNode(source, node, name))
  }
}

function readNode(source: SourceText, value: Loose, name: string): string | number | boolean {
  switch (value.type) {
    case 'string':
    case 'boolean':
      return value.value
    case 'number':
      // Guests keep the digits as they stand; where a number of ours would be written otherwise, a string says the same.
      return Number.isSafeInteger(Number(value.value)) && String(Number(value.value)) === value.value
        ? Number(value.value)
        : value.value
    case 'null':
    case 'array':
    case 'object':
      return source.fail('BAD_VALUE', value.start, `${quote(name)} must be a string, a number, true or false`)
  }
}

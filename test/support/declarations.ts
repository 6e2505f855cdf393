// Devices drawn at random, for the property tests of everything that reads or writes a manifest.

import fc from 'fast-check'
import type { DeviceDeclaration } from '../../src/artefact/manifest.ts'

/** What a manifest may declare: up to 63 devices, or fewer, with names of their own. */
export function declarations(most = 63): fc.Arbitrary<DeviceDeclaration[]> {
  const letters = 'ABCXYZabcxyz0189'.split('')
  const name = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 67 })
  const device = fc.record({ name, type: fc.constantFrom('net' as const, 'block' as const) }, { noNullPrototype: true })
  return fc.uniqueArray(device, { selector: ({ name }) => name, maxLength: most })
}

// What elftool gen-manifest demands of a manifest.json: its checks in its order, with its words. Nobody has vouched for the text. Pure.

import { type DeviceDeclaration, isDeviceName, MAX_DEVICES } from '../artefact/manifest.ts'
import { sourceType } from '../artefact/manifest-source.ts'
import { escapeControls } from '../base/quote.ts'
import { type LooseMember, type LooseValue, parseLooseJson } from './solo5-elftool-json.ts'
import { refuse } from './solo5-elftool-refusal.ts'

const MAX_NAME = 67 // bytes

/**
 * The devices, of which two may have one name. `source` is the document's name, shown escaped. Throws what `refuse()` throws.
 * A type that no compiler would know is refused here already.
 */
export function readElftoolSource(bytes: Uint8Array, source: string): DeviceDeclaration[] {
  const refuseAt = (value: LooseValue, problem: string): never =>
    refuse(`${escapeControls(source)}:${value.line}: ${problem}`)
  const expect = <K extends LooseValue['kind']>(value: LooseValue, kind: K, what: string): LooseValue & { kind: K } => {
    if (value.kind !== kind) refuseAt(value, `${what}: expected ${kind}, got ${value.kind}`)
    return value as LooseValue & { kind: K }
  }
  const unknownKey = ({ name, value }: LooseMember, what: string): never =>
    refuseAt(value, `${what}: unknown key: ${showBytes(name)}`)

  const root = expect(parseLooseJson(bytes), 'OBJECT', '(root)')
  let type, version, devices
  for (const member of root.members) {
    const key = cString(member.name)
    if (key === 'type') type = expect(member.value, 'STRING', '.type')
    else if (key === 'version') version = expect(member.value, 'INTEGER', '.version')
    else if (key === 'devices') {
      devices = expect(member.value, 'ARRAY', '.devices')
      for (const element of devices.elements) expect(element, 'OBJECT', '.devices[]')
    } else unknownKey(member, '(root)')
  }
  if (type === undefined) return refuseAt(root, 'missing .type')
  if (version === undefined) return refuseAt(root, 'missing .version')
  if (devices === undefined) return refuseAt(root, 'missing .devices[]')
  if (cString(type.text) !== 'solo5.manifest') refuseAt(type, '.type: invalid value, expected "solo5.manifest"')
  if (version.value !== 1n) refuseAt(version, `.version: invalid version ${version.value}, expected 1`)
  if (devices.elements.length > MAX_DEVICES) {
    refuseAt(devices, `.devices[]: too many entries, maximum ${MAX_DEVICES}`)
  }
  return devices.elements.map((element) => {
    const device = expect(element, 'OBJECT', '.devices[]')
    let name, kind
    for (const member of device.members) {
      const key = cString(member.name)
      if (key === 'name') name = expect(member.value, 'STRING', '.devices[...]')
      else if (key === 'type') kind = expect(member.value, 'STRING', '.devices[...]')
      else unknownKey(member, '.devices[...]')
    }
    if (name === undefined) return refuseAt(device, '.devices[...]: missing .name')
    const text = cString(name.text)
    if (text === '') refuseAt(name, '.devices[...]: .name may not be empty')
    if (text.length > MAX_NAME) refuseAt(name, '.devices[...]: name too long')
    if (!isDeviceName(text)) refuseAt(name, '.devices[...]: name is not alphanumeric')
    if (kind === undefined) return refuseAt(device, '.devices[...]: missing .type')
    const known = sourceType(cString(kind.text))
    return known === undefined
      ? refuseAt(kind, `.devices[...]: unknown type: ${showBytes(kind.text)}`)
      : { name: text, type: known }
  })
}

/** A string of C ends with the first NUL in it. */
function cString(text: string): string {
  return text.split('\0', 1)[0] as string
}

/** A string with a character for each byte, as text that a terminal may see. */
function showBytes(text: string): string {
  const bytes = Uint8Array.from(cString(text), (char) => char.charCodeAt(0))
  return escapeControls(new TextDecoder().decode(bytes))
}

// From a guest's manifest.json to the bytes of its manifest note (Solo5's mft_abi.h): what `solo5-elftool gen-manifest`
// does through a C file. Plain JavaScript, so that guests can be built before anything else is.

const MAX_DEVICES = 63 // the ready set of a yield is one 64-bit word, and entry 0 is reserved
const NAME = /^[A-Za-z0-9]{1,67}$/
const TYPES = new Map([
  ['BLOCK_BASIC', 1],
  ['NET_BASIC', 2],
])
const RESERVED_TYPE = 2 ** 30

const NOTE_TYPE = 0x3154464d // "MFT1"
const CONTENT = 24 // the structure is aligned to 8 within the note, so 4 bytes lie before it
const ENTRIES = CONTENT + 8
const ENTRY_SIZE = 104
const ENTRY_TYPE = 68

/**
 * The note, header included, for the text of a manifest.json. Stricter than the reference: known types, unique names.
 * Throws an Error that says what is wrong.
 */
export function manifestNote(json) {
  const devices = parseManifest(json)
  const note = new Uint8Array(ENTRIES + ENTRY_SIZE * (devices.length + 1))
  const view = new DataView(note.buffer)
  view.setUint32(0, 6, true)
  view.setUint32(4, note.length - 20, true)
  view.setUint32(8, NOTE_TYPE, true)
  note.set(ascii('Solo5'), 12)
  view.setUint32(CONTENT, 1, true)
  view.setUint32(CONTENT + 4, devices.length + 1, true)
  view.setUint32(ENTRIES + ENTRY_TYPE, RESERVED_TYPE, true)
  devices.forEach(({ name, type }, index) => {
    const entry = ENTRIES + ENTRY_SIZE * (index + 1)
    note.set(ascii(name), entry)
    view.setUint32(entry + ENTRY_TYPE, type, true)
  })
  return note
}

/** An assembler file that holds the note in the section from which the linker script makes a program header. */
export function noteAssembler(note) {
  const lines = [
    '        .section .note.solo5.manifest, "a", @note',
    '        .balign 4',
    '        .globl  __solo5_mft1_note',
  ]
  lines.push('__solo5_mft1_note:')
  for (let at = 0; at < note.length; at += 16) {
    lines.push(`        .byte   ${[...note.subarray(at, at + 16)].join(', ')}`)
  }
  lines.push('        .section .note.GNU-stack, "", @progbits', '')
  return lines.join('\n')
}

function parseManifest(json) {
  const manifest = JSON.parse(json)
  requireKeys(manifest, ['type', 'version', 'devices'], 'the manifest')
  require(manifest.type === 'solo5.manifest', 'type is not "solo5.manifest"')
  require(manifest.version === 1, 'version is not 1')
  require(Array.isArray(manifest.devices), 'devices is not an array')
  require(manifest.devices.length <= MAX_DEVICES, `has more than ${MAX_DEVICES} devices`)
  const seen = new Set()
  return manifest.devices.map((device, index) => {
    const where = `devices[${index}]`
    requireKeys(device, ['name', 'type'], where)
    require(typeof device.name === 'string' &&
      NAME.test(device.name), `${where}.name is not 1 to 67 letters and digits`)
    require(TYPES.has(device.type), `${where}.type is not one of ${[...TYPES.keys()].join(', ')}`)
    require(!seen.has(device.name), `${where}.name appears twice`)
    seen.add(device.name)
    return { name: device.name, type: TYPES.get(device.type) }
  })
}

function requireKeys(value, keys, where) {
  require(typeof value === 'object' && value !== null && !Array.isArray(value), `${where} is not an object`)
  const found = Object.keys(value).sort().join(', ')
  require(found === [...keys].sort().join(', '), `${where} must have exactly the keys ${keys.join(', ')}`)
}

function require(holds, problem) {
  if (!holds) throw new Error(`manifest.json: ${problem}`)
}

function ascii(text) {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

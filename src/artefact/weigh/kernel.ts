// What the headers of kernels and EFI applications say about their bytes: the parts of a Linux bzImage, the sections of a PE file. Nothing of it
// is trusted. Pure.

import { type Source, window } from '../../base/reader.ts'
import { compressionAt } from '../compression.ts'
import { hasPeHeader, type PeFile, readPe } from '../pe.ts'
import { hasSetupHeader, readSetupHeader } from '../setup-header.ts'
import { tryRead } from '../values.ts'
import type { Claims } from './claims.ts'
import type { Claim } from './ranges.ts'
import type { Use } from './weight.ts'

/** Where the setup header has the size of the protected-mode part, in units of 16 bytes. */
const SYSSIZE_AT = 0x1f4
const PARAGRAPH = 16

/** undefined for what is neither. */
export function claimKernel(source: Source): Claims | undefined {
  if (hasSetupHeader(source)) return claimBzImage(source)
  if (hasPeHeader(source)) return claimPe(source)
  return undefined
}

function claimBzImage(source: Source): Claims {
  const { setupSize, payload } = readSetupHeader(source)
  const paragraphs = window(source, SYSSIZE_AT, 4, 'syssize').u32(0, 'syssize')
  const end = Math.max(setupSize, Math.min(setupSize + paragraphs * PARAGRAPH, source.size))
  const pe = hasPeHeader(source) ? tryRead(() => readPe(source)) : undefined
  const packed = payload === undefined ? undefined : compressionAt(source, payload.offset)
  return claims(
    [
      block('setup', 'code', 0, setupSize),
      block('kernel', 'code', setupSize, end),
      ...certificates(pe, Math.max(setupSize, end)),
      block('trailer', 'unknown', end, source.size),
    ],
    payload === undefined
      ? []
      : [block(`payload, ${packed ?? 'unknown compression'}`, 'code', payload.offset, payload.offset + payload.length)],
  )
}

function claimPe(source: Source): Claims {
  const pe = readPe(source)
  const sections = pe.sections.map(({ name, rawOffset, rawSize, characteristics, index }): Claim => {
    const place = { start: rawOffset, end: rawOffset + rawSize }
    return { kind: 'section', name: name === '' ? `section ${index}` : name, use: useOf(characteristics), ...place }
  })
  const headers: Claim = { kind: 'headers', name: 'PE headers', use: 'headers', start: 0, end: pe.headersSize }
  return claims([headers, ...sections, ...certificates(pe, 0)], [])
}

/** Bits of Characteristics: a section of code, of data that is initialized, that may be executed, discarded or written. */
const PE = { code: 0x20, execute: 0x2000_0000, discardable: 0x200_0000, write: 0x8000_0000 }

function useOf(characteristics: number): Use {
  const has = (bits: number): boolean => (characteristics & bits) !== 0
  if (has(PE.code) || has(PE.execute)) return 'code'
  if (has(PE.write)) return 'data'
  return has(PE.discardable) ? 'tools' : 'constants'
}

/** Signatures, behind everything else; where they are said to be in front of `least`, they are not what they seem. */
function certificates(pe: PeFile | undefined, least: number): Claim[] {
  const table = pe?.certificates
  return table === undefined || table.offset < least
    ? []
    : [{ kind: 'headers', name: 'signatures', use: 'headers', start: table.offset, end: table.offset + table.size }]
}

function block(name: string, use: Use, start: number, end: number): Claim {
  return { kind: 'block', name, use, start, end }
}

function claims(outer: readonly Claim[], inner: readonly Claim[]): Claims {
  return { outer, inner, innermost: [], remarks: [], memoryOnly: undefined }
}

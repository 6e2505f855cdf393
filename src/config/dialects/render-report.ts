// What `slipway config render --json` says (schema/render.schema.json). Pure.

import { VERSION } from '../../base/version.ts'
import type { DialectName } from '../document.ts'
import type { CarrierName, Platform } from './carriers.ts'
import type { Rendering } from './render.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const RENDER_SCHEMA_VERSION = 1

/** `schema/render.schema.json` describes it field by field. */
export interface RenderReport {
  readonly schema: 'slipway.render'
  readonly schemaVersion: typeof RENDER_SCHEMA_VERSION
  readonly slipwayVersion: string
  /** The artefact, where one was given. */
  readonly file: string | null
  readonly dialect: DialectName
  readonly platform: Platform
  readonly carrier: CarrierName
  /** What the guest receives, with a word in the place of each secret. */
  readonly text: string
  /** Of UTF-8; null where secrets decide. */
  readonly bytes: number | null
  readonly most: number
  readonly secrets: readonly string[]
  readonly notes: readonly string[]
}

export function describeRendering(
  { dialect, room, shown, secrets, notes }: Rendering,
  file: string | null,
): RenderReport {
  return {
    schema: 'slipway.render',
    schemaVersion: RENDER_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    file,
    dialect,
    platform: room.platform,
    carrier: room.carrier,
    text: shown,
    bytes: secrets.length > 0 ? null : new TextEncoder().encode(shown).length,
    most: room.most,
    secrets,
    notes: [...(secrets.length > 0 ? [`${secrets.join(', ')}: put in when the guest is started`] : []), ...notes],
  }
}

export function manifestNote(json: string): Uint8Array
export function noteAssembler(note: Uint8Array): string

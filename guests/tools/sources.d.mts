export const GUESTS: string
export function guestNames(guests?: string): string[]
export function sourcesIn(folder: string, guests?: string): string[]
export function sourceDigest(name: string, guests?: string): string

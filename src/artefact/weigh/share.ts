// Parts of a whole and changes, for people. Pure: the page that a browser shows uses it as well.

import { formatSize } from '../../base/size.ts'

/** `24.1 %`; what is there is never nothing. */
export function formatShare(bytes: number, whole: number): string {
  const share = whole === 0 ? 0 : (bytes / whole) * 100
  return bytes > 0 && share < 0.05 ? '< 0.1 %' : `${share.toFixed(1)} %`
}

/** `+3.2 KiB`. */
export function formatChange(bytes: number): string {
  if (bytes === 0) return '0 B'
  return `${bytes > 0 ? '+' : '-'}${formatSize(Math.abs(bytes))}`
}

// What the machine says and may say otherwise a moment later: asked again when it is wanted and has become old.

/** `now` gives milliseconds that never go back. */
export function fresh<T>(ask: () => T, milliseconds: number, now: () => number = () => performance.now()): () => T {
  let known: { readonly value: T; readonly until: number } | undefined
  return () => {
    const moment = now()
    if (known === undefined || moment >= known.until) known = { value: ask(), until: moment + milliseconds }
    return known.value
  }
}

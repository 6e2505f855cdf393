// Keys of configurations, for whoever types one. Loaded with the completion, and not with the verbs.

/** For `--set KEY=VALUE`. */
export async function proposeSettings(partial: string): Promise<readonly string[]> {
  const proposals = await proposalsFor(partial)
  return proposals.map(({ key, ends }) => (ends ? `${key}=` : key))
}

/** For a key by itself, where something else can stand too: before anything is typed, that is likelier. */
export async function proposeKey(partial: string): Promise<readonly string[]> {
  if (partial === '') return []
  const proposals = await proposalsFor(partial)
  return proposals.map(({ key }) => key)
}

async function proposalsFor(partial: string) {
  const { proposeKeys } = await import('../config/key-info.ts')
  return proposeKeys(partial)
}

export type Runtime = {
  readonly work: string
  readonly objects: readonly string[]
  readonly dispose: () => void
}
export function toolVersions(): { readonly compiler: string; readonly linker: string }
export function prepareRuntime(): Runtime
export function buildGuest(name: string, runtime: Runtime): Uint8Array
